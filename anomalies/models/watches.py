"""How far the detectors have read, and what they remember."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models import ChargingSession
from tenants.models import TenantRecord


class SessionWatch(TenantRecord):
    """How far the detectors have read a session, and what they remember of it."""

    session = models.OneToOneField(ChargingSession, on_delete=models.CASCADE, related_name="watch")
    watermark = models.PositiveIntegerField(default=0)
    detector_state = models.JSONField(default=dict)
    # What was known of the connector when it was first read; see `selectors.facts.Known`.
    known = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("session watch")
        verbose_name_plural = _("session watches")

    def __str__(self) -> str:
        return f"{self.session_id} @{self.watermark}"
