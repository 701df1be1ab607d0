"""Commands to stations and the log of what was said."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint
from tenants.models import TenantRecord


class Command(TenantRecord):
    """One OCPP call to a station: owed, sent, answered, or why not."""

    class State(models.TextChoices):
        """A command's life."""

        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        ANSWERED = "answered", _("Answered")
        FAILED = "failed", _("Refused by the station")
        TIMED_OUT = "timed_out", _("No answer")
        OFFLINE = "offline", _("Station offline")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="commands",
        verbose_name=_("charge point"),
    )
    action = models.CharField(_("command"), max_length=64)
    payload = models.JSONField(_("content"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    response = models.JSONField(_("answer"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=255, blank=True)
    requested_by = models.CharField(_("requested by"), max_length=120, blank=True)
    # A caller's own name for this call: given twice, it is sent once.
    idempotency_key = models.CharField(max_length=64, blank=True, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("command")
        verbose_name_plural = _("commands")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "idempotency_key"),
                condition=~models.Q(idempotency_key=""),
                name="a_callers_key_is_one_command",
            ),
        )
        indexes = (
            models.Index(
                fields=("expires_at",),
                condition=models.Q(state__in=("queued", "sent")),
                name="commands_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} ({self.get_state_display()})"


class OcppMessage(TenantRecord):
    """One frame of the message log, personal data masked; kept for a limited time."""

    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="messages")
    inbound = models.BooleanField(_("from the station"))
    action = models.CharField(_("action"), max_length=64, blank=True)
    message_id = models.CharField(_("message id"), max_length=64, blank=True)
    payload = models.JSONField(_("content"), null=True)
    error_code = models.CharField(_("error"), max_length=64, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    at = models.DateTimeField(_("time"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("OCPP message")
        verbose_name_plural = _("OCPP messages")
        indexes = (models.Index(fields=("charge_point", "-at"), name="messages_of_a_station"),)

    def __str__(self) -> str:
        return f"{self.action} {self.message_id}"
