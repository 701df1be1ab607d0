"""The hard negatives one by one: how many incidents each raises, which should be none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from anomalies.detectors import (
    ConnectorFacts,
    ConnectorState,
    SessionSummary,
    StationState,
    TagState,
    TagUse,
    Waiting,
    connector_step,
    overdue,
    site_storm,
    station_step,
    tag_step,
)
from anomalies.detectors.station import StateReported
from anomalies.types import Finding
from bench.anomalies.play import play
from bench.anomaly_traces.frames import EPOCH
from bench.anomaly_traces.negatives import NEGATIVES


@dataclass
class Silence:
    """One hard negative: how often it was played, how often it raised something, and what."""

    name: str
    played: int = 0
    loud: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, kinds: Sequence[str]) -> None:
        self.played += 1
        self.loud += bool(kinds)
        self.kinds.update(kinds)


def run_negatives(seed: int, interval_s: int, times: int) -> list[Silence]:
    """Those that show in the frames of one session."""
    silences = []
    for negative in NEGATIVES:
        rng = Random(f"{seed}:{interval_s}:{negative.name}")
        silence = Silence(negative.name)
        for _ in range(times):
            outcome = play(negative.make(rng, interval_s))
            silence.add(sorted({one.finding.kind for one in outcome.alarms} - negative.true))
        silences.append(silence)
    return silences


def run_long_negatives(seed: int, times: int) -> list[Silence]:
    """Those that show over sessions, stations and sites."""
    silences = []
    for name, make in _LONG.items():
        rng = Random(f"{seed}:{name}")
        silence = Silence(name)
        for _ in range(times):
            silence.add([one.kind for one in make(rng)])
        silences.append(silence)
    return silences


def _rest_after_stop(rng: Random) -> list[Finding]:
    """4 Wh run after the stop (Wallbox): the next begin is above the stop before."""
    state, register, said = ConnectorState(), rng.randint(0, 10**6), list[Finding]()
    for number in range(25):
        start = EPOCH + timedelta(hours=3 * number)
        wh = rng.randint(2_000, 40_000)
        summary = SessionSummary(
            "", f"t{number}", start, start + timedelta(hours=1), wh, register, register + wh
        )
        state, findings = connector_step(state, summary)
        said += findings
        register += wh + rng.randint(0, 4)
    return said


def _family(rng: Random) -> list[Finding]:
    state, said = TagState(), list[Finding]()
    for day in range(20):
        for north in (59_300_000, 59_600_000):
            at = EPOCH + timedelta(days=day, minutes=rng.randint(0, 300))
            state, findings = tag_step(
                state, TagUse(at, None, north, 18_000_000, 9_000, is_shared=True)
            )
            said += findings
    return said


def _maintenance(rng: Random) -> list[Finding]:
    fault = StateReported(EPOCH, 1, False, False, "GroundFailure", is_muted=True)
    said = list(station_step(StationState(), fault)[1])
    waiting = ConnectorFacts(Waiting.FINISHING, EPOCH, is_muted=True)
    said += overdue(waiting, EPOCH + timedelta(hours=rng.randint(1, 48)))
    state = ConnectorState()
    for minute in range(9):
        began = EPOCH + timedelta(minutes=2 * minute)
        state, findings = connector_step(
            state, SessionSummary("", f"t{minute}", began, began, 0, is_maintenance=True)
        )
        said += findings
    return said


def _power_cut(rng: Random) -> list[Finding]:
    """A site goes dark: one incident for all its stations. What is said beyond that one."""
    lost = [EPOCH + timedelta(seconds=rng.uniform(0, 60)) for _ in range(rng.randint(4, 20))]
    storm = site_storm(lost, EPOCH + timedelta(minutes=3))
    if storm is None or len(storm.members) != len(lost):
        return [one for at in lost for one in ([] if storm is None else [storm.finding]) if at]
    return []


def _one_station_of_many(rng: Random) -> list[Finding]:
    storm = site_storm([EPOCH, *[None] * rng.randint(4, 12)], EPOCH + timedelta(minutes=3))
    return [] if storm is None else [storm.finding]


_LONG: dict[str, Callable[[Random], list[Finding]]] = {
    "4 Wh after the stop": _rest_after_stop,
    "a family shares its token": _family,
    "a connector in maintenance": _maintenance,
    "power cut of a site: one incident": _power_cut,
    "one station of a site is off": _one_station_of_many,
}
