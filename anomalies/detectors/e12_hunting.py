"""E12: the current swings to and fro."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.facts import Activity
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation

_CHARGING = Activity.CHARGING


@dataclass(frozen=True, slots=True)
class E12Thresholds:
    """Real DC charging has 3.7 steps of more than 25 % an hour, hunting 5 in 12 samples."""

    swing_permille: int = bounded(250, 150, 500)
    turns: int = bounded(5, 4, 10)
    samples: int = bounded(12, 8, 30)
    least_ma: int = bounded(4_000, 1_000, 20_000)
    longest_s: int = bounded(1_800, 600, 7_200)


@dataclass(slots=True)
class E12Memory:
    """The extreme since the last turn, which way it goes, and the turns as (sample, ms)."""

    count: int = 0
    extreme_ma: int = 0
    way: int = 0
    offered_ma: int = 0
    turns: tuple[tuple[int, int], ...] = ()
    is_reported: bool = False


def _step(
    memory: E12Memory, view: View, thresholds: E12Thresholds
) -> tuple[E12Memory, Finding | None]:
    """5 changes of direction of more than 25 % in 12 samples, the offer being the same (E12).

    A car or a station that is told to follow the sun follows its limits: those do not count.
    """
    current_ma = view.load_ma
    if current_ma is None:
        return memory, None
    memory.count += 1
    offered_ma = view.sample.current_offered_ma or 0
    if offered_ma != memory.offered_ma or not _is_free(view):
        memory.offered_ma = offered_ma
        memory.turns, memory.way, memory.extreme_ma = (), 0, current_ma
        return memory, None
    before_ma = memory.extreme_ma
    if not _turns(memory, current_ma, thresholds):
        if memory.is_reported and not _recent(memory, view, thresholds):
            memory.is_reported = False
        return memory, None
    memory.turns = (*_recent(memory, view, thresholds), (memory.count, view.at_ms))
    if len(memory.turns) < thresholds.turns or memory.is_reported:
        return memory, None
    memory.is_reported = True
    swing_ma = abs(current_ma - before_ma)
    return memory, found(
        "E12",
        "hunting",
        observed=swing_ma,
        expected=thresholds.swing_permille * max(current_ma, before_ma) // 1_000,
        relation=Relation.AT_MOST,
        since_at=moment(memory.turns[0][1]),
        at=view.sample.at,
        turns=len(memory.turns),
    )


def _is_free(view: View) -> bool:
    """Charging as far as known, with no change of our limit since shortly before."""
    status = view.status
    if status is not None and status.activity is not _CHARGING:
        return False
    limit = view.facts.limit_at(view.sample.at) if view.facts.limits else None
    if limit is None:
        return True
    settled_ms = (view.sample.at - limit.at).total_seconds() * 1_000
    return settled_ms > (view.gap_ms or 0) + 60_000


def _recent(
    memory: E12Memory, view: View, thresholds: E12Thresholds
) -> tuple[tuple[int, int], ...]:
    from_ms = view.at_ms - thresholds.longest_s * 1_000
    first = memory.count - thresholds.samples
    return tuple(turn for turn in memory.turns if turn[0] > first and turn[1] >= from_ms)


def _turns(memory: E12Memory, current_ma: int, thresholds: E12Thresholds) -> bool:
    """Whether the current has come back from its extreme by more than a quarter of the larger."""
    extreme_ma = memory.extreme_ma
    larger = max(extreme_ma, current_ma)
    is_swing = (
        larger >= thresholds.least_ma
        and abs(current_ma - extreme_ma) * 1_000 > thresholds.swing_permille * larger
    )
    if memory.way == 0:
        if is_swing:
            memory.way = 1 if current_ma > extreme_ma else -1
            memory.extreme_ma = current_ma
        return False
    if (current_ma - extreme_ma) * memory.way >= 0:
        memory.extreme_ma = current_ma
        return False
    if not is_swing:
        return False
    memory.way, memory.extreme_ma = -memory.way, current_ma
    return True


DETECTOR = Detector("E12", E12Memory, E12Thresholds, step=_step)
