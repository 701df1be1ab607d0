"""Tariffs and their versions."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantRecord


class Tariff(TenantRecord):
    """A named price; what it says at a time stands in its versions."""

    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(_("default tariff"), default=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant",),
                condition=models.Q(is_default=True),
                name="a_tenant_has_one_default_tariff",
            ),
        )

    def __str__(self) -> str:
        return self.name


class TariffVersion(TenantRecord):
    """Prices from a date on, including VAT, in the currency's major unit; never changed."""

    append_only = True

    tariff = models.ForeignKey(
        Tariff, on_delete=models.PROTECT, related_name="versions", verbose_name=_("tariff")
    )
    number = models.PositiveIntegerField(_("version"))
    valid_from = models.DateTimeField(_("valid from"))
    currency = models.CharField(_("currency"), max_length=3, default="SEK")
    energy_price = models.DecimalField(_("price per kWh"), max_digits=12, decimal_places=6)
    minute_price = models.DecimalField(
        _("price per minute"), max_digits=12, decimal_places=6, default=0
    )
    session_price = models.DecimalField(
        _("price per session"), max_digits=12, decimal_places=6, default=0
    )
    vat_rate = models.DecimalField(_("VAT (%)"), max_digits=5, decimal_places=2, default=25)

    class Meta(TenantRecord.Meta):
        verbose_name = _("tariff version")
        verbose_name_plural = _("tariff versions")
        ordering = ("tariff", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=("tariff", "number"), name="tariff_version_numbers_are_unique"
            ),
            models.UniqueConstraint(
                fields=("tariff", "valid_from"), name="one_tariff_version_starts_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(energy_price__gte=0)
                & models.Q(minute_price__gte=0)
                & models.Q(session_price__gte=0),
                name="tariff_prices_are_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(vat_rate__gte=0) & models.Q(vat_rate__lte=100),
                name="vat_rate_is_a_percentage",
            ),
        )

    def __str__(self) -> str:
        return f"{self.tariff} v{self.number}"
