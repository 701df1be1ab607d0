"""A car charges, and its driver has paid: all of it over the wire, read back over the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from config.devstack.simulator.clock import PacedClock
from config.devstack.simulator.fleet import (
    AC_11,
    AC_22,
    DC_50,
    DC_150,
    FAMILY,
    PACK_400,
    PACK_800,
    TRI_32,
    AcCharger,
    Car,
)
from config.devstack.simulator.plan import Plan, SessionPlan, SessionResult, StationSpec
from config.devstack.simulator.runner import make_station, run
from config.devstack.simulator.station import Station
from tests.journeys.stage import Json, Operator, Platform, eventually, ore, pages

CARS: dict[str, Car] = {
    "AC-16": TRI_32,
    "AC-201": FAMILY,
    "DC-16": PACK_400,
    "DC-201": PACK_800,
    "AMPERE-AC": TRI_32,
}
MINE = [name for name in CARS if name != "AMPERE-AC"]
at_every_station = pytest.mark.parametrize("name", MINE)


@dataclass(frozen=True)
class Day:
    """What the stations did, and what Volt's API says of each one's session."""

    results: dict[str, SessionResult]
    sessions: dict[str, Json]

    @property
    def total_minor(self) -> int:
        """What Volt's sessions cost."""
        return sum(session["charge"]["gross_minor"] for session in self.sessions.values())


def a_charge(spec: StationSpec, token: str, arrival_at: datetime) -> SessionPlan:
    """Half an hour; a DC car leaves as soon as it has its energy."""
    is_ac = isinstance(spec.charger, AcCharger)
    return SessionPlan(
        charge_point_id=spec.charge_point_id,
        id_token=token,
        arrival_at=arrival_at,
        departure_at=arrival_at + timedelta(minutes=37),
        energy_wh=4_321 if is_ac else 12_345,
        charger=spec.charger,
        car=CARS[spec.charge_point_id],
        seed=7,
        leaves_when_done=not is_ac,
    )


@pytest.fixture(scope="module")
def day(stage: Platform, volt: Operator, ampere: Operator) -> Day:
    """Four cars at Volt's and one at Ampere's, all paid for."""
    specs = (
        volt.station("AC-16", "1.6", AC_22),
        volt.station("AC-201", "2.0.1", AC_11),
        volt.station("DC-16", "1.6", DC_50),
        volt.station("DC-201", "2.0.1", DC_150),
        ampere.station("AMPERE-AC", "1.6", AC_22),
    )
    arrival_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    for spec in specs:
        owner = volt if spec.charge_point_id in MINE else ampere
        owner.driver(f"TAG-{spec.charge_point_id}")
    charges = tuple(a_charge(spec, f"TAG-{spec.charge_point_id}", arrival_at) for spec in specs)
    summary = run(Plan(stage.sockets, specs, charges))
    assert summary.errors == []
    results = {result.charge_point_id: result for result in summary.results}
    ampere.paid(results["AMPERE-AC"].transaction_id)
    return Day(results, {name: volt.paid(results[name].transaction_id) for name in MINE})


@at_every_station
def test_the_session_is_there_with_the_energy_of_the_register(day: Day, name: str) -> None:
    session, result = day.sessions[name], day.results[name]
    assert session["energy_wh"] == result.energy_wh == result.requested_wh
    assert session["meter_stop_wh"] - session["meter_start_wh"] == result.energy_wh
    assert session["charge_point_identity"] == name
    assert datetime.fromisoformat(session["started_at"]) == result.started_at
    assert datetime.fromisoformat(session["ended_at"]) == result.stopped_at
    assert (session["state"], session["gate"], session["flags"]) == ("completed", "cleared", [])
    assert session["energy_source"] == "registers"


@at_every_station
def test_the_samples_are_at_most_a_minute_apart(day: Day, volt: Operator, name: str) -> None:
    session = day.sessions[name]
    samples = pages(volt, f"sessions/{session['id']}/samples/")
    assert len(samples) == session["sample_count"]
    times = [datetime.fromisoformat(sample["at"]) for sample in samples]
    charging = [at for at, sample in zip(times, samples, strict=True) if sample["power_w"]]
    assert len(charging) > 5
    gaps = [after - before for before, after in pairwise(charging)]
    assert max(gaps) <= timedelta(seconds=60)


@at_every_station
def test_a_sample_has_power_voltage_and_current(day: Day, volt: Operator, name: str) -> None:
    samples = pages(volt, f"sessions/{day.sessions[name]['id']}/samples/")
    sample = max(samples, key=lambda each: each["power_w"] or 0)
    volts, amperes = ("voltage_mv", "current_ma")
    if name.startswith("AC"):
        volts, amperes = ("voltage_l1_mv", "current_l1_ma")
    phases = 3 if name.startswith("AC") else 1
    apparent_w = phases * sample[volts] * sample[amperes] / 1_000_000
    assert sample["power_w"] == pytest.approx(apparent_w, rel=0.03)
    assert (sample["soc_pct"] is None) == name.startswith("AC")


@at_every_station
def test_each_line_is_what_the_price_list_says(day: Day, volt: Operator, name: str) -> None:
    session, prices = day.sessions[name], volt.prices
    seconds = (day.results[name].stopped_at - day.results[name].started_at).total_seconds()
    expected = ore(
        Decimal(day.results[name].energy_wh) / 1000 * Decimal(prices.per_kwh),
        Decimal(int(seconds)) / 60 * Decimal(prices.per_minute),
        Decimal(prices.per_session),
    )
    charge = session["charge"]
    assert [line["gross_minor"] for line in charge["lines"]] == expected
    assert charge["gross_minor"] == session["invoice"]["total_minor"] == sum(expected)
    assert charge["net_minor"] + charge["vat_minor"] == charge["gross_minor"]
    assert abs(charge["vat_minor"] * 5 - charge["gross_minor"]) <= 5 * len(expected)


def test_invoices_are_numbered_without_a_gap(day: Day) -> None:
    numbers = [session["invoice"]["number"] for session in day.sessions.values()]
    assert sorted(numbers) == [1, 2, 3, 4]


def test_stripe_took_each_amount_once(day: Day, stage: Platform, volt: Operator) -> None:
    charged = [charge["amount"] for charge in stage.stripe.charges_succeeded(volt.account)]
    expected = [session["charge"]["gross_minor"] for session in day.sessions.values()]
    assert sorted(charged) == sorted(expected)


def test_the_revenue_report_adds_up(day: Day, volt: Operator) -> None:
    days = volt.get("revenue/daily/")
    assert sum(each["gross_minor"] for each in days) == day.total_minor
    assert sum(each["paid_minor"] for each in days) == day.total_minor
    assert sum(each["sessions"] for each in days) == 4
    energy_wh = sum(day.results[name].energy_wh for name in MINE)
    assert sum(each["energy_wh"] for each in days) == energy_wh


@at_every_station
def test_the_station_is_known_for_what_it_is(day: Day, volt: Operator, name: str) -> None:
    [station] = volt.get("charge-points/", identity=name)["results"]
    assert station["ocpp_version"] == {"16": "1.6", "201": "2.0.1"}[name.partition("-")[2]]
    assert (station["vendor"], station["boot_state"]) == ("Simulated", "accepted")
    assert [each["status"] for each in station["connectors"]] == ["available"]


@at_every_station
@pytest.mark.parametrize("part", ["", "samples/"])
def test_the_other_operators_key_finds_nothing(
    day: Day, ampere: Operator, name: str, part: str
) -> None:
    session = day.sessions[name]
    assert ampere.api.get(f"sessions/{session['id']}/{part}").status_code == 404
    assert ampere.api.get(f"invoices/{session['invoice']['id']}/").status_code == 404
    assert ampere.session(day.results[name].transaction_id) is None


def test_the_other_operator_has_its_own(day: Day, ampere: Operator) -> None:
    [session] = ampere.get("sessions/")["results"]
    assert session["charge_point_identity"] == "AMPERE-AC"
    [invoice] = ampere.get("invoices/")["results"]
    result = day.results["AMPERE-AC"]
    assert [invoice["total_minor"]] == ore(Decimal(result.energy_wh) / 1000 * Decimal("3.90"))
    assert (invoice["number"], invoice["state"]) == (1, "paid")


class Remote:
    """A station that waits for the platform, in a time 600 times as fast as ours."""

    def __init__(self, operator: Operator, station: Station) -> None:
        self.operator, self.station = operator, station

    async def ask(self, look: Callable[..., Any], *arguments: Any) -> Any:
        """Call what blocks, while the station goes on."""
        return await asyncio.to_thread(look, *arguments)

    async def tell(self, path: str, **wish: Any) -> Json:
        """Post to the API and wait for the station's answer."""
        answer = await self.ask(lambda: self.operator.api.post(path, json=wish))
        assert answer.status_code == 202, answer.text
        command = f"commands/{answer.json()['id']}/"
        return await self.ask(eventually, lambda: self._answered(command))

    async def wait(self, look: Callable[[], Any]) -> Any:
        """Wait until it is so."""
        return await self.ask(eventually, look)

    def _answered(self, path: str) -> Json | None:
        command: Json = self.operator.get(path)
        return command if command["state"] not in {"queued", "sent"} else None


@asynccontextmanager
async def waiting_station(operator: Operator, spec: StationSpec) -> AsyncIterator[Remote]:
    """A booted station with a car at its outlet."""
    plan = Plan(operator.platform.sockets, (spec,), speed=600)
    station = make_station(spec, plan, ())
    station.clock = PacedClock(datetime.now(UTC) - timedelta(hours=12), speed=600)
    await station.start()
    try:
        yield Remote(operator, station)
    finally:
        await station.close()


async def start_and_stop(operator: Operator, spec: StationSpec, token: str) -> SessionResult:
    """A charge that begins and ends by the API's word."""
    async with waiting_station(operator, spec) as remote:
        query = {"identity": spec.charge_point_id}
        rows = await remote.ask(lambda: operator.get("charge-points/", **query))
        [row] = rows["results"]
        assert row["online"]
        started = await remote.tell(f"charge-points/{row['id']}/start/", token=token, evse_id=1)
        assert (started["state"], started["response"]) == ("answered", {"status": "Accepted"})
        session = await remote.wait(lambda: with_samples(operator, row["id"]))
        stopped = await remote.tell(f"sessions/{session['id']}/stop/")
        assert (stopped["state"], stopped["response"]) == ("answered", {"status": "Accepted"})
        await remote.wait(lambda: remote.station.results)
        [result] = remote.station.results
        return result


def with_samples(operator: Operator, charge_point_id: str) -> Json | None:
    """The station's session under way, once it has delivered something."""
    rows = operator.get("sessions/", charge_point=charge_point_id, state="open")["results"]
    return rows[0] if rows and rows[0]["sample_count"] > 2 and rows[0]["energy_wh"] else None


@pytest.fixture(scope="module", params=["1.6", "2.0.1"])
def remote_spec(volt: Operator, request: pytest.FixtureRequest) -> StationSpec:
    """A station of each version, and a driver whose token is its name."""
    name = f"REMOTE-{request.param}"
    volt.driver(name)
    return volt.station(name, request.param, AC_22)


def test_a_charge_starts_and_stops_by_the_apis_word(
    volt: Operator, remote_spec: StationSpec
) -> None:
    result = asyncio.run(start_and_stop(volt, remote_spec, remote_spec.charge_point_id))
    session = volt.paid(result.transaction_id)
    assert (session["stop_reason"], session["gate"]) == ("Remote", "cleared")
    assert session["energy_wh"] == result.energy_wh > 0
    again = volt.api.post(f"sessions/{session['id']}/stop/")
    assert again.status_code == 409
