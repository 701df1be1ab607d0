"""Runs a plan: all stations side by side, each with its cars in order."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from config.devstack.simulator.clock import Clock, LeapClock, PacedClock
from config.devstack.simulator.framelog import FrameLog
from config.devstack.simulator.link import LinkLost, LinkRefused
from config.devstack.simulator.plan import Plan, SessionPlan, SessionResult, StationSpec, Summary
from config.devstack.simulator.station import Station
from config.devstack.simulator.station16 import Station16
from config.devstack.simulator.station201 import Station201

LEAD_TIME = timedelta(minutes=1)
STATION_TYPES: dict[str, type[Station16 | Station201]] = {"1.6": Station16, "2.0.1": Station201}
Reporter = Callable[[str], None]


def run(plan: Plan, report: Reporter | None = None) -> Summary:
    """Run a plan to its end and sum it up; `report` gets progress lines.

    Lost or refused stations are errors in the summary, not exceptions.
    """
    return asyncio.run(run_async(plan, report))


async def run_async(plan: Plan, report: Reporter | None = None) -> Summary:
    """As `run`, inside a running event loop."""
    return await Simulation(plan, report or _keep_quiet).run()


class Simulation:
    """One run under way."""

    def __init__(self, plan: Plan, report: Reporter) -> None:
        self._plan = plan
        self._report = report
        self._summary = Summary()
        self._places = asyncio.Semaphore(plan.concurrency)
        self._tokens: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self) -> Summary:
        """Run every station and add up."""
        began = time.monotonic()
        with ExitStack() as stack:
            path = self._plan.log_path
            log = stack.enter_context(FrameLog(path)) if path else None
            await asyncio.gather(*(self._run_station(spec, log) for spec in self._plan.stations))
        self._summary.took_s = time.monotonic() - began
        return self._summary

    async def _run_station(self, spec: StationSpec, log: FrameLog | None) -> None:
        sessions = [
            each for each in self._plan.sessions if each.charge_point_id == spec.charge_point_id
        ]
        async with self._places:
            station = make_station(spec, self._plan, sessions, log)
            try:
                await self._live(station, sessions)
            except* (LinkLost, LinkRefused) as group:
                self._summary.errors += [
                    f"{spec.charge_point_id}: {error}" for error in group.exceptions
                ]
            finally:
                self._count(station)

    async def _live(self, station: Station, sessions: Sequence[SessionPlan]) -> None:
        try:
            await station.start()
            self._report(f"{station.spec.charge_point_id} is connected")
            await station.uplink.settle_down(self._plan.settle_s)
            await self._charge_all(station, sessions)
            if self._plan.stays:
                await self._stay(station)
        finally:
            await station.close()

    async def _stay(self, station: Station) -> None:
        if self._plan.speed is None:
            station.clock = PacedClock(datetime.now(UTC))
        await station.uplink.stay_open()

    async def _charge_all(self, station: Station, sessions: Sequence[SessionPlan]) -> None:
        by_connector: dict[int, list[SessionPlan]] = {}
        for session in sorted(sessions, key=lambda each: each.arrival_at):
            by_connector.setdefault(session.connector_id, []).append(session)
        scopes = [ExitStack() for _ in by_connector]
        for scope in scopes:
            scope.enter_context(station.clock.sleeper())
        async with asyncio.TaskGroup() as group:
            for scope, queue in zip(scopes, by_connector.values(), strict=True):
                group.create_task(self._charge_in_order(station, queue, scope))

    async def _charge_in_order(
        self, station: Station, sessions: Sequence[SessionPlan], scope: ExitStack
    ) -> None:
        with scope:
            for session in sessions:
                result = await self._charge(station, session)
                self._report(
                    f"{result.charge_point_id}/{result.connector_id}: {result.outcome}, "
                    f"{result.energy_wh} Wh, {result.stopped_at:%Y-%m-%d %H:%M} UTC"
                )

    async def _charge(self, station: Station, session: SessionPlan) -> SessionResult:
        """One charge; a token is at one connector at a time, as platforms demand."""
        await station.clock.sleep_until(session.arrival_at)
        token = self._tokens[station.spec.tenant, session.id_token]
        with station.clock.resting():
            await token.acquire()
        try:
            return await station.charge(session)
        finally:
            token.release()

    def _count(self, station: Station) -> None:
        self._summary.results += station.results
        self._summary.errors += station.uplink.errors
        self._summary.calls += station.uplink.calls


def make_station(
    spec: StationSpec, plan: Plan, sessions: Sequence[SessionPlan], log: FrameLog | None = None
) -> Station:
    """A station of the right version with as many connectors as its sessions need."""
    connectors = max((each.connector_id for each in sessions), default=1)
    clock = _make_clock(plan, sessions)
    return STATION_TYPES[spec.version](spec, plan, clock, connectors=connectors, log=log)


def _make_clock(plan: Plan, sessions: Sequence[SessionPlan]) -> Clock:
    now = datetime.now(UTC)
    first_at = min((each.arrival_at for each in sessions), default=now + LEAD_TIME) - LEAD_TIME
    if plan.speed is None:
        return LeapClock(first_at)
    return PacedClock(first_at if sessions else now, speed=plan.speed)


def _keep_quiet(line: str) -> None:
    return None
