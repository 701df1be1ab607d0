"""OCPP 2.0.1's device model as flat names: component path and variable name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chargepoints.types import Variable

LONGEST_NAME = 120  # what the columns hold; only a mischievous EVSE number gets there


def component_path(component: dict[str, Any]) -> str:
    """`Connector[left]@1/2`: the name, its instance, and the EVSE and connector it belongs to."""
    evse = component.get("evse") or {}
    place = "/".join(str(evse[key]) for key in ("id", "connectorId") if key in evse)
    path = _with_instance(component) + (f"@{place}" if place else "")
    return path[:LONGEST_NAME]


def variable_name(variable: dict[str, Any]) -> str:
    """`MinimumStatusDuration[x]`: the variable's name and its instance."""
    return _with_instance(variable)[:LONGEST_NAME]


def reported_variables(report_data: list[dict[str, Any]]) -> Iterator[Variable]:
    """The actual values in a NotifyReport; targets, limits and write-only values are left out."""
    for item in report_data:
        for attribute in item["variableAttribute"]:
            if attribute.get("type", "Actual") == "Actual" and "value" in attribute:
                yield Variable(
                    component=component_path(item["component"]),
                    name=variable_name(item["variable"]),
                    value=attribute["value"],
                    read_only=attribute.get("mutability") == "ReadOnly",
                )


def _with_instance(named: dict[str, Any]) -> str:
    instance = named.get("instance")
    return f"{named['name']}[{instance}]" if instance else str(named["name"])
