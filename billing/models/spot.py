"""Market prices of electricity, of the whole installation: every tenant reads the same ones."""

from __future__ import annotations

from typing import ClassVar, Final

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.spot.slots import AREA_PATTERN, SLOT_LENGTHS_S
from tenants.models import new_id

# Advisory lock in PostgreSQL: shared by who reads prices, alone for who records them.
SPOT_PRICES_LOCK: Final = 0x53504F54


class SpotPrice(models.Model):
    """What a kWh cost on the market in one slot, without VAT; a correction is a new revision."""

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area = models.CharField(
        _("price area"), max_length=16, validators=[RegexValidator(AREA_PATTERN)]
    )
    currency = models.CharField(_("currency"), max_length=3)
    starts_at = models.DateTimeField(_("from"))
    duration_s = models.PositiveIntegerField(_("length (s)"))
    price = models.DecimalField(_("price per kWh"), max_digits=12, decimal_places=9)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    source = models.CharField(_("source"), max_length=200)
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("spot price")
        verbose_name_plural = _("spot prices")
        ordering = ("area", "currency", "starts_at", "revision")
        constraints = (
            models.UniqueConstraint(
                fields=("area", "currency", "starts_at", "revision"),
                name="a_spot_price_revision_is_recorded_once",
            ),
            models.CheckConstraint(
                condition=models.Q(duration_s__in=SLOT_LENGTHS_S),
                name="a_spot_slot_is_a_quarter_or_an_hour",
            ),
            models.CheckConstraint(
                condition=models.Q(revision__gte=1), name="spot_price_revisions_count_from_one"
            ),
            models.CheckConstraint(
                condition=models.Q(price__gte=-100) & models.Q(price__lte=100),
                name="a_spot_price_is_per_kwh_in_major_units",
            ),
        )

    def __str__(self) -> str:
        return f"{self.area} {self.starts_at:%Y-%m-%d %H:%M} {self.price} {self.currency}/kWh"
