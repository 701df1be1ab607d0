"""M4: the register does not count what the power says."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, Ending, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation
from sessions_app.registers import Move

# Energies are W times ms, exact in integers.
_WH = 3_600_000
_AGREES_PERMILLE = 55
_SHORTEST_MS = 2_000
_FORWARD, _HELD = Move.FORWARD, Move.HELD


@dataclass(frozen=True, slots=True)
class M4Thresholds:
    """Bounds, not a trapezoid: that false-alarmed in 44 % of clean sessions at 60 s (measured)."""

    tolerance_permille: int = bounded(35, 20, 150)
    slack_wh: int = bounded(40, 10, 500)
    samples: int = bounded(2, 2, 10)
    window_s: int = bounded(1_200, 300, 7_200)
    longest_intervals_permille: int = bounded(2_500, 1_500, 5_000)
    longest_gap_s: int = bounded(900, 300, 3_600)
    session_permille: int = bounded(35, 20, 150)


@dataclass(slots=True)
class M4Memory:
    """The sample before, the fading window, and the whole session; W times ms, but for times.

    `low` and `high` are the least and most that flowed by the power, `gain` what was counted;
    `short` and `over` are what the register lacks and has too much since it was last right.
    `wait_*` flowed since the register last moved: a register that stands is M3's. `worst_*` is
    the largest single shortfall and excess, which alone never convict.
    """

    at_ms: int | None = None
    least_w: int = 0
    most_w: int = 0
    nominal_ms: int = 0
    wait_low: int = 0
    wait_high: int = 0
    wait_ms: int = 0
    low: int = 0
    high: int = 0
    gain: int = 0
    short: int = 0
    over: int = 0
    worst_short: int = 0
    worst_over: int = 0
    bad: int = 0
    since_ms: int = 0
    is_reported: bool = False
    all_low: int = 0
    all_high: int = 0
    all_gain: int = 0
    all_worst: int = 0


def _step(
    memory: M4Memory, view: View, thresholds: M4Thresholds
) -> tuple[M4Memory, Finding | None]:
    """The gain of a fading window against 0.965 of the least and 1.035 of the most power (M4).

    Summed as in a CUSUM: time in which the register was right earns it no credit for later.

    Between two samples power is taken to lie between their two values; a dip between samples is
    one interval's worth, so the worst interval is left out of account.
    """
    register, power_w = view.register, view.flow_w
    if register is None or power_w is None or register.move is _HELD:
        return memory, None
    before_ms, before_least_w, before_most_w = memory.at_ms, memory.least_w, memory.most_w
    least_w, most_w = _bounds_w(view, power_w)
    lasted_ms = 0 if before_ms is None else view.at_ms - before_ms
    if before_ms is not None and lasted_ms < _SHORTEST_MS:
        return memory, None
    memory.at_ms, memory.least_w, memory.most_w = view.at_ms, least_w, most_w
    if before_ms is None or register.move is not _FORWARD:
        memory.wait_low = memory.wait_high = memory.wait_ms = 0
        return memory, None
    if register.from_at_ms != before_ms or not _is_usual(memory, lasted_ms, thresholds):
        return memory, None
    gain = max(0, register.wh - register.from_wh) * _WH
    low = min(before_least_w, least_w) * lasted_ms
    high = max(before_most_w, most_w) * lasted_ms
    if high == gain == 0:
        return memory, None
    memory.wait_low += low
    memory.wait_high += high
    memory.wait_ms += lasted_ms
    if gain == 0:
        return memory, None
    _add(memory, gain, thresholds)
    return _judge(memory, view, thresholds)


def _bounds_w(view: View, power_w: int) -> tuple[int, int]:
    """The power, and where voltage times current says otherwise (E1) that as well: a register
    that agrees with either is not the one that is wrong."""
    apparent = view.apparent
    if apparent is None or not apparent.is_whole or view.exports:
        return power_w, power_w
    apparent_w = apparent.power_w
    if abs(apparent_w - power_w) * 1_000 <= _AGREES_PERMILLE * power_w:
        return power_w, power_w
    return (power_w, apparent_w) if power_w < apparent_w else (apparent_w, power_w)


def _is_usual(memory: M4Memory, lasted_ms: int, thresholds: M4Thresholds) -> bool:
    """Intervals much longer than usual are left out: nobody knows what flowed in them."""
    if lasted_ms > thresholds.longest_gap_s * 1_000:
        return False
    nominal_ms = memory.nominal_ms or lasted_ms
    is_usual = lasted_ms * 1_000 <= nominal_ms * thresholds.longest_intervals_permille
    weight = 8 if is_usual else 64
    memory.nominal_ms = nominal_ms + (lasted_ms - nominal_ms) // weight
    return is_usual


def _add(memory: M4Memory, gain: int, thresholds: M4Thresholds) -> None:
    low, high = memory.wait_low, memory.wait_high
    window_ms = thresholds.window_s * 1_000
    whole_ms = window_ms + memory.wait_ms
    memory.wait_low = memory.wait_high = memory.wait_ms = 0
    short = low * (1_000 - thresholds.tolerance_permille) // 1_000 - gain
    over = gain - high * (1_000 + thresholds.tolerance_permille) // 1_000
    memory.low = memory.low * window_ms // whole_ms + low
    memory.high = memory.high * window_ms // whole_ms + high
    memory.gain = memory.gain * window_ms // whole_ms + gain
    memory.short = max(0, memory.short * window_ms // whole_ms + short)
    memory.over = max(0, memory.over * window_ms // whole_ms + over)
    faded_short = memory.worst_short * window_ms // whole_ms
    faded_over = memory.worst_over * window_ms // whole_ms
    memory.worst_short = max(short, faded_short)
    memory.worst_over = max(over, faded_over)
    memory.all_low += low
    memory.all_high += high
    memory.all_gain += gain
    worst = max(over, short)
    if worst > memory.all_worst:
        memory.all_worst = worst


def _judge(
    memory: M4Memory, view: View, thresholds: M4Thresholds
) -> tuple[M4Memory, Finding | None]:
    slack = (thresholds.slack_wh + view.resolution_wh) * _WH
    least = memory.low * (1_000 - thresholds.tolerance_permille) // 1_000
    most = memory.high * (1_000 + thresholds.tolerance_permille) // 1_000
    is_slow = memory.short > slack + max(0, memory.worst_short)
    is_fast = memory.over > slack + max(0, memory.worst_over)
    if not (is_slow or is_fast):
        memory.bad = 0
        memory.is_reported = memory.is_reported and not least <= memory.gain <= most
        return memory, None
    if not memory.bad:
        memory.since_ms = view.at_ms
    memory.bad = min(memory.bad + 1, thresholds.samples)
    if memory.bad < thresholds.samples or memory.is_reported:
        return memory, None
    memory.is_reported = True
    return memory, found(
        "M4",
        "register_slow" if is_slow else "register_fast",
        observed=memory.gain // _WH,
        expected=(memory.gain + (memory.short if is_slow else -memory.over)) // _WH,
        relation=Relation.AT_LEAST if is_slow else Relation.AT_MOST,
        since_at=moment(memory.since_ms),
        at=view.sample.at,
        holds=False,
    )


def _finish(memory: M4Memory, ending: Ending, thresholds: M4Thresholds) -> Finding | None:
    """Billing is held only if the ratio of the whole session is off, too (catalogue M4)."""
    slack = (thresholds.slack_wh + ending.track.resolution_wh) * _WH + max(0, memory.all_worst)
    least = memory.all_low * (1_000 - thresholds.session_permille) // 1_000
    most = memory.all_high * (1_000 + thresholds.session_permille) // 1_000
    is_slow, is_fast = memory.all_gain < least - slack, memory.all_gain > most + slack
    if not (is_slow or is_fast) or ending.track.changes:
        return None
    return found(
        "M4",
        "session_slow" if is_slow else "session_fast",
        observed=memory.all_gain // _WH,
        expected=(memory.all_low if is_slow else memory.all_high) // _WH,
        relation=Relation.AT_LEAST if is_slow else Relation.AT_MOST,
        since_at=ending.started_at,
        at=ending.ended_at,
    )


DETECTOR = Detector("M4", M4Memory, M4Thresholds, step=_step, finish=_finish)
