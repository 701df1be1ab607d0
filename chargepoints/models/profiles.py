"""What is known of a charger model beyond its messages."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantRecord


class ModelProfile(TenantRecord):
    """How to treat the stations of one make, model and firmware; the most exact match counts.

    All keys are OCPP measurands, all values OCPP units: `missing_units` is meant where a reading
    has none, `forced_units` whatever it says, and readings of `ignored_measurands` are left out.
    """

    vendor = models.CharField(
        _("vendor"), max_length=50, help_text=_("As the station reports it; case does not matter.")
    )
    model = models.CharField(
        _("model"), max_length=50, blank=True, help_text=_("Empty: every model of the vendor.")
    )
    firmware_from = models.CharField(
        _("firmware that begins with"), max_length=50, blank=True, help_text=_("Empty: every one.")
    )
    lenient = models.BooleanField(
        _("mend its messages"),
        default=False,
        help_text=_(
            "Messages that break OCPP's schema are mended instead of refused. The log keeps what"
            " was sent and names every field that was mended."
        ),
    )
    heartbeat_interval_s = models.PositiveIntegerField(
        _("heartbeat every (s)"),
        default=300,
        validators=[MinValueValidator(30), MaxValueValidator(86_400)],
    )
    missing_units = models.JSONField(_("units where none is given"), default=dict, blank=True)
    forced_units = models.JSONField(_("units whatever is given"), default=dict, blank=True)
    ignored_measurands = ArrayField(
        models.CharField(max_length=64),
        verbose_name=_("readings left out"),
        default=list,
        blank=True,
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("charger model")
        verbose_name_plural = _("charger models")
        ordering = ("vendor", "model", "firmware_from")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "vendor", "model", "firmware_from"),
                name="a_charger_model_has_one_profile",
            ),
        )

    def __str__(self) -> str:
        return " ".join(part for part in (self.vendor, self.model, self.firmware_from) if part)
