"""Whole runs: many stations, failures in the summary, the same seed twice."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import pairwise

import pytest
from websockets.asyncio.server import serve

from config.devstack.simulator.behaviour import Behaviour
from config.devstack.simulator.faults import Fault, FaultKind
from config.devstack.simulator.fleet import AC_22, DC_150
from config.devstack.simulator.plan import Plan, StationSpec
from config.devstack.simulator.runner import run_async
from config.devstack.simulator.schedule import plan_sessions, shift_to_start
from tests.simulator.csms import serve_csms
from tests.simulator.makers import ARRIVAL, KEY, make_plan, make_session

STATIONS = (
    StationSpec("north", "CP-1", KEY, "1.6", AC_22),
    StationSpec("north", "CP-2", KEY, "2.0.1", DC_150),
)


def invented(count, seed=3, **changes):
    return plan_sessions(
        STATIONS, count, ends_at=ARRIVAL, id_tokens=["A", "B"], seed=seed, **changes
    )


async def run_recorded(**changes):
    async with serve_csms() as csms:
        plan = Plan(url=csms.url, stations=STATIONS, sessions=invented(6), settle_s=0.0, **changes)
        summary = await run_async(plan)
    return summary, csms


async def test_stations_of_both_versions_run_side_by_side():
    summary, _ = await run_recorded()
    assert len(summary.results) == 6
    assert {each.outcome for each in summary.results} == {"completed"}
    assert {each.charge_point_id for each in summary.results} == {"CP-1", "CP-2"}


@pytest.mark.parametrize("station", ["CP-1", "CP-2"])
async def test_the_same_seed_says_the_same_again(station):
    (_, first), (_, second) = await run_recorded(), await run_recorded()
    assert [call for call in first.calls if call[0] == station] == [
        call for call in second.calls if call[0] == station
    ]


async def test_stations_may_run_one_after_the_other():
    _, csms = await run_recorded(concurrency=1)
    assert [station for station, _, _ in csms.calls] == sorted(each[0] for each in csms.calls)


async def test_connectors_of_one_station_speak_in_the_order_of_time_while_they_charge():
    later = ARRIVAL + timedelta(minutes=7)
    sessions = (
        make_session(connector_id=2, arrival_at=later, seed=9, id_token="TAG-2"),
        make_session(),
    )
    async with serve_csms() as csms:
        await run_async(make_plan(csms, "1.6", *sessions, sample_interval_s=60))
    samples = csms.payloads("MeterValues")[:40]
    times = [each["meterValue"][0]["timestamp"] for each in samples]
    assert times == sorted(times)
    assert {each["connectorId"] for each in samples} == {1, 2}


@pytest.mark.parametrize("speed", [None, 100_000.0])
async def test_a_token_is_at_one_connector_at_a_time(speed):
    sessions = [make_session(connector_id=number, seed=number) for number in (1, 2)]
    async with serve_csms() as csms:
        summary = await run_async(make_plan(csms, "1.6", *sessions, speed=speed))
    frames = [action for action in csms.actions() if action.endswith("Transaction")]
    assert frames == ["StartTransaction", "StopTransaction"] * 2
    assert [each.energy_wh for each in summary.results] == [4_000, 4_000]


async def test_a_fault_reaches_the_wire():
    fault = Fault(FaultKind.REGISTER_JUMP, size=30_000)
    async with serve_csms() as csms:
        summary = await run_async(make_plan(csms, "1.6", make_session(faults=(fault,))))
    assert summary.energy_wh == 34_000


async def test_progress_is_reported_line_by_line():
    lines: list[str] = []
    async with serve_csms() as csms:
        await run_async(make_plan(csms, "1.6", make_session()), lines.append)
    assert lines == [
        "CP-1 is connected",
        "CP-1/1: completed, 4000 Wh, 2026-01-05 09:00 UTC",
    ]


async def test_a_refused_station_is_an_error_in_the_summary():
    async with serve(
        lambda socket: socket.wait_closed(),
        "127.0.0.1",
        0,
        process_request=lambda socket, request: socket.respond(HTTPStatus.UNAUTHORIZED, "no"),
    ) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        summary = await run_async(Plan(url=url, stations=STATIONS[:1]))
    assert summary.errors == ["CP-1: server rejected WebSocket connection: HTTP 401"]


async def test_a_platform_that_is_not_there_is_an_error_in_the_summary():
    behaviour = Behaviour(reconnect_delays_s=(0, 0))
    plan = Plan(url="ws://127.0.0.1:1", stations=STATIONS[:1], behaviour=behaviour)
    summary = await run_async(plan)
    assert len(summary.errors) == 1
    assert "CP-1" in summary.errors[0]


async def test_a_boot_that_is_never_accepted_is_an_error_in_the_summary():
    async with serve_csms() as csms:
        csms.boot_statuses = ["Rejected"] * 20
        behaviour = Behaviour(longest_pause_s=0)
        summary = await run_async(make_plan(csms, "1.6", behaviour=behaviour))
    assert summary.errors == ["CP-1: boot never accepted"]


async def test_the_summary_is_plain_json():
    summary, _ = await run_recorded()
    row = json.loads(json.dumps(summary.as_json(), default=str))
    assert (row["sessions"], row["outcomes"], row["errors"]) == (6, {"completed": 6}, [])
    assert row["energy_wh"] == sum(each["energy_wh"] for each in row["results"])


def test_invented_sessions_never_overlap_on_a_station():
    sessions = [each for each in invented(40) if each.charge_point_id == "CP-1"]
    ordered = sorted(sessions, key=lambda each: each.arrival_at)
    assert all(before.departure_at < after.arrival_at for before, after in pairwise(ordered))
    assert ordered[-1].departure_at < ARRIVAL


def test_invented_sessions_depend_on_the_seed_alone():
    assert invented(5) == invented(5)
    assert invented(5) != invented(5, seed=4)


def test_a_day_can_be_moved_as_a_whole():
    sessions, moved = invented(6), shift_to_start(invented(6), ARRIVAL)
    assert min(each.arrival_at for each in moved) == ARRIVAL
    assert {b.arrival_at - a.arrival_at for a, b in zip(sessions, moved, strict=True)} == {
        ARRIVAL - min(each.arrival_at for each in sessions)
    }


async def test_stations_that_stay_take_remote_starts_and_come_back_after_a_cut():
    async with serve_csms() as csms:
        run = asyncio.create_task(run_async(make_plan(csms, "1.6", make_session(), stays=True)))
        await csms.heard("StatusNotification", 6)
        csms.sockets.pop("CP-1").transport.abort()
        await csms.connected("CP-1")
        await csms.ask("CP-1", "RemoteStartTransaction", {"idTag": "APP"})
        started = await csms.heard("StartTransaction", 2)
        run.cancel()
        await asyncio.wait([run])
    now = datetime.now(UTC)
    assert now - timedelta(minutes=1) < datetime.fromisoformat(started["timestamp"]) <= now
    assert csms.payloads("StopTransaction")[1]["reason"] == "Reboot"
