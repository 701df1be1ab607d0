"""Connectors over many sessions: derating, drift, lost energy, failures, silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from anomalies.detectors import (
    ConnectorFacts,
    ConnectorState,
    CurvePoint,
    Profile,
    SessionSummary,
    connector_step,
    idle_register,
    learn_curve,
    overdue,
    silent_after_s,
)
from anomalies.types import Finding
from bench.anomalies.probe import Findings
from bench.anomaly_traces import histories
from bench.anomaly_traces.frames import EPOCH
from bench.anomaly_traces.histories import HOUR_S, Visit


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


def derate(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    if not _FLEET:
        _FLEET.append(_Fleet())
    fleet = _FLEET[0]
    onset = None if size is None else rng.randint(20, 40)
    visits = histories.draw_connector(rng, fleet.cars, 80, onset, size or 1.0)
    return _through(visits, fleet.profiles), onset or 0


def drift(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    onset = None if size is None else 30
    return _through(histories.draw_metered(rng, 90, onset, size or 0.0, 0.0064)), onset or 0


def lose_energy(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    onset = None if size is None else rng.randint(5, 25)
    return _through(histories.draw_registers(rng, 30, onset, size or 0.0)), onset or 0


def fail(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    onset = None if size is None else rng.randint(30, 60)
    return _through(histories.draw_failures(rng, 80, onset, size or 0.07)), onset or 0


def fail_drivers(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    """As `fail`, a step being a driver: who tries again at once is counted once."""
    onset = None if size is None else rng.randint(30, 60)
    visits = histories.draw_failures(rng, 80, onset, size or 0.07)
    steps: list[list[Finding]] = []
    first = token = None
    for number, (visit, findings) in enumerate(zip(visits, _through(visits), strict=True)):
        if visit.token != token:
            steps.append([])
            token = visit.token
        if number == onset:
            first = len(steps) - 1
        steps[-1] += findings
    return list(steps), first or 0


def count_idle(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    state = ConnectorState(stop_wh=5_000, stop_ms=1)
    steps: list[Findings] = []
    for number in range(10):
        register = 5_000 + (rng.randint(0, 42) if size is None else round(size * number / 9))
        state, found = idle_register(state, EPOCH + timedelta(minutes=15 * number), register)
        steps.append(() if found is None else (found,))
    return steps, 0


def fall_silent(rng: Random, size: float | None) -> tuple[list[Findings], int]:
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
