"""S12: stations of one model that fail more since their new firmware."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from math import log
from typing import Any

from anomalies.detectors.base import moment
from anomalies.detectors.kinds import found
from anomalies.detectors.state import decode, encode
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation
from sessions_app.registers import epoch_ms

_DEFAULTS = Thresholds()
COHORT_VERSION = 1


@dataclass(frozen=True, slots=True)
class S12Thresholds:
    """A CUSUM between the old rate of failures and one that is worse by `odds_permille`."""

    odds_permille: int = bounded(2_000, 1_300, 5_000)
    alarm_milli: int = bounded(5_000, 3_000, 12_000)
    before: int = bounded(100, 30, 5_000)
    stations: int = bounded(2, 1, 50)


@dataclass(frozen=True, slots=True)
class CohortState:
    """One model with one firmware. The rate before the update is `bad_before` of `before`."""

    before: int = 0
    bad_before: int = 0
    after: int = 0
    bad_after: int = 0
    score_milli: int = 0
    since_ms: int = 0
    stations: tuple[int, ...] = ()
    is_reported: bool = False


def cohort_step(
    state: CohortState,
    *,
    station: int,
    is_good: bool,
    at: datetime,
    thresholds: Thresholds = _DEFAULTS,
) -> tuple[CohortState, Finding | None]:
    """The next session of an updated station; `station` tells stations apart (catalogue S12).

    The score adds the log likelihood of a doubled odds of failure and never falls below zero;
    a failure counts only together with failures of another station.
    """
    chosen = thresholds.of(S12Thresholds)
    if state.before < chosen.before:
        return state, None
    score, old_permille = _score(state, is_good, chosen)
    total = max(0, state.score_milli + score)
    stations = state.stations
    if not is_good and station not in stations:
        stations = (*stations, station)[-10:]
    state = replace(
        state,
        after=state.after + 1,
        bad_after=state.bad_after + (not is_good),
        score_milli=min(total, 2 * chosen.alarm_milli),
        since_ms=state.since_ms if state.score_milli else epoch_ms(at),
        stations=stations if total else (),
    )
    if total < chosen.alarm_milli or state.is_reported or len(stations) < chosen.stations:
        return state, None
    return replace(state, is_reported=True), found(
        "S12",
        "worse_after_update",
        observed=1_000 * state.bad_after // state.after,
        expected=old_permille,
        relation=Relation.AT_MOST,
        since_at=moment(state.since_ms),
        at=at,
        sessions=state.after,
    )


def start_cohort(good: int, bad: int) -> CohortState:
    """A cohort that has just been updated, with the sessions of the same stations before."""
    return CohortState(before=good + bad, bad_before=bad)


def cohort_to_json(state: CohortState) -> dict[str, Any]:
    """The state as JSON values."""
    return {"version": COHORT_VERSION, **encode(state)}


def cohort_from_json(data: object) -> CohortState:
    """The state that `cohort_to_json` wrote; a fresh one for anything else."""
    if not isinstance(data, dict) or data.get("version") != COHORT_VERSION:
        return CohortState()
    return decode(CohortState, {name: v for name, v in data.items() if name != "version"})


def _score(state: CohortState, is_good: bool, chosen: S12Thresholds) -> tuple[int, int]:
    """The log likelihood ratio in thousandths, and the old rate in thousandths."""
    old = (state.bad_before + 1) / (state.before + 5)
    odds = old / (1 - old) * chosen.odds_permille / 1_000
    new = odds / (1 + odds)
    ratio = (1 - new) / (1 - old) if is_good else new / old
    return round(1_000 * log(ratio)), round(1_000 * old)
