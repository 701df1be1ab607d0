"""The scan: one sample after another through all detectors, and the look back at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime
from functools import lru_cache
from typing import Any

from anomalies.detectors.base import Ending, View
from anomalies.detectors.catalogue import CATALOGUE
from anomalies.detectors.facts import Facts
from anomalies.detectors.register import read_register, register_limits
from anomalies.detectors.state import STATE_VERSION, State, decode, encode
from anomalies.detectors.thresholds import Thresholds
from anomalies.types import Finding
from sessions_app.registers import RegisterTrack, epoch_ms
from sessions_app.types import Sample, SampleContext, SampleFlag, sample_order

_DEFAULTS = Thresholds()
_STEPPING = [(detector, detector.step) for detector in CATALOGUE if detector.step is not None]
_BEGIN = SampleContext.BEGIN
Step = Callable[[Any, View, Any], tuple[Any, Finding | None]]


def step(
    state: State, sample: Sample, facts: Facts, thresholds: Thresholds = _DEFAULTS
) -> tuple[State, tuple[Finding, ...]]:
    """The next sample of a session through every detector.

    Time order is the caller's duty (`sample_order`): a sample that comes late or twice is passed
    over, since judging it would make a step back of a delay. Begin values sent again in later
    frames and samples of a clock that is years ahead are passed over too. A fault is reported
    once, and again only after it was gone.
    """
    return scan(state, (sample,), facts, thresholds)


def scan(
    state: State, samples: Iterable[Sample], facts: Facts, thresholds: Thresholds = _DEFAULTS
) -> tuple[State, tuple[Finding, ...]]:
    """Several samples in turn, as `step` for each; the state given stays as it was."""
    copied = {kind: copy(memory) for kind, memory in state.memories.items()}
    return scan_on(
        State(state.last_at_ms, state.last_order, state.register, copied),
        samples,
        facts,
        thresholds,
    )


def scan_on(
    state: State, samples: Iterable[Sample], facts: Facts, thresholds: Thresholds = _DEFAULTS
) -> tuple[State, tuple[Finding, ...]]:
    """As `scan`, for a state that nobody needs afterwards: its memories are used up."""
    findings: list[Finding] = []
    memories = _fill(state.memories)
    rules = _rules(thresholds)
    last_at_ms, last_order, track = state.last_at_ms, state.last_order, state.register
    for sample in samples:
        at_ms, order = epoch_ms(sample.at), sample_order(sample)[1]
        if _is_passed_over(last_at_ms, last_order, sample, at_ms, order):
            continue
        track, judged = read_register(track, sample, at_ms, facts, thresholds)
        gap_ms = None if last_at_ms is None else at_ms - last_at_ms
        view = View(sample, at_ms, gap_ms, facts, judged, track.resolution_wh)
        for kind, rule, chosen in rules:
            memories[kind], finding = rule(memories[kind], view, chosen)
            if finding is not None:
                findings.append(finding)
        last_at_ms, last_order = at_ms, order
    if (last_at_ms, last_order) == (state.last_at_ms, state.last_order):
        return state, ()
    return State(last_at_ms, last_order, track, memories), tuple(findings)


def finish(
    state: State,
    *,
    meter_start_wh: int | None,
    meter_stop_wh: int | None,
    started_at: datetime,
    ended_at: datetime,
    facts: Facts,
    energy_wh: int | None = None,
    recorded_s: int | None = None,
    thresholds: Thresholds = _DEFAULTS,
) -> tuple[tuple[Finding, ...], frozenset[str]]:
    """The checks of a finished session, after its last `step`; at most one finding per kind.

    Start and end are in the time of the samples. `energy_wh` is what would be billed (what the
    samples show if not given), `recorded_s` the seconds from start to end on record (those
    between the two if not given). With the findings come the kinds that are excused: what `step`
    said of them has turned out to be no fault.
    """
    ending = Ending(
        meter_start_wh,
        meter_stop_wh,
        started_at,
        ended_at,
        state.register,
        register_limits(facts, thresholds),
        facts,
        state.register.gain_wh if energy_wh is None else energy_wh,
        int((ended_at - started_at).total_seconds()) if recorded_s is None else recorded_s,
    )
    found, excused = [], set()
    for detector in CATALOGUE:
        memory = state.memories.get(detector.kind) or detector.memory()
        chosen = thresholds.of(detector.thresholds)
        if detector.finish is not None:
            found.append(detector.finish(memory, ending, chosen))
        if detector.excuse is not None and detector.excuse(memory, ending, chosen):
            excused.add(detector.kind)
    return tuple(finding for finding in found if finding is not None), frozenset(excused)


def to_json(state: State) -> dict[str, Any]:
    """The state as JSON values, about 1 kB; times are ms since 1970."""
    memories = {kind: encode(memory) for kind, memory in sorted(state.memories.items())}
    return {
        "version": STATE_VERSION,
        "last_at_ms": state.last_at_ms,
        "last_order": state.last_order,
        "register": encode(state.register),
        "memories": {kind: memory for kind, memory in memories.items() if memory},
    }


def from_json(data: object) -> State:
    """The state that `to_json` wrote; a fresh one for another version or anything else."""
    if not isinstance(data, dict) or data.get("version") != STATE_VERSION:
        return State()
    last_at_ms, last_order = data.get("last_at_ms"), data.get("last_order")
    memories = data.get("memories")
    if type(last_at_ms) is not int or type(last_order) is not int or not isinstance(memories, dict):
        return State()
    return State(
        last_at_ms,
        last_order,
        decode(RegisterTrack, data.get("register")),
        {
            detector.kind: decode(detector.memory, memories.get(detector.kind))
            for detector in CATALOGUE
            if detector.step is not None
        },
    )


def _is_passed_over(
    last_at_ms: int | None, last_order: int, sample: Sample, at_ms: int, order: int
) -> bool:
    if sample.context is _BEGIN or (sample.flags and SampleFlag.CLOCK_AHEAD in sample.flags):
        return True
    if last_at_ms is None or at_ms > last_at_ms:
        return False
    return (at_ms, order) <= (last_at_ms, last_order)


@lru_cache(maxsize=512)
def _rules(thresholds: Thresholds) -> list[tuple[str, Step, Any]]:
    """Kind, rule and thresholds of every detector that looks at samples."""
    return [(one.kind, rule, thresholds.of(one.thresholds)) for one, rule in _STEPPING]


def _fill(memories: Mapping[str, object]) -> dict[str, Any]:
    """The memories with fresh ones for detectors that have none."""
    if len(memories) == len(_STEPPING):
        return dict(memories)
    return {one.kind: memories.get(one.kind) or one.memory() for one, _rule in _STEPPING}
