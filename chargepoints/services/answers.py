"""What a station's answer to a command changes here, by action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chargepoints.device_model import component_path, variable_name
from chargepoints.metering import wish_called
from chargepoints.models import Command
from chargepoints.services import (
    answers_access,
    answers_charging,
    answers_display,
    answers_upkeep,
)
from chargepoints.services.configuration import record_accepted, record_variables
from chargepoints.services.metering import ask_for, request_metering
from chargepoints.types import V16, V201, Variable

ACCEPTED = frozenset({"Accepted", "RebootRequired"})


def apply_answer(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Keep the consequences of a valid answer; needs a transaction and the tenant's scope."""
    effect = EFFECTS.get(command.action)
    if effect is not None:
        effect(command, answer, answered_at)


def _keep_key(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the setting is kept; a refused meter setting of ours is asked for with less."""
    key, value = command.payload["key"], command.payload["value"]
    _keep_or_lower(command, V16, answer["status"], Variable("", key, value), answered_at)


def _keep_keys(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """The settings are kept; those about metering that differ from ours are changed."""
    reported = (
        Variable("", entry["key"], entry.get("value", ""), entry["readonly"])
        for entry in answer.get("configurationKey", ())
    )
    record_variables(
        charge_point_id=command.charge_point_id, variables=reported, reported_at=answered_at
    )
    request_metering(charge_point_id=command.charge_point_id, version=V16)


def _keep_set_variables(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Each accepted setting is kept; a refused meter setting of ours is asked for with less."""
    asked = {
        (component_path(item["component"]), variable_name(item["variable"])): item["attributeValue"]
        for item in command.payload["setVariableData"]
    }
    for result in answer["setVariableResult"]:
        place = (component_path(result["component"]), variable_name(result["variable"]))
        if place in asked and result.get("attributeType", "Actual") == "Actual":
            variable = Variable(*place, asked[place])
            _keep_or_lower(command, V201, result["attributeStatus"], variable, answered_at)


def _keep_got_variables(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """The settings the station told are kept."""
    got = (
        Variable(
            component_path(result["component"]),
            variable_name(result["variable"]),
            result.get("attributeValue", ""),
        )
        for result in answer["getVariableResult"]
        if result["attributeStatus"] == "Accepted"
        and result.get("attributeType", "Actual") == "Actual"
    )
    record_accepted(charge_point_id=command.charge_point_id, variables=got, reported_at=answered_at)


def _keep_or_lower(
    command: Command, version: str, status: str, variable: Variable, answered_at: datetime
) -> None:
    """Keep an accepted value; when one of our wishes was refused, ask for something less."""
    if status in ACCEPTED:
        record_accepted(
            charge_point_id=command.charge_point_id,
            variables=[variable],
            reported_at=answered_at,
        )
        return
    wish = wish_called(version, variable.component, variable.name)
    offer = wish.next_offer(variable.value) if wish and status == "Rejected" else None
    if wish is not None and offer is not None:
        ask_for(charge_point_id=command.charge_point_id, version=version, values=[(wish, offer)])


Effect = Callable[[Command, dict[str, Any], datetime], None]

EFFECTS: Mapping[str, Effect] = {
    "ChangeConfiguration": _keep_key,
    "GetConfiguration": _keep_keys,
    "SetVariables": _keep_set_variables,
    "GetVariables": _keep_got_variables,
    **answers_access.EFFECTS,
    **answers_charging.EFFECTS,
    **answers_display.EFFECTS,
    **answers_upkeep.EFFECTS,
}
