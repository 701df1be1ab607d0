"""Detector state per session, and incidents."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from anomalies.titles import TITLES
from chargepoints.models import ChargePoint, Connector
from sessions_app.models import ChargingSession
from tenants.models import TenantRecord


class SessionWatch(TenantRecord):
    """How far the detectors have read a session, and what they remember of it."""

    session = models.OneToOneField(ChargingSession, on_delete=models.CASCADE, related_name="watch")
    watermark = models.PositiveIntegerField(default=0)
    detector_state = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("session watch")
        verbose_name_plural = _("session watches")

    def __str__(self) -> str:
        return f"{self.session_id} @{self.watermark}"


class Incident(TenantRecord):
    """Something is wrong with a connector or a session, with the evidence for it."""

    class State(models.TextChoices):
        """An incident's life."""

        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")
        DISMISSED = "dismissed", _("Dismissed")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
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
    holds_billing = models.BooleanField(_("holds billing"), default=False)
    evidence = models.JSONField(_("evidence"), default=list)
    action = models.CharField(_("suggested action"), max_length=40, blank=True)
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

    class Meta(TenantRecord.Meta):
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("connector", "kind"),
                condition=models.Q(state="open", holds_billing=False),
                name="one_open_incident_per_connector_and_kind",
            ),
            models.UniqueConstraint(
                fields=("session", "kind"), name="one_incident_per_session_and_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{TITLES.get(self.kind, self.kind)}, {self.connector or self.charge_point}"
