"""The kinds that no single sample shows: connectors, stations, sites, fleets, tokens and bills."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from anomalies.detectors import (
    Bill,
    CohortState,
    ConnectorFacts,
    ConnectorState,
    CurvePoint,
    Profile,
    SessionFacts,
    SessionSummary,
    StationEvent,
    StationFacts,
    StationState,
    TagState,
    TagUse,
    Waiting,
    cohort_step,
    connector_step,
    idle_register,
    learn_curve,
    overdue,
    price_mismatch,
    silent_after_s,
    site_balance,
    site_storm,
    start_cohort,
    station_step,
    tag_step,
    unbilled,
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
from anomalies.types import Finding
from bench.anomaly_traces import histories
from bench.anomaly_traces.frames import EPOCH
from bench.anomaly_traces.histories import DAY_S, HOUR_S, Visit


@dataclass
class Trial:
    """What became of one history: found as its kind, after how many steps, and the rest said."""

    hit: bool
    steps: int = 0
    other: int = 0


@dataclass
class Tally:
    """One kind: broken and healthy histories, and what was said of each."""

    kind: str
    name: str
    unit: str
    events: int = 0
    hits: int = 0
    steps: list[int] = field(default_factory=list)
    clean: int = 0
    false: int = 0


Findings = Iterable[Finding]
Make = Callable[[Random, float | None], tuple[list[Findings], int]]


@dataclass(frozen=True)
class Probe:
    """`make(rng, size)` gives the findings step by step and the step of the onset; size None is a
    healthy history."""

    kind: str
    name: str
    unit: str
    sizes: Sequence[float]
    make: Make
    clean: int = 1


def run_probes(
    seed: int, events: int, kinds: Sequence[str], progress: Callable[[str], None]
) -> list[Tally]:
    """Every probe: `events` broken histories on its ladder, and as many healthy ones."""
    tallies = []
    for probe in PROBES:
        if kinds and probe.kind not in kinds:
            continue
        rng = Random(f"{seed}:{probe.name}")
        tally = Tally(probe.kind, probe.name, probe.unit)
        for number in range(events):
            _run_broken(tally, probe, rng, probe.sizes[number % len(probe.sizes)])
        for _ in range(events * probe.clean):
            steps, _onset = probe.make(rng, None)
            said = [one for findings in steps for one in findings if not one.is_evidence]
            tally.clean += len(steps)
            tally.false += len(said)
        tallies.append(tally)
        progress(f"{probe.kind} {probe.name}")
    return tallies


def _run_broken(tally: Tally, probe: Probe, rng: Random, size: float) -> None:
    steps, onset = probe.make(rng, size)
    tally.events += 1
    for number, findings in enumerate(steps):
        if number >= onset and any(one.kind == probe.kind for one in findings):
            tally.hits += 1
            tally.steps.append(number - onset + 1)
            return


# --- connectors ---------------------------------------------------------------------------------


def _summary(visit: Visit) -> SessionSummary:
    return SessionSummary(
        ref="",
        token=visit.token,
        started_at=EPOCH + timedelta(seconds=visit.start_s),
        ended_at=EPOCH + timedelta(seconds=visit.end_s),
        energy_wh=int(visit.wh),
        meter_start_wh=None if visit.begin_wh is None else int(visit.begin_wh),
        meter_stop_wh=None if visit.stop_wh is None else int(visit.stop_wh),
        integral_wh=None if visit.integral_wh is None else int(visit.integral_wh),
        covered_permille=990,
        interval_s=60,
        vehicle=visit.group,
        curve=tuple(
            CurvePoint(place, round(amps * 1_000), round(cap * 1_000))
            for place, amps, cap in visit.curve
        ),
    )


def _through(visits: Sequence[Visit], profiles: dict[str, Profile] | None = None) -> list[Findings]:
    state, steps = ConnectorState(), []
    for visit in visits:
        chain = () if profiles is None else (profiles[visit.group],)
        state, findings = connector_step(state, _summary(visit), chain)
        steps.append(findings)
    return steps


class _Fleet:
    """Cars and what was learnt of them on other connectors."""

    def __init__(self) -> None:
        rng = Random("fleet")
        self.cars = histories.draw_cars(rng)
        self.profiles = {car.name: Profile() for car in self.cars}
        for _ in range(900):
            visit = histories.draw_visit(rng, self.cars, 500.0, 0.0)
            known = self.profiles[visit.group]
            self.profiles[visit.group] = learn_curve(known, _summary(visit).curve)


_FLEET: list[_Fleet] = []


def _derated(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    if not _FLEET:
        _FLEET.append(_Fleet())
    fleet = _FLEET[0]
    onset = None if size is None else rng.randint(20, 40)
    visits = histories.draw_connector(rng, fleet.cars, 80, onset, size or 1.0)
    return _through(visits, fleet.profiles), onset or 0


def _drifting(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    onset = None if size is None else 30
    return _through(histories.draw_metered(rng, 90, onset, size or 0.0, 0.0064)), onset or 0


def _missing(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    onset = None if size is None else rng.randint(5, 25)
    return _through(histories.draw_registers(rng, 30, onset, size or 0.0)), onset or 0


def _failing(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    onset = None if size is None else rng.randint(30, 60)
    return _through(histories.draw_failures(rng, 80, onset, size or 0.07)), onset or 0


def _idle(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    state = ConnectorState(stop_wh=5_000, stop_ms=1)
    steps: list[Findings] = []
    for number in range(10):
        register = 5_000 + (rng.randint(0, 42) if size is None else round(size * number / 9))
        state, found = idle_register(state, EPOCH + timedelta(minutes=15 * number), register)
        steps.append(() if found is None else (found,))
    return steps, 0


def _silent(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    mean_s = rng.uniform(6, 30) * HOUR_S
    state, at = ConnectorState(), 0.0
    for gap in histories.gaps_of(rng, 60, mean_s):
        at += gap
        visit = Visit(at, at + 1_800, "t", 9_000)
        state, _ = connector_step(state, _summary(visit))
        at += 1_800
    facts = ConnectorFacts(
        last_good_at=EPOCH + timedelta(seconds=at),
        silent_after_s=silent_after_s(state),
        neighbours_good=5,
    )
    gap = next(histories.gaps_of(rng, 1, mean_s))
    lasts = gap if size is None else size * mean_s
    return [overdue(facts, EPOCH + timedelta(seconds=at + lasts))], 0


# --- deadlines ----------------------------------------------------------------------------------


def _asked_every(
    facts: SessionFacts | ConnectorFacts | StationFacts, until_s: float, every_s: float = 15.0
) -> list[Findings]:
    count = int(until_s / every_s)
    return [overdue(facts, EPOCH + timedelta(seconds=every_s * (n + 1))) for n in range(count)]


def _late_sample(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    interval = rng.choice([15, 30, 60])
    facts = SessionFacts(
        started_at=EPOCH, last_sample_at=EPOCH, interval_s=interval, is_charging=True
    )
    return _asked_every(facts, rng.uniform(1, 4.5) * interval if size is None else size), 0


def _offline(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    heartbeat = rng.choice([60, 300, 900])
    facts = StationFacts(last_frame_at=EPOCH, heartbeat_s=heartbeat)
    return _asked_every(facts, heartbeat * (1.9 * rng.random() if size is None else size)), 0


def _never_stops(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    if size is None:
        facts = SessionFacts(EPOCH, last_sample_at=EPOCH)
        return _asked_every(facts, rng.uniform(60, 5 * HOUR_S), 600), 0
    facts = SessionFacts(EPOCH, EPOCH, free_since=EPOCH, has_successor=size == 2)
    if size == 3:
        facts = SessionFacts(EPOCH, EPOCH)
    return _asked_every(facts, 7 * HOUR_S, 60), 0


def _stays(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    if size is None:
        return _asked_every(SessionFacts(EPOCH, EPOCH), rng.uniform(1, 5.5) * HOUR_S, 900), 0
    full = EPOCH + timedelta(hours=1) if size == 1 else None
    facts = SessionFacts(EPOCH, EPOCH + timedelta(hours=24), full_since=full)
    return _asked_every(facts, 26 * HOUR_S, 900), 0


def _stuck(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    waiting = [Waiting.PREPARING, Waiting.FINISHING, Waiting.UNAVAILABLE][rng.randrange(3)]
    if size is None:
        lasts = {Waiting.PREPARING: 590.0, Waiting.FINISHING: 1_790.0}.get(waiting, 280.0)
        facts = ConnectorFacts(waiting, EPOCH)
        return _asked_every(facts, rng.random() * lasts), 0
    return _asked_every(ConnectorFacts(waiting, EPOCH), 2_000 * size), 0


# --- stations -----------------------------------------------------------------------------------


def _talk(events: Iterable[StationEvent]) -> list[Findings]:
    state, steps = StationState(), []
    for event in events:
        state, findings = station_step(state, event)
        steps.append(findings)
    return steps


def _clock(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    offset = rng.uniform(-20, 20) if size is None else size
    events: list[StationEvent] = []
    for number in range(20):
        at = EPOCH + timedelta(seconds=60 * number)
        is_replayed = rng.random() < 0.15
        late = rng.uniform(600, 9_000) if is_replayed else rng.uniform(0, 3)
        shift = timedelta(seconds=offset - late)
        events.append(Spoke(at, at + shift, is_replayed))
    return _talk(events), 0


def _flapping(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    apart = rng.uniform(1_000, 9_000) if size is None else size
    times = [EPOCH + timedelta(seconds=apart * n * rng.uniform(0.9, 1.1)) for n in range(12)]
    return _talk(Connected(at) for at in sorted(times)), 0


def _refused(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    apart = rng.uniform(200, 900) if size is None else 40.0
    tokens = 1 if size == 1 else 4
    return _talk(
        Rejected(EPOCH + timedelta(seconds=apart * n), 1, f"t{n % tokens}") for n in range(6)
    ), 0


def _illegal(rng: Random, size: float | None) -> tuple[list[Findings], int]:
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


def _broken(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    error = "NoError" if size is None else _ERRORS[int(size)]
    error = rng.choice(["NoError", "EVCommunicationError", "WeakSignal"]) if size is None else error
    return _talk([StateReported(EPOCH, 1, False, False, error)]), 0


def _tokens(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    events: list[StationEvent] = []
    for number in range(12):
        apart = 20 if size == 1 else rng.uniform(400, 3_000)
        kind = "MacAddress" if size == 2 else "ISO14443"
        at = EPOCH + timedelta(seconds=apart * number)
        events.append(Answered(at, 1, f"t{number}", kind))
        if size == 3:
            events.append(RemoteStarted(at, 1, "x", is_known_party=False))
    return _talk(events), 0


# --- sites, fleets, tokens, bills ---------------------------------------------------------------


def _storm(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    stations = rng.randint(4, 20)
    share = 0.0 if size is None else size
    lost = [
        EPOCH + timedelta(seconds=rng.uniform(0, 60)) if number < share * stations else None
        for number in range(stations)
    ]
    if size is None:
        lost[0] = EPOCH
    storm = site_storm(lost, EPOCH + timedelta(minutes=5))
    return [() if storm is None else (storm.finding,)], 0


def _balance(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    connectors = [rng.randint(500, 6_000) for _ in range(8)]
    share = rng.gauss(1.01, 0.006) if size is None else 1 + size
    end = EPOCH + timedelta(minutes=15)
    found = site_balance(round(sum(connectors) * share), connectors, EPOCH, end)
    return [() if found is None else (found,)], 0


def _firmware(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    before = rng.uniform(0.05, 0.2)
    rate = before * (1.0 if size is None else size)
    state: CohortState = start_cohort(round(500 * (1 - before)), round(500 * before))
    steps: list[Findings] = []
    for number in range(150):
        at = EPOCH + timedelta(hours=number)
        state, found = cohort_step(
            state, station=rng.randrange(12), is_good=rng.random() >= rate, at=at
        )
        steps.append(() if found is None else (found,))
    return steps, 0


def _tag(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    state, steps, at, last = TagState(), [], 0.0, 0.0
    onset = 25
    for number in range(30):
        north = 59_300_000 + rng.randint(-20_000, 20_000)
        start = EPOCH + timedelta(seconds=at)
        stop = start + timedelta(hours=2)
        use = TagUse(start, stop, north, 18_000_000, rng.randint(5_000, 40_000))
        if size is not None and number == onset:
            away = 59_300_000 + round(size * 9_000)
            soon = EPOCH + timedelta(seconds=last + 3_600)
            use = TagUse(soon, None, away, 18_000_000, 20_000)
        state, findings = tag_step(state, use)
        steps.append(findings)
        last = at
        at += rng.uniform(0.5, 2.0) * DAY_S
    return steps, onset if size is not None else 0


def _greedy(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    state, steps = TagState(), []
    onset = 0 if size is None else 30
    for number in range(36):
        wh = rng.randint(5_000, 60_000)
        times = 6 if size is not None and number >= onset else 1
        for part in range(times):
            start = EPOCH + timedelta(days=number, hours=2 * part)
            much = wh if times == 1 else round(size or 0)
            use = TagUse(start, start + timedelta(hours=1), 59_300_000, 18_000_000, much)
            state, findings = tag_step(state, use)
            steps.append(findings)
    return steps, onset


def _bills(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    wh = rng.randint(600, 60_000)
    now = EPOCH + timedelta(hours=30)
    bill = Bill(EPOCH, wh, billed_minor=wh // 3, replayed_minor=wh // 3, paid_minor=wh // 3)
    if size == 1:
        bill = Bill(EPOCH, wh, is_prepaid=rng.random() < 0.5)
    elif size == 2:
        bill = Bill(EPOCH, 0, paid_minor=5_000)
    found = unbilled(bill, now)
    return [() if found is None else (found,)], 0


def _prices(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    wh = rng.randint(600, 60_000)
    minor = wh // 3
    off = 0 if size is None else round(size)
    bill = Bill(EPOCH, wh, billed_minor=minor + off, replayed_minor=minor)
    found = price_mismatch(bill, EPOCH)
    return [() if found is None else (found,)], 0


PROBES: tuple[Probe, ...] = (
    Probe("E10", "derated to 50 %", "sessions", (0.5,), _derated, clean=2),
    Probe("E10", "derated to 70 %", "sessions", (0.7,), _derated),
    Probe("E10", "derated to 85 %", "sessions", (0.85,), _derated),
    Probe("E15", "failure reported", "messages", tuple(range(8)), _broken),
    Probe("M5", "meter drifts", "sessions", (0.02, -0.02, 0.03, -0.05), _drifting),
    Probe("M6", "energy between sessions", "sessions", (80, 200, 1_000, 20_000), _missing),
    Probe("M7", "site meter disagrees", "quarters", (0.08, -0.08, 0.15, -0.3), _balance),
    Probe("S1", "samples stop", "sweeps", (400, 900, 3_600), _late_sample),
    Probe("S2", "clock is off", "messages", (90, -90, 3_600, -8.2e8), _clock),
    Probe("S3", "station offline", "sweeps", (3, 5, 20), _offline),
    Probe("S3", "station flaps", "connections", (30, 120, 600), _flapping),
    Probe("S3", "site offline", "sites", (0.4, 0.7, 1.0), _storm),
    Probe("S4", "never stops", "sweeps", (1, 2, 3), _never_stops),
    Probe("S5", "too long, overstay", "sweeps", (1, 2), _stays),
    Probe("S6", "connector stuck", "sweeps", (1, 3), _stuck),
    Probe("S7", "tokens refused", "refusals", (1, 2), _refused),
    Probe("S8", "failures in a row", "sessions", (0.05, 0.1, 0.3), _failing, clean=3),
    Probe("S9", "connector silent", "questions", (30, 60, 100), _silent, clean=10),
    Probe("S10", "illegal transaction", "messages", (1, 2, 3), _illegal),
    Probe("S12", "worse after an update", "sessions", (2.5, 3.0, 4.0), _firmware),
    Probe("F1", "token in two places", "sessions", (60, 200, 500), _tag),
    Probe("F2", "token charges too much", "sessions", (60_000, 90_000), _greedy),
    Probe("F3", "no bill, no energy", "bills", (1, 2), _bills),
    Probe("F4", "amount differs", "bills", (1, -1, 500), _prices),
    Probe("F5", "energy without a session", "readings", (80, 500, 20_000), _idle),
    Probe("F6", "doubtful tokens", "tokens", (1, 2, 3), _tokens),
)
