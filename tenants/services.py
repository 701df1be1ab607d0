"""Making tenants, members and API keys, and telling who a credential belongs to."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.access import RIGHT_OF_SCOPE, RIGHTS_OF_ROLE, Principal
from tenants.models import ApiKey, Member, Role, Tenant, User
from tenants.scope import across_tenants, tenant_scope

KEY_MARK = "lb"
ROTATION_GRACE = timedelta(days=7)
USE_IS_NOTED_EVERY = timedelta(minutes=5)


def create_tenant(*, slug: str, name: str, owner_email: str, password: str) -> Tenant:
    """A tenant and its owner, who is made if the e-mail address is new.

    An existing user keeps their password.
    """
    with transaction.atomic():
        tenant = Tenant.objects.create(slug=slug, name=name)
        owner = User.objects.filter(email=owner_email).first()
        if owner is None:
            owner = User.objects.create_user(owner_email, owner_email, password)
        with tenant_scope(tenant.id):
            Member.objects.create(user=owner, role=Role.OWNER)
    return tenant


def add_member(*, email: str, role: str) -> tuple[Member, str]:
    """Somebody to work for the tenant in scope, and the first password of a person new here.

    Who has an account already keeps their password: it is empty then. Raises `IntegrityError` for
    somebody who is a member.
    """
    password = ""
    with transaction.atomic():
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            password = secrets.token_urlsafe(12)
            user = User.objects.create_user(email, email, password)
        return Member.objects.create(user=user, role=role), password


def is_member(email: str) -> bool:
    """Whether the person works for the tenant in scope."""
    return Member.objects.filter(user__email__iexact=email).exists()


def issue_api_key(
    *, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A key for the tenant in scope, and its text, which is never seen again."""
    prefix = secrets.token_hex(4)
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=list(scopes),
        expires_at=expires_at,
    )
    return key, f"{KEY_MARK}_{prefix}_{secret}"


def rotate_api_key(*, key: ApiKey, grace: timedelta = ROTATION_GRACE) -> tuple[ApiKey, str]:
    """A successor with the same rights; the old key works on for `grace` at most."""
    with transaction.atomic():
        successor, text = issue_api_key(name=key.name, scopes=key.scopes)
        last_day = timezone.now() + grace
        key.expires_at = last_day if key.expires_at is None else min(key.expires_at, last_day)
        key.replaced_by = successor
        key.save(update_fields=("expires_at", "replaced_by"))
    return successor, text


def revoke_api_key(*, key: ApiKey) -> None:
    """Stop the key at once."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def principal_of_api_key(text: str, now: datetime) -> Principal | None:
    """Who the key acts for; None for an unknown, expired or revoked one."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != KEY_MARK or not secret:
        return None
    with across_tenants(reason="an API key says which tenant it is of"):
        key = ApiKey.objects.select_related("tenant").filter(prefix=prefix).first()
        stored = key.secret_hash if key else _hash("")
        if not hmac.compare_digest(stored, _hash(secret)) or key is None or not key.is_usable(now):
            return None
        if key.last_used_at is None or now - key.last_used_at > USE_IS_NOTED_EVERY:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    rights = frozenset(RIGHT_OF_SCOPE[scope] for scope in key.scopes)
    return Principal(key.tenant.pk, rights, f"API key {key.prefix}")


def memberships_of(user_id: UUID) -> list[Member]:
    """Where a user works, the oldest membership first."""
    with across_tenants(reason="a user's memberships say which tenants they may choose"):
        return list(Member.objects.filter(user_id=user_id).select_related("tenant").order_by("id"))


def principal_of_user(user: User, tenant_id: str | None) -> Principal | None:
    """The user at the chosen tenant, else at their first; None without a membership."""
    members = memberships_of(user.id)
    member = next((m for m in members if str(m.tenant_id) == tenant_id), None)
    if member is None:
        if not members:
            return None
        member = members[0]
    return Principal(member.tenant.pk, RIGHTS_OF_ROLE[member.role], user.email, user.id)


def _hash(secret: str) -> str:
    # The secret has 256 random bits: a plain hash is as strong as a slow one, and quick.
    return hashlib.sha256(secret.encode()).hexdigest()
