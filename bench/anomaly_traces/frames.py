"""OCPP frames (JSON text) of a measured charge, 1.6 and 2.0.1, in the dialects of real stations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from bench.anomaly_traces.meters import Reading
from bench.anomaly_traces.physics import Flow

EPOCH = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


@dataclass
class Dialect:
    """How a model of station writes its frames."""

    version: str = "1.6"
    kwh: bool = False
    units: bool = True
    phase_suffix: str = ""
    clock: str = "Z"


@dataclass
class Script:
    """Frames in the order of their arrival with the time of arrival (s), and what is known.

    `first_at`: s from EPOCH to the session's start. `states`, `limits` as in `Flow`.
    """

    frames: list[tuple[float, str]]
    begin_wh: float | None
    stop_wh: float | None
    ends_s: float
    flow: Flow
    interval_s: float
    dialect: Dialect
    first_s: float = 0.0
    asked: tuple[str, ...] = ()


def draw_dialect(rng: Random) -> Dialect:
    """One of the ways stations talk."""
    return Dialect(
        version=rng.choice(["1.6", "2.0.1"]),
        kwh=rng.random() < 0.2,
        units=rng.random() < 0.8,
        phase_suffix=rng.choice(["", "-N"]),
        clock=rng.choice(["Z", "Z", "+02:00"]),
    )


def stamp(dialect: Dialect, at_s: float) -> str:
    """A time as the station writes it."""
    at = EPOCH + timedelta(seconds=at_s)
    if dialect.clock == "Z":
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return at.replace(tzinfo=None).__add__(timedelta(hours=2)).isoformat() + dialect.clock


def sampled_values(dialect: Dialect, reading: Reading, is_dc: bool) -> list[dict[str, Any]]:
    """The `sampledValue` list of one reading."""
    return [
        _value(dialect, name, number, unit, phase)
        for name, number, unit, phase in _values(dialect, reading, is_dc)
        if number is not None
    ]


def meter_message(
    dialect: Dialect, entries: list[dict[str, Any]], number: int, transaction: int = 4711
) -> str:
    """A MeterValues call of 1.6, or a TransactionEvent of 2.0.1, with these entries."""
    if dialect.version == "1.6":
        payload: dict[str, Any] = {
            "connectorId": 1,
            "transactionId": transaction,
            "meterValue": entries,
        }
        return json.dumps([2, f"m{number}", "MeterValues", payload])
    payload = {
        "eventType": "Updated",
        "timestamp": entries[0]["timestamp"],
        "triggerReason": "MeterValuePeriodic",
        "seqNo": number,
        "transactionInfo": {"transactionId": f"tx-{transaction}"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": entries,
    }
    return json.dumps([2, f"m{number}", "TransactionEvent", payload])


def entry(dialect: Dialect, at_s: float, values: list[dict[str, Any]]) -> dict[str, Any]:
    """One element of `meterValue`."""
    return {"timestamp": stamp(dialect, at_s), "sampledValue": values}


def write_frames(
    dialect: Dialect, readings: list[Reading], flow: Flow, first_s: float
) -> list[tuple[float, str]]:
    """A frame per reading, arriving when it was taken."""
    return [
        (
            first_s + one.at + one.offsets.get("late", 0.0),
            meter_message(
                dialect,
                [entry(dialect, first_s + one.at, sampled_values(dialect, one, flow.is_dc))],
                number,
            ),
        )
        for number, one in enumerate(readings, start=1)
    ]


def _values(
    dialect: Dialect, reading: Reading, is_dc: bool
) -> Iterator[tuple[str, float | None, str, str]]:
    wh = reading.wh
    yield (
        "Energy.Active.Import.Register",
        wh if wh is None or not dialect.kwh else wh / 1_000,
        "kWh" if dialect.kwh else "Wh",
        "",
    )
    yield "Power.Active.Import", reading.watts, "W", ""
    if is_dc or len(reading.volts) == 1:
        yield "Voltage", reading.volts[0], "V", ""
        yield "Current.Import", reading.amps[0], "A", ""
    else:
        for line in range(len(reading.volts)):
            yield "Voltage", reading.volts[line], "V", f"L{line + 1}{dialect.phase_suffix}"
            yield "Current.Import", reading.amps[line], "A", f"L{line + 1}"
    yield "SoC", reading.soc, "Percent", ""
    yield "Current.Offered", reading.offered, "A", ""
    yield "Temperature", reading.celsius, "Celsius", ""


def _value(dialect: Dialect, name: str, number: float, unit: str, phase: str) -> dict[str, Any]:
    is_needed = unit in {"kWh", "Celsius", "Percent"}
    rounded = round(number, 3 if unit in {"kWh", "A"} else 1)
    value: dict[str, Any] = {"measurand": name}
    if phase:
        value["phase"] = phase
    if dialect.version == "1.6":
        value["value"] = f"{rounded:.3f}" if unit == "kWh" else str(rounded)
        if dialect.units or is_needed:
            value["unit"] = unit
        return value
    value["value"] = rounded
    if dialect.units or is_needed:
        value["unitOfMeasure"] = {"unit": unit}
    return value
