"""The `simulate` command and the files it reads."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config.devstack.simulator.fleet import DC_50
from config.devstack.simulator.roster import RosterError, read_roster, stations_of
from tests.simulator.csms import serve_csms


@contextmanager
def csms_beside():
    """A platform in a thread of its own, since the command runs its own event loop."""
    ready, done, found = threading.Event(), threading.Event(), []

    async def serve_until_done():
        async with serve_csms() as csms:
            found.append(csms)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=[serve_until_done()])
    thread.start()
    ready.wait(10)
    yield found[0]
    done.set()
    thread.join(10)


def simulate(csms, *options):
    out = StringIO()
    arguments = ["--url", csms.url, "--tenant", "north", "--stations", "CP-1:key-1,CP-2:key-2"]
    call_command("simulate", *arguments, *options, stdout=out)
    return json.loads(out.getvalue()[out.getvalue().index("{") :]), out.getvalue()


def test_the_command_prints_progress_and_a_json_summary():
    with csms_beside() as csms:
        summary, text = simulate(csms, "--sessions", "4", "--version", "mixed", "--speed", "max")
    assert (summary["sessions"], summary["outcomes"]) == (4, {"completed": 4})
    assert text.startswith("CP-1 is connected\n")
    assert {"StartTransaction", "TransactionEvent"} < set(csms.actions())


def test_the_command_replays_a_file(tmp_path):
    path = tmp_path / "acn.csv"
    path.write_text(
        "arrival,departure,delivered_energy (kWh),station_id,session_id\n"
        "2019-05-01 01:18:45-07:00,2019-05-01 05:52:36-07:00,4.069,CA-305,one\n"
    )
    with csms_beside() as csms:
        summary, _ = simulate(csms, "--replay", str(path))
    assert [row["energy_wh"] for row in summary["results"]] == [4_069]


def test_the_command_switches_a_fault_on():
    with csms_beside() as csms:
        summary, _ = simulate(csms, "--sessions", "1", "--fault", "register-jump")
    assert summary["energy_wh"] == summary["results"][0]["requested_wh"] + 50_000


def test_the_command_fails_when_a_token_is_refused():
    with csms_beside() as csms, pytest.raises(CommandError, match="CP-1: token BLOCKED refused"):
        simulate(csms, "--sessions", "1", "--tokens", "BLOCKED")


@pytest.mark.parametrize(
    "options",
    [
        {"stations": ""},
        {"stations": "CP-1:key", "tenant": ""},
        {"stations": "CP-1:key", "replay": "missing.csv"},
        {"keys": "missing.json"},
    ],
)
def test_what_cannot_be_read_stops_the_command(options):
    given = {"url": "ws://127.0.0.1:1", "tenant": "north", "stations": "", **options}
    arguments = [f"--{name}={value}" for name, value in given.items()]
    with pytest.raises(CommandError):
        call_command("simulate", *arguments)


@pytest.mark.parametrize("speed", ["0", "-1", "fast"])
def test_a_speed_is_a_positive_number_or_max(speed):
    with pytest.raises(CommandError, match="speed"):
        call_command("simulate", "--url=ws://127.0.0.1:1", f"--speed={speed}")


def test_mixed_stations_take_turns_in_their_version():
    specs = stations_of("A:1,B:2,C:3", "north", "mixed")
    assert [(each.charge_point_id, each.version) for each in specs] == [
        ("A", "1.6"),
        ("B", "2.0.1"),
        ("C", "1.6"),
    ]


def test_a_key_may_hold_a_colon():
    assert stations_of("A:1:2", "north", "1.6")[0].key == "1:2"


def test_a_key_file_maps_ids_to_keys(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text('{"A": "key-a"}')
    spec = read_roster(path, "north", "1.6")[0]
    assert (spec.tenant, spec.charge_point_id, spec.key) == ("north", "A", "key-a")


def test_a_key_file_may_state_tenant_version_and_charger(tmp_path):
    path = tmp_path / "keys.json"
    row = {"id": "A", "key": "k", "tenant": "south", "version": "2.0.1", "charger": DC_50.name}
    path.write_text(json.dumps([row]))
    spec = read_roster(path, "north", "1.6")[0]
    assert (spec.tenant, spec.version, spec.charger) == ("south", "2.0.1", DC_50)


@pytest.mark.parametrize(
    "text", ["{", "[]", '[{"id":"A"}]', '[{"id":"A","key":"k","charger":"?"}]']
)
def test_a_bad_key_file_is_refused(tmp_path, text):
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(RosterError):
        read_roster(path, "north", "1.6")
