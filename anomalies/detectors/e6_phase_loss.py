"""E6: one phase is dead while the others carry on."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation

_NOMINAL_MV = 230_000
_LIVE_PERMILLE = 800
_ALL = 0b111


@dataclass(frozen=True, slots=True)
class E6Thresholds:
    """Amperes and shares of the catalogue (E6, to be validated in pilots)."""

    dead_ma: int = bounded(500, 200, 2_000)
    live_ma: int = bounded(2_000, 1_000, 5_000)
    hold_permille: int = bounded(800, 500, 950)
    dead_voltage_permille: int = bounded(500, 200, 700)
    settled_s: int = bounded(180, 30, 600)
    samples: int = bounded(2, 1, 5)


@dataclass(slots=True)
class E6Memory:
    """Currents (mA) when all phases of the set last flowed, and since when they have.

    `live` are bits of phases whose voltage has been seen whole.
    """

    together_ms: int = 0
    levels: tuple[int, ...] = ()
    live: int = 0
    bad: int = 0
    since_ms: int = 0
    is_reported: bool = False


def _step(
    memory: E6Memory, view: View, thresholds: E6Thresholds
) -> tuple[E6Memory, Finding | None]:
    """One phase under 0.5 A while the others hold 80 % of what they had, or under half voltage.

    Two of three phases gone is a car or a station that has switched to one phase: no fault.
    """
    sample = view.sample
    if view.facts.is_dc:
        return memory, None
    currents = (sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma)
    if currents.count(None) > 1:
        return memory, None
    verdict = _dead_voltage(memory, view, thresholds) or _dead_current(
        memory, view, [abs(one or 0) for one in currents], thresholds
    )
    if verdict is None:
        memory.bad, memory.is_reported = 0, False
        return memory, None
    if not memory.bad:
        memory.since_ms = view.at_ms
    memory.bad = min(memory.bad + 1, thresholds.samples)
    if memory.bad < thresholds.samples or memory.is_reported:
        return memory, None
    memory.is_reported = True
    cause, observed, expected = verdict
    return memory, found(
        "E6",
        cause,
        observed=observed,
        expected=expected,
        relation=Relation.AT_LEAST,
        since_at=moment(memory.since_ms),
        at=sample.at,
        unit="mA" if cause == "current" else "mV",
        signal="" if cause == "current" else "Voltage",
    )


def _dead_voltage(
    memory: E6Memory, view: View, thresholds: E6Thresholds
) -> tuple[str, int, int] | None:
    nominal_mv = view.facts.nominal_voltage_mv or _NOMINAL_MV
    sample = view.sample
    u1, u2, u3 = sample.voltage_l1_mv, sample.voltage_l2_mv, sample.voltage_l3_mv
    live_uv = nominal_mv * _LIVE_PERMILLE
    if memory.live == _ALL and u1 and u2 and u3 and min(u1, u2, u3) * 1_000 >= live_uv:
        return None
    dead = None
    for bit, voltage in enumerate((u1, u2, u3)):
        if voltage is None:
            continue
        if voltage * 1_000 >= live_uv:
            memory.live |= 1 << bit
        elif memory.live >> bit & 1 and (
            voltage * 1_000 < nominal_mv * thresholds.dead_voltage_permille
        ):
            dead = ("voltage", voltage, nominal_mv)
    return dead


def _dead_current(
    memory: E6Memory, view: View, currents: list[int], thresholds: E6Thresholds
) -> tuple[str, int, int] | None:
    levels, live_ma, dead_ma = memory.levels, thresholds.live_ma, thresholds.dead_ma
    first, second, third = currents
    active = (
        first if first >= live_ma else 0,
        second if second >= live_ma else 0,
        third if third >= live_ma else 0,
    )
    count = 3 - active.count(0)
    if not levels or count == 0 or count > 3 - levels.count(0):
        _begin(memory, view, active)
        return None
    if not (
        (first < dead_ma and levels[0])
        or (second < dead_ma and levels[1])
        or (third < dead_ma and levels[2])
    ):
        memory.levels = active
        return None
    missing = [i for i in range(3) if levels[i] and currents[i] < dead_ma]
    others = [i for i in range(3) if levels[i] and i not in missing]
    is_settled = view.at_ms - memory.together_ms >= thresholds.settled_s * 1_000
    holds = all(currents[i] * 1_000 >= levels[i] * thresholds.hold_permille for i in others)
    if len(missing) > 1 or not others or not holds or not is_settled:
        _begin(memory, view, active)
        return None
    return "current", currents[missing[0]], max(currents[i] for i in others)


def _begin(memory: E6Memory, view: View, active: tuple[int, int, int]) -> None:
    """A new set of phases, which has to last before one of it can be missed."""
    memory.together_ms = view.at_ms
    memory.levels = active if active.count(0) < 2 else ()


DETECTOR = Detector("E6", E6Memory, E6Thresholds, step=_step)
