"""Timers and the talk of stations: silence, clocks, connections, tokens, transactions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from random import Random

from anomalies.detectors import (
    ConnectorFacts,
    SessionFacts,
    StationEvent,
    StationFacts,
    StationState,
    Waiting,
    overdue,
    station_step,
)
from anomalies.detectors.station import (
    Answered,
    Connected,
    Rejected,
    RemoteStarted,
    Spoke,
    StateReported,
    TransactionNamed,
)
from bench.anomalies.probe import Findings
from bench.anomaly_traces.frames import EPOCH
from bench.anomaly_traces.histories import HOUR_S


def _asked_every(
    facts: SessionFacts | ConnectorFacts | StationFacts, until_s: float, every_s: float = 15.0
) -> list[Findings]:
    count = int(until_s / every_s)
    return [overdue(facts, EPOCH + timedelta(seconds=every_s * (n + 1))) for n in range(count)]


def stop_sampling(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    interval = rng.choice([15, 30, 60])
    facts = SessionFacts(
        started_at=EPOCH, last_sample_at=EPOCH, interval_s=interval, is_charging=True
    )
    return _asked_every(facts, rng.uniform(1, 4.5) * interval if size is None else size), 0


def go_offline(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    heartbeat = rng.choice([60, 300, 900])
    facts = StationFacts(last_frame_at=EPOCH, heartbeat_s=heartbeat)
    return _asked_every(facts, heartbeat * (1.9 * rng.random() if size is None else size)), 0


def never_stop(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    if size is None:
        facts = SessionFacts(EPOCH, last_sample_at=EPOCH)
        return _asked_every(facts, rng.uniform(60, 5 * HOUR_S), 600), 0
    facts = SessionFacts(EPOCH, EPOCH, free_since=EPOCH, has_successor=size == 2)
    if size == 3:
        facts = SessionFacts(EPOCH, EPOCH)
    return _asked_every(facts, 7 * HOUR_S, 60), 0


def overstay(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    if size is None:
        return _asked_every(SessionFacts(EPOCH, EPOCH), rng.uniform(1, 5.5) * HOUR_S, 900), 0
    full = EPOCH + timedelta(hours=1) if size == 1 else None
    facts = SessionFacts(EPOCH, EPOCH + timedelta(hours=24), full_since=full)
    return _asked_every(facts, 26 * HOUR_S, 900), 0


def get_stuck(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    waiting = [Waiting.PREPARING, Waiting.FINISHING, Waiting.UNAVAILABLE][rng.randrange(3)]
    if size is None:
        lasts = {Waiting.PREPARING: 590.0, Waiting.FINISHING: 1_790.0}.get(waiting, 280.0)
        facts = ConnectorFacts(waiting, EPOCH)
        return _asked_every(facts, rng.random() * lasts), 0
    return _asked_every(ConnectorFacts(waiting, EPOCH), 2_000 * size), 0


def _talk(events: Iterable[StationEvent]) -> list[Findings]:
    state, steps = StationState(), []
    for event in events:
        state, findings = station_step(state, event)
        steps.append(findings)
    return steps


def shift_clock(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    offset = rng.uniform(-20, 20) if size is None else size
    events: list[StationEvent] = []
    for number in range(20):
        at = EPOCH + timedelta(seconds=60 * number)
        is_replayed = rng.random() < 0.15
        late = rng.uniform(600, 9_000) if is_replayed else rng.uniform(0, 3)
        shift = timedelta(seconds=offset - late)
        events.append(Spoke(at, at + shift, is_replayed))
    return _talk(events), 0


def flap(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    apart = rng.uniform(1_000, 9_000) if size is None else size
    times = [EPOCH + timedelta(seconds=apart * n * rng.uniform(0.9, 1.1)) for n in range(12)]
    return _talk(Connected(at) for at in sorted(times)), 0


def refuse_tokens(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    apart = rng.uniform(200, 900) if size is None else 40.0
    tokens = 1 if size == 1 else 4
    return _talk(
        Rejected(EPOCH + timedelta(seconds=apart * n), 1, f"t{n % tokens}") for n in range(6)
    ), 0


def break_transactions(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    events: list[StationEvent] = []
    for number in range(6):
        at = EPOCH + timedelta(seconds=200 * number)
        if size == 1:
            events.append(TransactionNamed(at, 1, rng.choice(["0", "-1", "77"]), is_known=False))
        elif size == 2:
            events.append(StateReported(at, 1, is_charging=True, has_transaction=False))
        elif size == 3:
            events.append(TransactionNamed(at, 1, "", True, is_start=True, was_booted=False))
        else:
            events.append(TransactionNamed(at, 1, "5", True, is_start=number == 0))
            events.append(StateReported(at, 1, is_charging=True, has_transaction=True))
    return _talk(events), 0


_ERRORS = (
    "GroundFailure",
    "PowerMeterFailure",
    "PowerSwitchFailure",
    "HighTemperature",
    "ConnectorLockFailure",
    "OverCurrentFailure",
    "ReaderFailure",
    "InternalError",
)


def report_errors(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    error = "NoError" if size is None else _ERRORS[int(size)]
    error = rng.choice(["NoError", "EVCommunicationError", "WeakSignal"]) if size is None else error
    return _talk([StateReported(EPOCH, 1, False, False, error)]), 0


def doubt_tokens(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    events: list[StationEvent] = []
    for number in range(12):
        apart = 20 if size == 1 else rng.uniform(400, 3_000)
        kind = "MacAddress" if size == 2 else "ISO14443"
        at = EPOCH + timedelta(seconds=apart * number)
        events.append(Answered(at, 1, f"t{number}", kind))
        if size == 3:
            events.append(RemoteStarted(at, 1, "x", is_known_party=False))
    return _talk(events), 0
