"""Incidents: what is wrong with a connector, a station or a site, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from anomalies.titles import TITLES
from chargepoints.models import ChargePoint, Connector, Site
from sessions_app.models import ChargingSession
from tenants.models import TenantRecord


class Incident(TenantRecord):
    """Something is wrong with a connector, a station or a site, with the evidence for it.

    Of one connector (station, site) and kind one incident is open. What else belongs to it are its
    parts: a held session each, or the stations of a site that failed together.
    """

    class State(models.TextChoices):
        """An incident's life."""

        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")
        DISMISSED = "dismissed", _("Dismissed")

    class Verdict(models.TextChoices):
        """What a person says of it afterwards."""

        UNSAID = "", _("Nobody has said")
        TRUE = "true", _("It was right")
        FALSE = "false", _("It was a false alarm")
        OTHER = "other", _("Something else was wrong")

    site = models.ForeignKey(
        Site,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="incidents",
        verbose_name=_("site"),
    )
    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        null=True,
        related_name="incidents",
        verbose_name=_("charge point"),
    )
    connector = models.ForeignKey(
        Connector,
        on_delete=models.CASCADE,
        null=True,
        related_name="incidents",
        verbose_name=_("connector"),
    )
    session = models.ForeignKey(
        ChargingSession,
        on_delete=models.CASCADE,
        null=True,
        related_name="incidents",
        verbose_name=_("session"),
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="parts",
        verbose_name=_("part of"),
    )
    kind = models.CharField(_("kind"), max_length=8)
    cause = models.CharField(_("cause"), max_length=32)
    severity = models.PositiveSmallIntegerField(_("severity"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    signal = models.CharField(_("signal"), max_length=64)
    unit = models.CharField(_("unit"), max_length=8)
    observed = models.BigIntegerField(_("observed"))
    expected = models.BigIntegerField(_("expected"))
    relation = models.CharField(max_length=10)
    params = models.JSONField(default=dict)
    since_at = models.DateTimeField(_("since"))
    last_seen_at = models.DateTimeField(_("last seen"))
    occurrences = models.PositiveIntegerField(_("times seen"), default=1)
    reopened = models.PositiveSmallIntegerField(_("times reopened"), default=0)
    good_sessions = models.PositiveSmallIntegerField(default=0, editable=False)
    is_muted = models.BooleanField(_("muted"), default=False)
    holds_billing = models.BooleanField(_("holds billing"), default=False)
    evidence = models.JSONField(_("evidence"), default=list)
    action = models.CharField(_("suggested action"), max_length=40, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.CharField(_("acknowledged by"), max_length=120, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("resolved by"),
    )
    resolution = models.CharField(_("resolution"), max_length=255, blank=True)
    verdict = models.CharField(
        _("verdict"), max_length=5, choices=Verdict.choices, blank=True, default=Verdict.UNSAID
    )
    verdict_cause = models.CharField(_("what it was"), max_length=200, blank=True)
    verdict_by = models.CharField(_("said by"), max_length=120, blank=True)
    verdict_at = models.DateTimeField(_("said at"), null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("connector", "kind"),
                condition=models.Q(state="open", parent=None),
                name="one_open_incident_per_connector_and_kind",
            ),
            models.UniqueConstraint(
                fields=("charge_point", "kind"),
                condition=models.Q(state="open", parent=None, connector=None, session=None),
                name="one_open_incident_per_station_and_kind",
            ),
            models.UniqueConstraint(
                fields=("site", "kind"),
                condition=models.Q(state="open", parent=None, charge_point=None),
                name="one_open_incident_per_site_and_kind",
            ),
            models.UniqueConstraint(
                fields=("session", "kind"), name="one_incident_per_session_and_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(charge_point__isnull=False) | models.Q(site__isnull=False),
                name="an_incident_has_a_place",
            ),
        )

    def __str__(self) -> str:
        return f"{TITLES.get(self.kind, self.kind)}, {self.place}"

    @property
    def place(self) -> Connector | ChargePoint | Site | None:
        """Where it is: the connector, else the station, else the site."""
        return self.connector or self.charge_point or self.site
