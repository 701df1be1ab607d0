"""Making, renewing and revoking the public links of receipts, and finding whose one is."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from billing.models import ReceiptLink
from billing.services.link_tokens import find_token, hash_token, make_token, new_salt
from sessions_app.models import ChargingSession
from tenants.scope import across_tenants

_PURPOSE: Final = "billing.receipt_link"


def receipt_token(session: ChargingSession) -> str | None:
    """The token of a session's receipt: made on first ask, the same ever after (192 bits).

    None once the link was revoked. After the secret key was changed without keeping the old one
    in SECRET_KEY_FALLBACKS the link is a new one.
    """
    salt = new_salt()
    link, _made = ReceiptLink.objects.get_or_create(
        session=session,
        defaults={"salt": salt, "token_hash": hash_token(make_token(_PURPOSE, salt))},
    )
    if link.revoked_at is not None:
        return None
    return find_token(_PURPOSE, link.salt, link.token_hash) or _renew(link)


def renew_receipt_link(*, link: ReceiptLink, now: datetime) -> str:
    """A new token for a session's receipt; the old one opens nothing from now on."""
    return _renew(link, now)


def revoke_receipt_link(*, link: ReceiptLink, now: datetime) -> None:
    """Close a session's receipt to the public, until its link is renewed."""
    ReceiptLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)


def find_receipt_link(token: str) -> ReceiptLink | None:
    """The link a token opens; None for an unknown, renewed or revoked one."""
    with across_tenants(reason="a receipt's token says which tenant it is of"):
        found = ReceiptLink.objects.filter(token_hash=hash_token(token), revoked_at=None)
        return found.select_related("tenant").first()


def _renew(link: ReceiptLink, now: datetime | None = None) -> str:
    salt = new_salt()
    token = make_token(_PURPOSE, salt)
    with transaction.atomic():
        ReceiptLink.objects.filter(pk=link.pk).update(
            salt=salt, token_hash=hash_token(token), renewed_at=now, revoked_at=None
        )
    return token
