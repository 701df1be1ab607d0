"""What stations report of themselves: security events, monitors, events, displayed messages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint
from tenants.models import TenantRecord


class SecurityEvent(TenantRecord):
    """One SecurityEventNotification: what the station saw happen to its security."""

    append_only = True

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="security_events",
        verbose_name=_("charge point"),
    )
    type = models.CharField(_("event"), max_length=50)
    tech_info = models.CharField(_("details"), max_length=255, blank=True)
    at = models.DateTimeField(_("time"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
        ordering = ("-at",)
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "at", "type", "tech_info"),
                name="a_security_event_is_kept_once",
            ),
        )

    def __str__(self) -> str:
        return self.type


class DeviceEvent(TenantRecord):
    """One event of a NotifyEvent: a monitor that fired, or something wired into the station."""

    append_only = True

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="device_events",
        verbose_name=_("charge point"),
    )
    event_id = models.BigIntegerField(_("number"))
    at = models.DateTimeField(_("time"))
    component = models.CharField(_("component"), max_length=120)
    variable = models.CharField(_("variable"), max_length=120)
    value = models.CharField(_("value"), max_length=2500)
    trigger = models.CharField(_("trigger"), max_length=10)
    notification_type = models.CharField(_("kind"), max_length=24)
    monitor_id = models.BigIntegerField(null=True)
    cause_id = models.BigIntegerField(null=True)
    is_cleared = models.BooleanField(_("cleared"), default=False)
    transaction_ref = models.CharField(max_length=64, blank=True)
    tech_code = models.CharField(_("code"), max_length=50, blank=True)
    tech_info = models.CharField(_("details"), max_length=500, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("station event")
        verbose_name_plural = _("station events")
        ordering = ("-at",)
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "event_id", "at", "component", "variable"),
                name="a_station_event_is_kept_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.component} {self.variable}"


class VariableMonitor(TenantRecord):
    """A monitor a station runs on one of its variables (OCPP 2.0.1)."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="variable_monitors"
    )
    monitor_id = models.BigIntegerField(_("number"))
    component = models.CharField(_("component"), max_length=120)
    variable = models.CharField(_("variable"), max_length=120)
    type = models.CharField(_("kind"), max_length=24)
    value = models.CharField(_("value"), max_length=40)
    severity = models.BigIntegerField(_("severity"))
    in_transactions_only = models.BooleanField(_("only while charging"), default=False)
    reported_at = models.DateTimeField(_("reported"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("monitor")
        verbose_name_plural = _("monitors")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "monitor_id"), name="a_monitor_is_kept_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.component} {self.variable} {self.type}"


class DisplayMessage(TenantRecord):
    """A message that a station shows on its display."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="display_messages"
    )
    message_id = models.BigIntegerField(_("number"))
    priority = models.CharField(_("priority"), max_length=16)
    shown_when = models.CharField(_("shown when"), max_length=16, blank=True)
    content = models.CharField(_("text"), max_length=1024)
    language = models.CharField(_("language"), max_length=8, blank=True)
    shown_from = models.DateTimeField(_("from"), null=True)
    shown_to = models.DateTimeField(_("to"), null=True)
    reported_at = models.DateTimeField(_("reported"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("displayed message")
        verbose_name_plural = _("displayed messages")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "message_id"), name="a_displayed_message_is_kept_once"
            ),
        )

    def __str__(self) -> str:
        return self.content[:60]


class CustomerReport(TenantRecord):
    """What a station knows of a customer, in the parts it sent; forgotten with the message log."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="customer_reports"
    )
    request_id = models.BigIntegerField(_("number"))
    parts = models.JSONField(default=dict)
    is_complete = models.BooleanField(_("complete"), default=False)
    reported_at = models.DateTimeField(_("reported"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("customer information")
        verbose_name_plural = _("customer information")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "request_id"), name="a_customer_report_is_kept_once"
            ),
        )

    def __str__(self) -> str:
        return str(self.request_id)

    @property
    def text(self) -> str:
        """The parts in their order."""
        return "".join(self.parts[number] for number in sorted(self.parts, key=int))
