"""OCPP's schemas: as strict as the library, in fewer words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chargepoints.errors import CallRefused, Fault
from chargepoints.routing import Connection, Station, answers
from chargepoints.schemas import check_answer, check_call, is_known
from config.ocpp import STATIONS

SAMPLE = {"timestamp": "2026-06-01T12:00:00Z", "sampledValue": [{"value": "1"}]}


def refusal(version: str, action: str, payload: dict[str, Any]) -> tuple[Fault, str]:
    with pytest.raises(CallRefused) as caught:
        check_call(version, action, payload)
    return caught.value.fault, caught.value.reason


def test_a_good_payload_passes() -> None:
    check_call("1.6", "MeterValues", {"connectorId": 1, "meterValue": [SAMPLE]})
    check_call(
        "2.0.1",
        "MeterValues",
        {
            "evseId": 1,
            "meterValue": [{"timestamp": "2026-06-01T12:00:00Z", "sampledValue": [{"value": 1.5}]}],
        },
    )
    check_answer("1.6", "Heartbeat", {"currentTime": "2026-06-01T12:00:00Z"})


@pytest.mark.parametrize(
    ("meter_value", "fault", "reason"),
    [
        ([], Fault.OCCURRENCE, "meterValue: has too few elements"),
        ([{"timestamp": 7}], Fault.OCCURRENCE, "meterValue.0.sampledValue: is missing"),
        ([{**SAMPLE, "timestamp": 7}], Fault.TYPE, "meterValue.0.timestamp: is not of type string"),
        ([{**SAMPLE, "timestamp": "7"}], Fault.PROPERTY, "meterValue.0.timestamp: is not a date"),
        (
            [{**SAMPLE, "sampledValue": [{"value": "1", "unit": "furlong"}]}],
            Fault.PROPERTY,
            "meterValue.0.sampledValue.0.unit: is not one of the allowed values",
        ),
    ],
)
def test_a_refusal_names_the_field(meter_value: Any, fault: Fault, reason: str) -> None:
    payload = {"connectorId": 1, "meterValue": meter_value}
    found, text = refusal("1.6", "MeterValues", payload)
    assert found == fault
    assert text.startswith(reason)


def test_the_name_of_an_unknown_field_is_cut_short() -> None:
    fault, reason = refusal("1.6", "Heartbeat", {"x" * 1000: 1})
    assert (fault, len(reason)) == (Fault.FORMAT, 50 + len(": is not a field of this message"))


def test_limits_have_one_decimal_and_no_rounding_noise() -> None:
    def limit(value: float) -> dict[str, Any]:
        period = {"startPeriod": 0, "limit": value}
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
        return {"connectorId": 1, "status": "Accepted", "chargingSchedule": schedule}

    check_answer("1.6", "GetCompositeSchedule", limit(21.4))
    with pytest.raises(CallRefused, match="has too many decimals"):
        check_answer("1.6", "GetCompositeSchedule", limit(4.11))


@pytest.mark.parametrize("action", ["", "Teleport", "../x", "ResetResponse", "Å", "A" * 500])
def test_what_is_no_action_of_ocpp(action: str) -> None:
    assert not is_known("1.6", action)
    assert refusal("1.6", action, {})[0] == Fault.UNKNOWN_ACTION


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_every_handler_answers_an_action_of_its_version(version: str) -> None:
    station = STATIONS[version]
    assert station.version == version
    assert {"BootNotification", "Heartbeat", "StatusNotification", "MeterValues"} <= set(
        station.handlers
    )
    assert all(is_known(version, action) for action in station.handlers)


def test_two_handlers_for_one_action_are_a_mistake() -> None:
    class First(Station):
        @answers("Reset")
        def one(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
            return {}

    with pytest.raises(TypeError, match="one and two both answer Reset"):

        class Second(First):
            @answers("Reset")
            def two(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
                return {}


def test_a_subclass_may_replace_a_handler() -> None:
    class Mine(STATIONS["1.6"]):  # type: ignore[misc]
        version = "1.6"

    assert Mine.handlers == STATIONS["1.6"].handlers
    assert isinstance(Mine(Connection.__new__(Connection)), Station)
