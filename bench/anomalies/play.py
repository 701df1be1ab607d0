"""One session's frames through message reading, normaliser, detectors and timers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import process_time

from anomalies.detectors import (
    Activity,
    CurrentType,
    Facts,
    LimitChange,
    SessionFacts,
    State,
    StatusChange,
    finish,
    next_deadline,
    overdue,
    scan_on,
    step,
    to_json,
)
from anomalies.types import Finding
from bench.anomaly_traces.frames import EPOCH, Script
from sessions_app.messages import read_event, read_readings
from sessions_app.normalise import merge, normalise
from sessions_app.types import Sample, SampleContext, sample_order

_ACTIVITIES = {
    "Charging": Activity.CHARGING,
    "SuspendedEV": Activity.SUSPENDED_EV,
    "SuspendedEVSE": Activity.SUSPENDED_EVSE,
}


@dataclass
class Said:
    """A finding, with when (s since the session's start) and at which sample it was made."""

    at_s: float
    sample: int
    finding: Finding
    at_end: bool = False


@dataclass
class Outcome:
    """All that was said of a session, the times of its samples, and what it cost."""

    said: list[Said] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    reading_seconds: float = 0.0
    state_bytes: int = 0

    @property
    def alarms(self) -> list[Said]:
        return [one for one in self.said if not one.finding.is_evidence]

    @property
    def is_held(self) -> bool:
        """As the product decides: by the verdict on the complete session."""
        return any(one.finding.holds_billing for one in self.said)


def facts_of(script: Script) -> Facts:
    """What the product would know of connector and session."""
    flow, start = script.flow, EPOCH + timedelta(seconds=script.first_s)
    return Facts(
        current_type=CurrentType.DC if flow.is_dc else CurrentType.AC,
        phases=None if flow.is_dc else flow.lines,
        nominal_voltage_mv=round(flow.nominal_v * 1_000),
        max_current_ma=round(flow.rated_a * 1_000),
        max_power_w=round(flow.rated_w),
        started_at=start,
        meter_start_wh=None if script.begin_wh is None else int(script.begin_wh),
        statuses=tuple(
            StatusChange(start + timedelta(seconds=at), _ACTIVITIES[name])
            for at, name in flow.states
        ),
        limits=tuple(
            LimitChange(
                start + timedelta(seconds=at), None if amps is None else round(amps * 1_000)
            )
            for at, amps in flow.limits
        ),
        asked=frozenset(script.asked),
        expected={place: round(amps * 1_000) for place, amps in flow.usual.items()},
    )


def play(script: Script) -> Outcome:
    """The live scan frame by frame with its timers, then the verdict on the complete session.

    Live findings stand unless the verdict takes them back; what only the verdict shows is dated
    at the session's end.
    """
    facts, outcome, state = facts_of(script), Outcome(), State()
    everything: dict[tuple[datetime, SampleContext], Sample] = {}
    is_late = False
    heard_at: datetime | None = None
    for arrives_s, text in script.frames:
        received_at = EPOCH + timedelta(seconds=arrives_s)
        outcome.said += _timers(script, facts, heard_at, received_at, len(outcome.times))
        began = process_time()
        samples = _read(text, received_at)
        outcome.reading_seconds += process_time() - began
        heard_at = received_at
        for sample in samples:
            key = (sample.at, sample.context)
            known = everything.get(key)
            everything[key] = sample if known is None else merge(known, sample)
            is_late = is_late or (
                state.last_at_ms is not None and sample.at.timestamp() * 1_000 < state.last_at_ms
            )
            began = process_time()
            state, found = scan_on(state, (sample,), facts)
            outcome.seconds += process_time() - began
            index = len(outcome.times)
            outcome.times.append((sample.at - EPOCH).total_seconds() - script.first_s)
            at_s = arrives_s - script.first_s
            outcome.said += [Said(at_s, index, finding) for finding in found]
    outcome.samples = sorted(everything.values(), key=sample_order)
    outcome.state_bytes = len(json.dumps(to_json(state), separators=(",", ":")))
    _judge(script, facts, outcome, state, is_late)
    return outcome


def _read(text: str, received_at: datetime) -> list[Sample]:
    _, _, action, payload = json.loads(text)
    message = read_readings(payload) if action == "MeterValues" else read_event(payload)
    if not message.transaction_ref:
        return []  # the station's own meter, of no session
    values = message.meter_values
    return sorted(normalise(values, received_at=received_at).samples, key=sample_order)


def _judge(script: Script, facts: Facts, outcome: Outcome, state: State, is_late: bool) -> None:
    started_at = EPOCH + timedelta(seconds=script.first_s)
    ended_at = started_at + timedelta(seconds=script.ends_s)
    again: list[Finding] = []
    if is_late:
        state = State()
        for sample in outcome.samples:
            state, found = step(state, sample, replace(facts, started_at=started_at))
            again += found
    final, excused = finish(
        state,
        meter_start_wh=None if script.begin_wh is None else int(script.begin_wh),
        meter_stop_wh=None if script.stop_wh is None else int(script.stop_wh),
        started_at=started_at,
        ended_at=ended_at,
        facts=facts,
    )
    outcome.said = [one for one in outcome.said if one.at_end or one.finding.kind not in excused]
    last = len(outcome.times) - 1
    end_s = max(script.ends_s, outcome.times[-1] if outcome.times else 0.0)
    kinds = {one.finding.kind for one in outcome.said}
    for finding in (*again, *final):
        is_new = finding.kind not in kinds or finding.holds_billing
        if finding.kind not in excused and is_new:
            outcome.said.append(Said(end_s, last, finding, at_end=True))


def _timers(
    script: Script, facts: Facts, heard_at: datetime | None, now: datetime, index: int
) -> list[Said]:
    """What the timers would have said between two frames."""
    if heard_at is None:
        return []
    status = facts.activity_at(now)
    watched = SessionFacts(
        started_at=facts.started_at or heard_at,
        last_sample_at=heard_at,
        interval_s=round(script.interval_s),
        is_charging=status is not None and status.activity is Activity.CHARGING,
        charging_since=None if status is None else status.at,
    )
    said, at = [], heard_at
    while (due := next_deadline(watched, at)) is not None and due < now:
        at_s = (due - EPOCH).total_seconds() - script.first_s
        said += [Said(at_s, index, finding) for finding in overdue(watched, due)]
        at = due
    kinds: dict[str, Said] = {}
    for one in said:
        kinds.setdefault(one.finding.kind, one)
    return list(kinds.values())
