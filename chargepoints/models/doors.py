"""Who came to a station's door, and what was changed about its lock."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint
from tenants.models import TenantRecord


class DoorRecord(TenantRecord):
    """One entry of a station's door book; nobody can change or remove it."""

    append_only = True

    class Kind(models.TextChoices):
        """What happened."""

        SECOND_REFUSED = "second_refused", _("Second connection refused")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="door_records",
        verbose_name=_("charge point"),
    )
    kind = models.CharField(_("what happened"), max_length=24, choices=Kind.choices)
    at = models.DateTimeField(_("time"))
    address = models.CharField(_("from address"), max_length=64, blank=True)
    by = models.CharField(_("by"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("door book entry")
        verbose_name_plural = _("door book")
        ordering = ("-at",)
        indexes = (models.Index(fields=("charge_point", "-at"), name="door_book_of_a_station"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M:%S}"
