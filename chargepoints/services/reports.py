"""What stations report of themselves: security events, events, monitors, displayed messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from chargepoints.device_model import component_path, variable_name
from chargepoints.models import (
    CustomerReport,
    DeviceEvent,
    DisplayMessage,
    SecurityEvent,
    VariableMonitor,
)
from chargepoints.services.status import plausible_time, read_time

LONGEST_NUMBER = 40


def record_security_event(
    *, charge_point_id: UUID, event_type: str, tech_info: str, at: datetime
) -> None:
    """Keep a security event, once however often it is sent."""
    SecurityEvent.objects.bulk_create(
        [
            SecurityEvent(
                charge_point_id=charge_point_id, type=event_type, tech_info=tech_info, at=at
            )
        ],
        ignore_conflicts=True,
    )


def record_device_events(
    *, charge_point_id: UUID, event_data: Iterable[dict[str, Any]], received_at: datetime
) -> None:
    """Keep the events of a NotifyEvent, each once however often it is sent."""
    DeviceEvent.objects.bulk_create(
        (
            DeviceEvent(
                charge_point_id=charge_point_id,
                event_id=event["eventId"],
                at=plausible_time(event["timestamp"], received_at),
                component=component_path(event["component"]),
                variable=variable_name(event["variable"]),
                value=event["actualValue"],
                trigger=event["trigger"],
                notification_type=event["eventNotificationType"],
                monitor_id=event.get("variableMonitoringId"),
                cause_id=event.get("cause"),
                is_cleared=event.get("cleared", False),
                transaction_ref=event.get("transactionId", ""),
                tech_code=event.get("techCode", ""),
                tech_info=event.get("techInfo", ""),
            )
            for event in event_data
        ),
        ignore_conflicts=True,
    )


def record_monitors(
    *, charge_point_id: UUID, monitors: Iterable[dict[str, Any]], reported_at: datetime
) -> None:
    """Keep the monitors of a NotifyMonitoringReport as the station runs them."""
    rows: dict[int, VariableMonitor] = {}
    for item in monitors:
        for monitor in item["variableMonitoring"]:
            rows[monitor["id"]] = VariableMonitor(
                charge_point_id=charge_point_id,
                monitor_id=monitor["id"],
                component=component_path(item["component"]),
                variable=variable_name(item["variable"]),
                type=monitor["type"],
                value=str(monitor["value"])[:LONGEST_NUMBER],
                severity=monitor["severity"],
                in_transactions_only=monitor["transaction"],
                reported_at=reported_at,
            )
    save_monitors(rows.values())


def save_monitors(rows: Iterable[VariableMonitor]) -> None:
    """Write monitors, each in place of what is known under its number."""
    VariableMonitor.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=("charge_point", "monitor_id"),
        update_fields=(
            *("component", "variable", "type", "value", "severity"),
            *("in_transactions_only", "reported_at"),
        ),
    )


def forget_monitors(*, charge_point_id: UUID, monitor_ids: Iterable[int]) -> None:
    """The station runs these monitors no more."""
    VariableMonitor.objects.filter(
        charge_point_id=charge_point_id, monitor_id__in=list(monitor_ids)
    ).delete()


def record_display_messages(
    *, charge_point_id: UUID, messages: Iterable[dict[str, Any]], reported_at: datetime
) -> None:
    """Keep the messages that a station's display shows."""
    rows = {m["id"]: _display_message(charge_point_id, m, reported_at) for m in messages}
    DisplayMessage.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=("charge_point", "message_id"),
        update_fields=(
            *("priority", "shown_when", "content", "language"),
            *("shown_from", "shown_to", "reported_at"),
        ),
    )


def forget_display_message(*, charge_point_id: UUID, message_id: int) -> None:
    """The display shows this message no more."""
    DisplayMessage.objects.filter(charge_point_id=charge_point_id, message_id=message_id).delete()


def record_customer_part(
    *, charge_point_id: UUID, payload: dict[str, Any], reported_at: datetime
) -> None:
    """Keep one part of what a station knows of a customer; a repeated part changes nothing."""
    report, _ = CustomerReport.objects.get_or_create(
        charge_point_id=charge_point_id,
        request_id=payload["requestId"],
        defaults={"reported_at": reported_at},
    )
    report.parts = {**report.parts, str(payload["seqNo"]): payload["data"]}
    report.is_complete = report.is_complete or not payload.get("tbc", False)
    report.reported_at = reported_at
    report.save(update_fields=("parts", "is_complete", "reported_at"))


def _display_message(
    charge_point_id: UUID, message: dict[str, Any], reported_at: datetime
) -> DisplayMessage:
    return DisplayMessage(
        charge_point_id=charge_point_id,
        message_id=message["id"],
        priority=message["priority"],
        shown_when=message.get("state", ""),
        # 2.1 allows several texts, one per language; the first is the one that is always there.
        content=message["message"]["content"][:1024],
        language=message["message"].get("language", ""),
        shown_from=optional_time(message.get("startDateTime")),
        shown_to=optional_time(message.get("endDateTime")),
        reported_at=reported_at,
    )


def optional_time(text: str | None) -> datetime | None:
    """A time that a message may leave out."""
    return None if text is None else read_time(text)
