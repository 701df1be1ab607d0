"""What answers about displays, monitors and the network change here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.device_model import component_path, variable_name
from chargepoints.models import Command, VariableMonitor
from chargepoints.services.configuration import record_accepted
from chargepoints.services.reports import (
    forget_display_message,
    forget_monitors,
    record_display_messages,
    save_monitors,
)
from chargepoints.types import Variable


def keep_message(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the message is kept among those the display shows."""
    if answer["status"] == "Accepted":
        record_display_messages(
            charge_point_id=command.charge_point_id,
            messages=[command.payload["message"]],
            reported_at=answered_at,
        )


def drop_message(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Cleared, or unknown there: the message is forgotten here too."""
    if answer["status"] in ("Accepted", "Unknown"):
        forget_display_message(
            charge_point_id=command.charge_point_id, message_id=command.payload["id"]
        )


def keep_monitors(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Each monitor the station accepted is kept, with the number it gave."""
    asked = {_monitor_key(item): item for item in command.payload["setMonitoringData"]}
    rows: dict[int, VariableMonitor] = {}
    for result in answer["setMonitoringResult"]:
        item = asked.get(_monitor_key(result))
        number = result.get("id", item and item.get("id"))
        if result["status"] != "Accepted" or item is None or number is None:
            continue
        rows[number] = VariableMonitor(
            charge_point_id=command.charge_point_id,
            monitor_id=number,
            component=component_path(item["component"]),
            variable=variable_name(item["variable"]),
            type=item["type"],
            value=str(item["value"])[:40],
            severity=item["severity"],
            in_transactions_only=item.get("transaction", False),
            reported_at=answered_at,
        )
    save_monitors(rows.values())


def drop_monitors(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Each monitor cleared, or not found there, is forgotten here too."""
    gone = [
        result["id"]
        for result in answer["clearMonitoringResult"]
        if result["status"] in ("Accepted", "NotFound")
    ]
    forget_monitors(charge_point_id=command.charge_point_id, monitor_ids=gone)


def keep_monitoring_base(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the base is kept as the setting MonitoringCtrlr ActiveMonitoringBase."""
    _keep_setting(
        command, answer, answered_at, "ActiveMonitoringBase", command.payload["monitoringBase"]
    )


def keep_monitoring_level(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the level is kept as the setting MonitoringCtrlr ActiveMonitoringLevel."""
    _keep_setting(
        command, answer, answered_at, "ActiveMonitoringLevel", str(command.payload["severity"])
    )


def keep_network_profile(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: address, interface, security profile and time-out of the slot become settings."""
    if answer["status"] != "Accepted":
        return
    slot = f"NetworkConfiguration[{command.payload['configurationSlot']}]"
    data = command.payload["connectionData"]
    names = {
        "OcppCsmsUrl": "ocppCsmsUrl",
        "OcppInterface": "ocppInterface",
        "SecurityProfile": "securityProfile",
        "MessageTimeout": "messageTimeout",
    }
    record_accepted(
        charge_point_id=command.charge_point_id,
        variables=[
            Variable(slot, name, str(data[key])) for name, key in names.items() if key in data
        ],
        reported_at=answered_at,
    )


def _keep_setting(
    command: Command, answer: dict[str, Any], answered_at: datetime, name: str, value: str
) -> None:
    if answer["status"] == "Accepted":
        record_accepted(
            charge_point_id=command.charge_point_id,
            variables=[Variable("MonitoringCtrlr", name, value)],
            reported_at=answered_at,
        )


def _monitor_key(item: dict[str, Any]) -> tuple[str, str, str, int]:
    place = component_path(item["component"]), variable_name(item["variable"])
    return (*place, item["type"], item["severity"])


EFFECTS = {
    "SetDisplayMessage": keep_message,
    "ClearDisplayMessage": drop_message,
    "SetVariableMonitoring": keep_monitors,
    "ClearVariableMonitoring": drop_monitors,
    "SetMonitoringBase": keep_monitoring_base,
    "SetMonitoringLevel": keep_monitoring_level,
    "SetNetworkProfile": keep_network_profile,
}
