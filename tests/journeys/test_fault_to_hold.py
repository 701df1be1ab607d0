"""A station breaks while a car charges: who is told, what is held, and how it is let go."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anomalies.models import Incident
from billing.models import Charge, Invoice
from billing.selectors import ledger_faults
from config.devstack.simulator.clock import LeapClock
from config.devstack.simulator.faults import Fault, FaultKind
from config.devstack.simulator.fleet import AC_22, DC_50, PACK_400, TRI_32, AcCharger, Car, Charger
from config.devstack.simulator.plan import Plan, SessionPlan, SessionResult, StationSpec
from config.devstack.simulator.runner import make_station
from sessions_app.models import ChargingSession
from sessions_app.selectors import rebuilt_energy
from tenants.scope import tenant_scope
from tests.journeys.stage import Json, Operator, Person, Platform, eventually

LOOK_AFTER = timedelta(minutes=24)
LEAVES_AFTER = timedelta(minutes=90)


@dataclass(frozen=True)
class Case:
    """A station, what breaks in it, and what has to be found."""

    version: str
    charger: Charger
    car: Car
    fault: FaultKind | None
    found: tuple[str, str] | None
    is_held: bool = False

    @property
    def energy_wh(self) -> int:
        """So much that it still charges when we look."""
        return 12_000 if isinstance(self.charger, AcCharger) else 30_000


AC, DC = (AC_22, TRI_32), (DC_50, PACK_400)
CASES = {
    "BACK-16": Case("1.6", *AC, FaultKind.REGISTER_BACKWARDS, ("M1", "lower"), True),
    "BACK-201": Case("2.0.1", *DC, FaultKind.REGISTER_BACKWARDS, ("M1", "lower"), True),
    "JUMP-16": Case("1.6", *DC, FaultKind.REGISTER_JUMP, ("M2", "jump"), True),
    "JUMP-201": Case("2.0.1", *AC, FaultKind.REGISTER_JUMP, ("M2", "jump"), True),
    "POWER-16": Case("1.6", *DC, FaultKind.POWER_MISREPORTED, ("E1", "power_high"), True),
    "POWER-201": Case("2.0.1", *AC, FaultKind.POWER_MISREPORTED, ("E1", "power_high"), True),
    "ZERO-16": Case("1.6", *DC, FaultKind.ZERO_POWER, ("E9", "no_power")),
    "ZERO-201": Case("2.0.1", *AC, FaultKind.ZERO_POWER, ("E9", "no_power")),
    "OVER-16": Case("1.6", *AC, FaultKind.OVER_CURRENT, ("E3", "over_limit")),
    "OVER-201": Case("2.0.1", *AC, FaultKind.OVER_CURRENT, ("E3", "over_limit")),
    "GOOD-16": Case("1.6", *DC, None, None),
    "GOOD-201": Case("2.0.1", *AC, None, None),
}
FAULTY = [name for name, case in CASES.items() if case.found]
HELD = [name for name, case in CASES.items() if case.is_held]
JUMPS = [name for name in HELD if name.startswith("JUMP")]
FREE = [name for name, case in CASES.items() if not case.is_held]


class GatedClock(LeapClock):
    """Leaps up to the gate, and on when it is opened."""

    def __init__(self, now: datetime, gate_at: datetime, gate: asyncio.Event) -> None:
        super().__init__(now)
        self.is_there = threading.Event()
        self._gate_at, self._gate = gate_at, gate

    async def sleep_until(self, at: datetime, *, wake: asyncio.Event | None = None) -> None:
        """Wait for `at`, and for the gate if that is after it."""
        if at > self._gate_at:
            self.is_there.set()
            await self._gate.wait()
        await super().sleep_until(at, wake=wake)


class Street:
    """All stations at once, in a thread: they halt at the gate until they are let go."""

    def __init__(self, platform: Platform, plans: Mapping[StationSpec, SessionPlan]) -> None:
        self.results: dict[str, SessionResult] = {}
        self.errors: list[str] = []
        self._platform, self._plans = platform, plans
        self._loop = asyncio.new_event_loop()
        self._gate = asyncio.Event()
        self._clocks = [
            GatedClock(plan.arrival_at, plan.arrival_at + LOOK_AFTER, self._gate)
            for plan in plans.values()
        ]
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def halted(self) -> Iterator[None]:
        """All have reached the gate, and go on to their ends after the block."""
        self._thread.start()
        try:
            eventually(lambda: all(clock.is_there.is_set() for clock in self._clocks))
            yield
        finally:
            self._loop.call_soon_threadsafe(self._gate.set)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._charge_all())

    async def _charge_all(self) -> None:
        pairs = zip(self._plans.items(), self._clocks, strict=True)
        await asyncio.gather(*(self._charge(*item, clock) for item, clock in pairs))

    async def _charge(self, spec: StationSpec, session: SessionPlan, clock: GatedClock) -> None:
        plan = Plan(self._platform.sockets, (spec,), (session,))
        station = make_station(spec, plan, (session,))
        station.clock = clock
        await station.start()
        try:
            await station.uplink.settle_down(plan.settle_s)
            with clock.sleeper():
                self.results[spec.charge_point_id] = await station.charge(session)
        finally:
            await station.close()
            self.errors += station.uplink.errors


@dataclass(frozen=True)
class Story:
    """What was seen while they charged, and what became of them."""

    incidents: dict[str, Incident]
    states: dict[str, str]
    results: dict[str, SessionResult]
    customers: set[str]


def a_charge(spec: StationSpec, arrival_at: datetime) -> SessionPlan:
    """A charge at the station, in which what is to break breaks at 40 % of the energy."""
    case = CASES[spec.charge_point_id]
    return SessionPlan(
        charge_point_id=spec.charge_point_id,
        id_token=spec.charge_point_id,
        arrival_at=arrival_at,
        departure_at=arrival_at + LEAVES_AFTER,
        energy_wh=case.energy_wh,
        charger=case.charger,
        car=case.car,
        seed=3,
        leaves_when_done=True,
        faults=(Fault(case.fault),) if case.fault else (),
    )


def incidents() -> dict[str, Incident]:
    """Every incident there is, by station; fails when a station has two."""
    rows = Incident.objects.select_related("charge_point", "session")
    found = {incident.charge_point.identity: incident for incident in rows}
    assert len(found) == len(rows), [str(row) for row in rows]
    return found


def customers(stage: Platform, operator: Operator) -> set[str]:
    """Whose driver Stripe has heard of: each is named after the station."""
    rows = stage.stripe.objects(operator.account, "customer")
    return {row["name"].removeprefix("Driver ") for row in rows}


@pytest.fixture(scope="module")
def story(stage: Platform, volt: Operator) -> Story:
    """All stations have charged; what is not held is paid."""
    arrival_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    plans = {}
    for name, case in CASES.items():
        volt.driver(name)
        spec = volt.station(name, case.version, case.charger)
        plans[spec] = a_charge(spec, arrival_at)
    street = Street(stage, plans)
    with tenant_scope(volt.tenant.id), street.halted():
        seen = eventually(lambda: found if len(found := incidents()) >= len(FAULTY) else None)
        states = {row["charge_point_identity"]: row["state"] for row in all_sessions(volt)}
    assert street.errors == []
    eventually(lambda: all(row["gate"] != "unchecked" for row in all_sessions(volt)))
    for name in FREE:
        volt.paid(street.results[name].transaction_id)
    return Story(seen, states, street.results, customers(stage, volt))


def all_sessions(operator: Operator) -> list[Json]:
    """Every session of the operator."""
    rows: list[Json] = operator.get("sessions/", page_size="100")["results"]
    return rows


@pytest.fixture
def in_scope(volt: Operator) -> Iterator[None]:
    """The test reads Volt's rows."""
    with tenant_scope(volt.tenant.id):
        yield


class TestUnderWay:
    """What was known while the cars still charged."""

    def test_every_fault_and_nothing_else_was_seen(self, story: Story) -> None:
        found = {name: (row.kind, row.cause) for name, row in story.incidents.items()}
        assert found == {name: CASES[name].found for name in FAULTY}
        assert set(story.states.values()) == {"open"}

    @pytest.mark.parametrize("name", FAULTY)
    def test_it_was_open_with_its_evidence(self, story: Story, name: str) -> None:
        incident = story.incidents[name]
        assert (incident.state, incident.holds_billing) == ("open", CASES[name].is_held)
        assert incident.session is not None
        assert incident.session.transaction_ref == str(story.results[name].transaction_id)
        times = [row["at"] for row in incident.evidence]
        assert incident.last_seen_at.isoformat() in times
        assert len(times) >= 11
        assert times == sorted(times)

    @pytest.mark.parametrize("name", ["BACK-16", "BACK-201"])
    def test_the_evidence_shows_the_register_fall(self, story: Story, name: str) -> None:
        registers = [row["energy_wh"] for row in story.incidents[name].evidence]
        steps = [after - before for before, after in itertools.pairwise(registers)]
        assert [step < 0 for step in steps].count(True) == 1
        assert -2_000 <= min(steps) < -1_000


@pytest.mark.usefixtures("in_scope")
class TestHeld:
    """What a doubt about the energy does, and what a fault of the station does not."""

    @pytest.mark.parametrize("name", HELD)
    def test_a_fault_of_the_meter_holds_the_session(
        self, story: Story, volt: Operator, name: str
    ) -> None:
        session = volt.session(story.results[name].transaction_id)
        assert session is not None
        assert (session["state"], session["gate"]) == ("completed", "held")
        assert session["gate_reason"] == " ".join(CASES[name].found or ())
        assert (session["charge"], session["invoice"]) == (None, None)

    @pytest.mark.parametrize("name", FREE)
    def test_any_other_session_is_paid(self, story: Story, volt: Operator, name: str) -> None:
        session = volt.paid(story.results[name].transaction_id)
        assert (session["gate"], session["gate_reason"]) == ("cleared", "")
        assert session["energy_wh"] == story.results[name].energy_wh

    def test_stripe_has_not_heard_of_the_held_ones(self, story: Story) -> None:
        assert story.customers == set(FREE)

    def test_the_incidents_are_those_seen_on_the_way(self, story: Story) -> None:
        fields = ("pk", "kind", "cause", "observed", "expected", "since_at", "state")
        now = {name: [getattr(row, f) for f in fields] for name, row in incidents().items()}
        then = {n: [getattr(row, f) for f in fields] for n, row in story.incidents.items()}
        assert now == then

    def test_energy_after_a_fall_of_the_register_is_the_sum_of_its_parts(
        self, story: Story, volt: Operator
    ) -> None:
        session = volt.session(story.results["BACK-16"].transaction_id)
        assert session is not None
        # Only what flowed in the minute of the fall can not be known.
        assert 11_600 <= session["energy_wh"] <= 12_000
        assert story.results["BACK-16"].energy_wh == 10_000


def rebuilt_wh(operator: Operator, session: Json) -> int:
    """What the page offers for a session that is still held: no more was possible in its time."""
    with tenant_scope(operator.tenant.id):
        row = ChargingSession.objects.get(pk=session["id"])
        assert row.gate == ChargingSession.Gate.HELD
        rebuilt = rebuilt_energy(row)
    assert rebuilt is not None
    return rebuilt.energy_wh


@pytest.fixture(scope="module")
def released(story: Story, volt: Operator, ampere: Operator) -> dict[str, Json]:
    """What the owner has released, after a stranger has tried, paid; by station."""
    owner, stranger = Person(volt), Person(ampere)
    sessions: dict[str, Json] = {}
    with closing(owner.browser), closing(stranger.browser):
        for name in HELD:
            session = volt.session(story.results[name].transaction_id)
            assert session is not None
            assert stranger.release(session, "for fun").status_code == 404
            assert owner.release(session, "").status_code == 302
            assert owner.release(session, "read the meter").status_code == 302
            if name in JUMPS:
                energy = {"energy": "rebuilt", "rebuilt_wh": str(rebuilt_wh(volt, session))}
                assert owner.release(session, "read the meter", **energy).status_code == 302
            assert owner.release(session, "once more").status_code == 302
        for name in HELD:
            sessions[name] = volt.paid(story.results[name].transaction_id)
    return sessions


@pytest.mark.usefixtures("in_scope")
class TestReleased:
    """A person has let them go."""

    @pytest.mark.parametrize("name", HELD)
    def test_the_session_says_who_and_why(self, released: dict[str, Json], name: str) -> None:
        session = released[name]
        assert session["gate"] == "released"
        reason, _bracket, energy = session["gate_reason"].partition(" [")
        assert reason == "owner@volt.example: read the meter"
        assert bool(energy) == (name in JUMPS)

    @pytest.mark.parametrize("name", HELD)
    def test_its_incident_is_resolved(self, released: dict[str, Json], name: str) -> None:
        incident = Incident.objects.get(session_id=released[name]["id"])
        assert (incident.state, incident.resolution) == ("resolved", "read the meter")
        assert incident.resolved_by is not None
        assert incident.resolved_by.email == "owner@volt.example"

    @pytest.mark.parametrize("name", HELD)
    def test_stripe_took_the_money_once(
        self, released: dict[str, Json], stage: Platform, volt: Operator, name: str
    ) -> None:
        rows = stage.stripe.objects(volt.account, "customer")
        [customer] = [row["id"] for row in rows if row["name"] == f"Driver {name}"]

        def theirs(kind: str) -> list[Any]:
            objects = stage.stripe.objects(volt.account, kind)
            return [row for row in objects if row["customer"] == customer]

        assert [row["status"] for row in theirs("invoice")] == ["paid"]
        total_minor = released[name]["invoice"]["total_minor"]
        assert [row["amount"] for row in theirs("charge")] == [total_minor]

    def test_each_session_has_one_charge_and_one_paid_invoice(
        self, released: dict[str, Json]
    ) -> None:
        assert Charge.objects.count() == len(CASES)
        invoices = Invoice.objects.values_list("state", "charge__session__token_uid")
        assert sorted(invoices) == sorted(("paid", name) for name in CASES)

    def test_the_books_are_right(self, released: dict[str, Json]) -> None:
        assert ledger_faults() == []
