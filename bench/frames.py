"""The calls of benchmark stations: metering with 8 sampled values, in both OCPP versions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

VALUES = (
    ("Energy.Active.Import.Register", 123456, "Wh", None),
    ("Power.Active.Import", 11040.4, "W", None),
    ("Current.Import", 16.02, "A", "L1"),
    ("Current.Import", 16.1, "A", "L2"),
    ("Current.Import", 15.98, "A", "L3"),
    ("Voltage", 230.1, "V", "L1-N"),
    ("Voltage", 229.8, "V", "L2-N"),
    ("Voltage", 231.2, "V", "L3-N"),
)
TIME, NUMBER = "2000-01-01T00:00:00.000Z", 987_654_321
TAG = "AABBCC"


def start_call(version: str, number: int, begun_at: datetime) -> bytes:
    """The call that begins the transaction which `metering_calls` is about."""
    at = stamp(begun_at)
    if version == "1.6":
        payload: dict[str, Any] = {
            "connectorId": 1,
            "idTag": TAG,
            "meterStart": VALUES[0][1],
            "timestamp": at,
        }
        return orjson.dumps([2, "start", "StartTransaction", payload])
    payload = {
        "eventType": "Started",
        "timestamp": at,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": f"bench-{number}", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": TAG, "type": "ISO14443"},
    }
    return orjson.dumps([2, "start", "TransactionEvent", payload])


def metering_calls(version: str, transaction_id: int | str, begun_at: datetime) -> Iterator[bytes]:
    """Metering calls without end, a second of the station's time apart."""
    before, after = _template(version, transaction_id).split(TIME, 1)
    after_time, after_number = after, ""
    if version == "2.0.1":
        # The event's own time, its number, and the time of its readings.
        after_time, after_number = after.split(str(NUMBER))
    for number in itertools.count(1):
        at = stamp(begun_at + timedelta(seconds=number))
        if version == "1.6":
            text = f"{before}{at}{after_time}"
        else:
            text = f"{before}{at}{after_time}{number}{after_number.replace(TIME, at)}"
        yield text.replace("MESSAGE", f"m{number}").encode()


def stamp(at: datetime) -> str:
    """UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _template(version: str, transaction_id: int | str) -> str:
    if version == "1.6":
        values = [
            {
                "value": str(value),
                "context": "Sample.Periodic",
                "format": "Raw",
                "measurand": measurand,
                "unit": unit,
                "location": "Outlet",
                **({"phase": phase} if phase else {}),
            }
            for measurand, value, unit, phase in VALUES
        ]
        payload: dict[str, Any] = {
            "connectorId": 1,
            "transactionId": transaction_id,
            "meterValue": [{"timestamp": TIME, "sampledValue": values}],
        }
        return orjson.dumps([2, "MESSAGE", "MeterValues", payload]).decode()
    values = [
        {
            "value": value,
            "context": "Sample.Periodic",
            "measurand": measurand,
            "unitOfMeasure": {"unit": unit},
            "location": "Outlet",
            **({"phase": phase} if phase else {}),
        }
        for measurand, value, unit, phase in VALUES
    ]
    payload = {
        "eventType": "Updated",
        "timestamp": TIME,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": NUMBER,
        "transactionInfo": {"transactionId": transaction_id, "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": TIME, "sampledValue": values}],
    }
    return orjson.dumps([2, "MESSAGE", "TransactionEvent", payload]).decode()
