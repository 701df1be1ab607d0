"""Faults of charging and metering, each on a ladder of sizes, put into a healthy charge."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from bench.anomaly_traces.meters import Reading
from bench.anomaly_traces.physics import Flow

Bend = Callable[[Flow, Random, float, float, float], None]
Spoil = Callable[[list[Reading], Random, float, float], None]


@dataclass(frozen=True)
class Fault:
    """`kind` is the catalogue's id it should be found as; `also` what it truly causes besides.

    `bend` changes the flow, `spoil` what the station says of it, `ends` begin and stop register.
    `needs`: what has to flow at the onset: A, and "ac", "dc", "3" (three phases in use) or "".
    `grace`: it is still to be found at the session's end. `lasts_s` is the least time after onset.
    """

    name: str
    kind: str
    sizes: Sequence[float]
    bend: Bend | None = None
    spoil: Spoil | None = None
    ends: str = ""
    also: frozenset[str] = frozenset()
    needs: str = ""
    least_a: float = 6.0
    least_w: float = 0.0
    lasts_s: float = 720.0
    is_step: bool = False
    is_ratio: bool = False
    starts: bool = False
    at_end: bool = False


def _from(times: Sequence[float], at: float) -> int:
    return bisect_left(list(times), at)


# --- what flows ---------------------------------------------------------------------------------


def _zero(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    for amps in flow.amps:
        first = _from(flow.times, at)
        amps[first:] = [rng.uniform(0, 0.2) * size for _ in amps[first:]]
    _settle_soc(flow, at)


def _settle_soc(flow: Flow, at: float) -> None:
    if flow.soc is not None:
        first = _from(flow.times, at)
        flow.soc[first:] = [flow.soc[first]] * (len(flow.soc) - first)


def _never(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    flow.states = [(0.0, "Charging")]
    _zero(flow, rng, size, 0.0, interval)


def _over(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    first = _from(flow.times, at)
    for amps in flow.amps:
        if max(amps) > 0.5:
            amps[first:] = [flow.rated_a * size * rng.uniform(0.998, 1.002) for _ in amps[first:]]


def _supply(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    first = _from(flow.times, at)
    for volts in flow.volts:
        volts[first:] = [230.0 * size * rng.uniform(0.997, 1.003) for _ in volts[first:]]


def _dip(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    first, last = _from(flow.times, at), _from(flow.times, at + interval * 1.2 + 5)
    volts = flow.volts[0]
    volts[first:last] = [230.0 * size for _ in volts[first:last]]


def _ignored(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    """We lower the limit, the station says yes and goes on."""
    flow.limits.append((at, size))


def _too_low(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    """Our limit lies between 0 and 6 A: the car pauses."""
    flow.limits.append((at, size))
    flow.states.append((at + 5, "SuspendedEVSE"))
    _zero(flow, rng, 0.0, at + 5, interval)


def _lost_phase(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    line, first = rng.randrange(3), _from(flow.times, at)
    flow.amps[line][first:] = [rng.uniform(0, 0.1) for _ in flow.amps[line][first:]]
    if size < 1:
        flow.volts[line][first:] = [230 * size * rng.uniform(0.9, 1.1) for _ in flow.times[first:]]


def _unequal(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    line, first = rng.randrange(3), _from(flow.times, at)
    flow.amps[line][first:] = [amp * size for amp in flow.amps[line][first:]]


def _hunt(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    """The current swings between its level and `size` of it, each way one interval or so."""
    half = interval * rng.uniform(0.95, 1.05)
    for index in range(_from(flow.times, at), len(flow.times)):
        if int((flow.times[index] - at) / half) % 2 == 0:
            for amps in flow.amps:
                amps[index] *= size


def _below_usual(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    """The car gets a share of what it would take, and its battery fills as much slower."""
    first = _from(flow.times, at)
    for amps in flow.amps:
        amps[first:] = [amp * size for amp in amps[first:]]
    if flow.soc is not None:
        base = flow.soc[first]
        flow.soc[first:] = [base + (soc - base) * size for soc in flow.soc[first:]]


def _heat(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    """Warm as usual, then a contact gives way and it rises to `size` degrees."""
    usual = [25 + 20 * (1 - math.exp(-each / 900)) for each in flow.times]
    flow.celsius = [
        warm if each < at else size - (size - warm) * math.exp(-(each - at) / 120)
        for warm, each in zip(usual, flow.times, strict=True)
    ]


# --- what the station says ----------------------------------------------------------------------


def _after(readings: list[Reading], at: float) -> list[Reading]:
    return [one for one in readings if one.at >= at]


def scale_power(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    """The power alone, register and current being right."""
    for one in _after(readings, at):
        one.watts = None if one.watts is None else one.watts * size


def _voltage(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    for one in _after(readings, at):
        one.volts = [None if volt is None else volt * size for volt in one.volts]


def _register_by(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    for one in _after(readings, at):
        one.wh = None if one.wh is None else one.wh + size


def _register_times(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    for one in _after(readings, at):
        one.wh = None if one.wh is None else round(one.wh * size, 3)


def _register_rate(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    late = _after(readings, at)
    base = next((one.wh for one in reversed(readings) if one.at < at), late[0].wh) or 0.0
    for one in late:
        one.wh = None if one.wh is None else round(base + (one.wh - base) * size)


def _register_stands(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    late = _after(readings, at)
    for one in late:
        one.wh = late[0].wh


def _register_empty(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    for one in _after(readings, at):
        one.wh = size


def _charge_by(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    for one in _after(readings, at):
        if one.soc is not None:
            one.soc = max(1.0, min(100.0, one.soc + size))


def _charge_rate(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    first = readings[0].soc or 0.0
    for one in readings:
        if one.soc is not None:
            one.soc = max(1.0, min(100.0, float(int(first + (one.soc - first) * size))))


def _gap(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    readings[:] = [one for one in readings if not at <= one.at < at + size]


def _without(readings: list[Reading], rng: Random, size: float, at: float) -> None:
    for one in readings:
        if size == 1:
            one.volts = [None] * len(one.volts)
        elif size == 2:
            one.amps = [None] * len(one.amps)
        elif size == 3:
            one.watts = None
        else:
            one.wh = None


def _no_change(flow: Flow, rng: Random, size: float, at: float, interval: float) -> None:
    """Nothing flows differently."""


_M = frozenset({"M1", "M2", "M3", "M4", "M8", "M9"})

FAULTS: tuple[Fault, ...] = (
    Fault("power off by a share", "E1", (0.7, 0.85, 0.9, 1.1, 1.15, 1.3), spoil=scale_power,
          also=frozenset({"M4", "M3"}), is_ratio=True, least_a=10),
    Fault("voltage sensor off", "E1", (0.85, 0.9, 1.1, 1.15), spoil=_voltage,
          also=frozenset({"E2", "E6", "E7"}), is_ratio=True, least_a=10),
    Fault("supply out of limits", "E2", (0.8, 0.84, 0.88, 1.12), _supply, needs="ac",
          lasts_s=1_500),
    Fault("supply dips", "E2", (0.3, 0.5, 0.6), _dip, needs="ac", is_step=True,
          also=frozenset({"E6", "E7"})),
    Fault("current above the rating", "E3", (1.12, 1.2, 1.3, 1.5), _over, is_step=True,
          also=frozenset({"E4", "E12", "E14", "M2"})),
    Fault("profile ignored", "E4", (6, 7, 8), _ignored, needs="ac", least_a=12),
    Fault("own limit under 6 A", "E5", (2, 3, 4, 5), _too_low, needs="ac"),
    Fault("phase lost", "E6", (1, 1, 0.1, 0.3), _lost_phase, needs="3", is_step=True,
          also=frozenset({"E1", "E2", "E7"})),
    Fault("phases unequal", "E7", (0.5, 0.6, 0.7, 0.75), _unequal, needs="3", least_a=12),
    Fault("no energy after the start", "E8", (0, 1), _never, also=frozenset({"E9"}), starts=True),
    Fault("no power while charging", "E9", (0, 1), _zero, also=frozenset({"E8", "E12"})),
    Fault("less than such cars take", "E11", (0.2, 0.35, 0.5), _below_usual, needs="dc",
          least_a=20),
    Fault("current hunts", "E12", (0.0, 0.3, 0.5, 0.6), _hunt, least_a=10, lasts_s=1_200,
          also=frozenset({"E9", "M4"})),
    Fault("contact heats up", "E13", (96, 105, 120), _heat, lasts_s=900),
    Fault("state of charge jumps", "E14", (10, 20, 40, -5, -10), spoil=_charge_by, needs="dc",
          is_step=True, also=frozenset({"M10"})),
    Fault("register back", "M1", (-200, -500, -1_000, -2_000, -5_000), spoil=_register_by,
          is_step=True, also=_M),
    Fault("register empty", "M1", (0, 0, -1), spoil=_register_empty, also=_M),
    Fault("register jumps", "M2", (3_000, 10_000, 50_000, 910_000), spoil=_register_by,
          is_step=True, also=_M),
    Fault("begin is a placeholder", "M2", (0,), _no_change, ends="placeholder", at_end=True,
          also=_M),
    Fault("register stands", "M3", (0,), spoil=_register_stands, also=_M),
    Fault("register off by a share", "M4", (0.8, 0.85, 0.9, 1.1, 1.15, 1.2),
          spoil=_register_rate, lasts_s=1_080, also=frozenset({"M3", "M9", "M10"}), least_w=5_000),
    Fault("power in kW or mW", "M8", (0.001, 1_000), spoil=scale_power, is_step=True, least_a=10,
          also=frozenset({"E1", "M3", "M4", "E8", "E9"})),
    Fault("register in kWh or mWh", "M8", (0.001, 1_000), spoil=_register_times, is_step=True,
          also=_M, least_a=10),
    Fault("stop unknown", "M9", (-1, 0), _no_change, ends="unknown", at_end=True, also=_M),
    Fault("stop below begin", "M9", (100, 5_000), _no_change, ends="below", at_end=True, also=_M),
    Fault("stop far off", "M9", (-2_000, 20_000, 50_000), _no_change, ends="far", at_end=True,
          also=_M),
    Fault("charge does not fit", "M10", (0.1, 0.05), spoil=_charge_rate, needs="dc", at_end=True,
          also=frozenset({"E14", "E9"})),
    Fault("samples missing", "S1", (620, 900, 1_500), spoil=_gap, lasts_s=1_800,
          is_step=True, also=frozenset({"E14"})),
    Fault("ends before it begins", "S2", (60, 7_200), _no_change, ends="early", at_end=True,
          also=_M),
    Fault("measurands missing", "S11", (1, 2, 3), spoil=_without, starts=True),
)  # fmt: skip
