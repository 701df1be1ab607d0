"""What key figures are counted from: an outlet's days, and outages that are not the operator's."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anomalies.uptime import Tally
from chargepoints.models import ChargePoint, Connector, Site
from tenants.models import TenantRecord


def _seconds(label: object) -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(label, default=0)  # type: ignore[arg-type]


class ConnectorDay(TenantRecord):
    """One outlet's local day (of its site) in numbers, counted from its timeline and sessions.

    Seconds are those of `anomalies.uptime.Tally`; visits count for the outlet and the day of their
    first attempt. Never entered by hand: counting again gives the same.
    """

    connector = models.ForeignKey(
        Connector, on_delete=models.CASCADE, related_name="days", verbose_name=_("connector")
    )
    day = models.DateField(_("day"))
    total_s = _seconds(_("seconds"))
    up_s = _seconds(_("up (s)"))
    failing_s = _seconds(_("gives no power (s)"))
    down_s = _seconds(_("out of order (s)"))
    offline_s = _seconds(_("offline (s)"))
    unknown_s = _seconds(_("unknown (s)"))
    closed_s = _seconds(_("closed (s)"))
    closed_down_s = _seconds(_("out of order while closed (s)"))
    excused_closed_s = _seconds(_("outage while closed (s)"))
    excused_maintenance_s = _seconds(_("outage in maintenance (s)"))
    excused_utility_s = _seconds(_("outage by the grid (s)"))
    excused_vandalism_s = _seconds(_("outage by vandalism (s)"))
    excused_disaster_s = _seconds(_("outage by a natural disaster (s)"))
    excused_vehicle_s = _seconds(_("outage by a vehicle (s)"))
    attempts = _seconds(_("attempts"))
    charged_attempts = _seconds(_("attempts that charged"))
    visits = _seconds(_("visits"))
    first_charged = _seconds(_("visits that charged at once"))
    charged_visits = _seconds(_("visits that charged"))
    energy_wh = models.BigIntegerField(_("energy (Wh)"), default=0)
    counted_at = models.DateTimeField(_("counted"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("day of a connector")
        verbose_name_plural = _("days of connectors")
        ordering = ("-day", "connector")
        constraints = (
            models.UniqueConstraint(fields=("connector", "day"), name="a_connector_has_a_day_once"),
        )
        indexes = (models.Index(fields=("tenant", "day"), name="connector_days_by_day"),)

    def __str__(self) -> str:
        return f"{self.connector} {self.day}"

    @property
    def tally(self) -> Tally:
        """Its seconds as the formulas take them."""
        return Tally(**{name: getattr(self, name) for name in Tally.__slots__})


class OutageExclusion(TenantRecord):
    """A time in which a place's outages were not the operator's: key figures leave them out.

    Which reasons count follows 23 CFR 680.116(b)(3); planned maintenance has rows of its own.
    """

    class Reason(models.TextChoices):
        """Why."""

        UTILITY = "utility", _("Grid outage")
        VANDALISM = "vandalism", _("Vandalism")
        DISASTER = "disaster", _("Natural disaster")
        VEHICLE = "vehicle", _("Fault of a vehicle")
        CLOSED = "closed", _("Outside opening hours")

    site = models.ForeignKey(
        Site,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("site"),
    )
    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("charge point"),
    )
    connector = models.ForeignKey(
        Connector,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("connector"),
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    proof = models.CharField(
        _("how it is known"),
        max_length=255,
        help_text=_("For example the grid company's message, a police report, a photo."),
    )
    set_by = models.CharField(_("set by"), max_length=120, editable=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("outage of somebody else's making")
        verbose_name_plural = _("outages of somebody else's making")
        ordering = ("-starts_at",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="an_exclusion_ends_after_it_starts",
                violation_error_message=_("The end has to come after the start."),
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(site__isnull=False, charge_point=None, connector=None)
                    | models.Q(site=None, charge_point__isnull=False, connector=None)
                    | models.Q(site=None, charge_point=None, connector__isnull=False)
                ),
                name="an_exclusion_is_of_one_place",
                violation_error_message=_("Choose a site, a charge point or a connector."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.place}"

    @property
    def place(self) -> Site | ChargePoint | Connector | None:
        """What could not be used."""
        return self.connector or self.charge_point or self.site

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From and until."""
        return self.starts_at, self.ends_at

    def clean(self) -> None:
        """Exactly one place."""
        places = (self.site_id, self.charge_point_id, self.connector_id)
        if sum(place is not None for place in places) != 1:
            raise ValidationError(
                {"site": _("Choose exactly one: a site, a charge point or a connector.")}
            )
