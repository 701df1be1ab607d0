"""Tenants, people who work for them, API keys, and the base of every tenant-owned table."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from tenants.scope import NoTenantScope, current_scope, required_tenant_id


def new_id() -> UUID:
    """A time-ordered id, made before the row is sent to the database."""
    return uuid7()


class Tenant(models.Model):
    """A charge point operator: the seller on its drivers' invoices."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(_("short name"), unique=True, max_length=40)
    name = models.CharField(_("name"), max_length=120)
    organisation_number = models.CharField(_("organisation number"), max_length=20, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    address = models.TextField(_("address"), blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="SEK")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Stockholm")
    language = models.CharField(_("language"), max_length=8, default="sv")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"),
                name="tenant_currency_is_an_iso_code",
            ),
        )

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who signs in; what they may do is said by their memberships."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)


M = TypeVar("M", bound=models.Model)


class TenantManager(models.Manager[M]):
    """Reads only what the scope in force allows, and refuses to read outside of any."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Rows of the scope; raises `NoTenantScope` outside of one."""
        scope = current_scope()
        if scope is None:
            raise NoTenantScope(f"{self.model.__name__} was queried outside of tenant_scope()")
        rows = super().get_queryset()
        return rows if scope.tenant_id is None else rows.filter(tenant_id=scope.tenant_id)


class TenantOwned(models.Model):
    """Base of every row that belongs to one tenant.

    The application can neither change nor delete rows of an `append_only` table; the fields in
    `still_writable` are the exception.
    """

    append_only: ClassVar[bool] = False
    still_writable: ClassVar[tuple[str, ...]] = ()
    tenant_id: UUID

    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.PROTECT,
        editable=False,
        default=required_tenant_id,
        related_name="+",
        verbose_name=_("organisation"),
    )

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"


class TenantRecord(TenantOwned):
    """A tenant-owned row with an id of its own and the time it was made."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta(TenantOwned.Meta):
        abstract = True


class Role(models.TextChoices):
    """What a member does for the tenant."""

    OWNER = "owner", _("Owner")
    OPERATOR = "operator", _("Operator")
    TECHNICIAN = "technician", _("Technician")
    ACCOUNTANT = "accountant", _("Accountant")
    VIEWER = "viewer", _("Viewer")


class Member(TenantRecord):
    """A user's role at one tenant."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("user"),
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.VIEWER)

    class Meta(TenantRecord.Meta):
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "user"), name="a_user_has_one_role_at_a_tenant"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Scopes(models.TextChoices):
    """What an API key may be used for."""

    READ = "read", _("Read everything")
    CONTROL = "control", _("Start and stop charging")
    OPERATE = "operate", _("Send any command to stations")
    BILLING = "billing", _("Read invoices and revenue")


class ApiKey(TenantRecord):
    """A partner's key; only its hash is kept."""

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("prefix"), max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=16, choices=Scopes.choices), verbose_name=_("scopes")
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    replaced_by = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.SET_NULL, verbose_name=_("replaced by")
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_usable(self, now: datetime) -> bool:
        """Neither revoked nor expired at `now`."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
