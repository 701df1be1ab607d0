"""What limits a station's power: charging profiles, schedules, outside limits, cars' needs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint
from tenants.models import TenantRecord


class ChargingProfile(TenantRecord):
    """A charging profile that a station has accepted or reported; `evse_id` 0 is the station."""

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="charging_profiles",
        verbose_name=_("charge point"),
    )
    profile_id = models.BigIntegerField(_("number"))
    evse_id = models.PositiveIntegerField(_("EVSE"))
    purpose = models.CharField(_("purpose"), max_length=40)
    stack_level = models.BigIntegerField(_("stack level"))
    kind = models.CharField(_("kind"), max_length=12)
    source = models.CharField(_("set by"), max_length=20, default="CSO")
    transaction_ref = models.CharField(_("transaction"), max_length=64, blank=True)
    valid_from = models.DateTimeField(_("from"), null=True)
    valid_to = models.DateTimeField(_("to"), null=True)
    content = models.JSONField(_("content"), default=dict)
    reported_at = models.DateTimeField(_("reported"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("charging profile")
        verbose_name_plural = _("charging profiles")
        ordering = ("evse_id", "purpose", "-stack_level")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "profile_id", "source"),
                name="a_charging_profile_is_kept_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.profile_id}"


class CompositeSchedule(TenantRecord):
    """The limits a station says it will keep to, all its profiles taken together.

    `periods` are OCPP's: start in seconds after `starts_at`, limit in A or W by `unit`.
    """

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="composite_schedules"
    )
    evse_id = models.PositiveIntegerField(_("EVSE"))
    unit = models.CharField(_("unit"), max_length=1)
    starts_at = models.DateTimeField(_("from"))
    duration_s = models.PositiveBigIntegerField(_("duration (s)"))
    periods = models.JSONField(default=list)
    reported_at = models.DateTimeField(_("reported"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("composite schedule")
        verbose_name_plural = _("composite schedules")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "evse_id", "unit"),
                name="an_evse_has_one_composite_schedule_per_unit",
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge_point_id} {self.evse_id}"


class ChargingLimit(TenantRecord):
    """A limit that somebody else than us has put on a station (OCPP 2.0.1)."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="charging_limits"
    )
    evse_id = models.PositiveIntegerField(_("EVSE"))
    source = models.CharField(_("set by"), max_length=20)
    is_grid_critical = models.BooleanField(_("critical for the grid"), default=False)
    schedules = models.JSONField(default=list)
    reported_at = models.DateTimeField(_("reported"))
    cleared_at = models.DateTimeField(_("cleared"), null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("outside limit")
        verbose_name_plural = _("outside limits")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "evse_id", "source"),
                name="an_outside_limit_is_kept_once",
            ),
        )

    def __str__(self) -> str:
        return self.source


class ChargingNeed(TenantRecord):
    """What a car at an EVSE says it needs, and the schedule it means to follow (ISO 15118)."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="charging_needs"
    )
    evse_id = models.PositiveIntegerField(_("EVSE"))
    needs = models.JSONField(null=True)
    needs_at = models.DateTimeField(null=True)
    schedule = models.JSONField(null=True)
    schedule_from = models.DateTimeField(null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("charging need")
        verbose_name_plural = _("charging needs")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "evse_id"), name="an_evse_has_one_charging_need"
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge_point_id} {self.evse_id}"
