"""E6: one phase is dead while the others carry on."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation

_NOMINAL_MV = 230_000
_LIVE_PERMILLE = 800


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
    currents = (sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma)
    if view.facts.is_dc or currents.count(None) > 1:
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
    dead = None
    for bit, voltage in enumerate(
        (sample.voltage_l1_mv, sample.voltage_l2_mv, sample.voltage_l3_mv)
    ):
        if voltage is None:
            continue
        if voltage * 1_000 >= nominal_mv * _LIVE_PERMILLE:
            memory.live |= 1 << bit
        elif memory.live >> bit & 1 and (
            voltage * 1_000 < nominal_mv * thresholds.dead_voltage_permille
        ):
            dead = ("voltage", voltage, nominal_mv)
    return dead


def _dead_current(
    memory: E6Memory, view: View, currents: list[int], thresholds: E6Thresholds
) -> tuple[str, int, int] | None:
    active = [ma >= thresholds.live_ma for ma in currents]
    count = sum(active)
    if not memory.levels or count == 0 or count > sum(memory.levels[i] > 0 for i in range(3)):
        _begin(memory, view, currents, active)
        return None
    missing = [i for i in range(3) if memory.levels[i] and currents[i] < thresholds.dead_ma]
    if not missing:
        memory.levels = tuple(ma if on else 0 for ma, on in zip(currents, active, strict=True))
        return None
    others = [i for i in range(3) if memory.levels[i] and i not in missing]
    is_settled = view.at_ms - memory.together_ms >= thresholds.settled_s * 1_000
    holds = all(currents[i] * 1_000 >= memory.levels[i] * thresholds.hold_permille for i in others)
    if len(missing) > 1 or not others or not holds or not is_settled:
        _begin(memory, view, currents, active)
        return None
    return "current", currents[missing[0]], max(currents[i] for i in others)


def _begin(memory: E6Memory, view: View, currents: list[int], active: list[bool]) -> None:
    """A new set of phases, which has to last before one of it can be missed."""
    memory.together_ms = view.at_ms
    on = tuple(ma if is_on else 0 for ma, is_on in zip(currents, active, strict=True))
    memory.levels = on if sum(active) > 1 else ()


DETECTOR = Detector("E6", E6Memory, E6Thresholds, step=_step)
