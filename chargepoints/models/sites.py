"""Sites: places with charge points."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantRecord


class Site(TenantRecord):
    """A place with charge points."""

    name = models.CharField(_("name"), max_length=120)
    address = models.CharField(_("address"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Stockholm")
    price_area = models.CharField(
        _("price area"),
        max_length=16,
        default="SE3",
        blank=True,
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9_-]{1,15}$")],
    )
    nominal_voltage_mv = models.PositiveIntegerField(_("nominal voltage (mV)"), default=230_000)

    class Meta(TenantRecord.Meta):
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
