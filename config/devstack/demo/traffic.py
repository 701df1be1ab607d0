"""Cars that go on charging while somebody looks at the demo.

A token is at one connector at a time, so each operator's last one is kept for the live station.
"""

from __future__ import annotations

import json
import sys
import time

import httpx

from config.devstack.children import Program
from config.devstack.demo.seed import SeededOperator
from config.devstack.simulator.plan import StationSpec
from config.devstack.stack import Stack
from config.devstack.state import ROOT, state_folder

HISTORY_SESSIONS = 16
HISTORY_INTERVAL_S = 300
LIVE = "-LIVE"
ONLINE_WITHIN_S = 20.0
POLL_S = 0.2


def socket_url(stack: Stack) -> str:
    """Where chargers connect."""
    return stack.base_url.replace("http", "ws", 1)


def keep_charging(stack: Stack, operators: tuple[SeededOperator, ...]) -> None:
    """Recent days at speed for each operator, and one station in real time, as children."""
    programs = []
    for each in operators:
        past = [station for station in each.stations if not _is_live(station)]
        options = ["--sessions", str(HISTORY_SESSIONS), "--speed", "max"]
        options += ["--interval", str(HISTORY_INTERVAL_S)]
        *others, live_token = each.operator.tokens
        programs.append(_simulator(stack, each, "history", past, others, *options))
        live = [station for station in each.stations if _is_live(station)]
        if live:
            options = ["--sessions", "0", "--speed", "1", "--interval", "10"]
            programs.append(_simulator(stack, each, "live", live, [live_token], *options))
    stack.supervisor.start_group(programs, within_s=60)
    for each in operators:
        for station in each.stations:
            if _is_live(station):
                _start_remotely(stack, each, station)


def _is_live(station: StationSpec) -> bool:
    return station.charge_point_id.endswith(LIVE)


def _simulator(
    stack: Stack,
    operator: SeededOperator,
    name: str,
    stations: list[StationSpec],
    tokens: list[str],
    *options: str,
) -> Program:
    keys = state_folder() / f"demo-{operator.operator.slug}-{name}.json"
    keys.touch(mode=0o600)
    keys.write_text(json.dumps([_roster_entry(station) for station in stations]))
    return Program(
        name=f"{operator.operator.slug} {name}",
        command=[
            *(sys.executable, "manage.py", "simulate", "--url", socket_url(stack)),
            *("--keys", str(keys), "--tokens", ",".join(tokens), "--stay"),
            *("--seed", str(int(time.time())), *options),
        ],
        environment={},
        folder=ROOT,
        ready=lambda: True,
    )


def _roster_entry(station: StationSpec) -> dict[str, str]:
    return {
        "tenant": station.tenant,
        "id": station.charge_point_id,
        "key": station.key,
        "version": station.version,
        "charger": station.charger.name,
    }


def _start_remotely(stack: Stack, operator: SeededOperator, station: StationSpec) -> None:
    """A remote start through the API, once the station is there; without one nothing is lost."""
    headers = {"Authorization": f"Bearer {operator.api_key}"}
    base = f"{stack.base_url}/api/v1/"
    deadline = time.monotonic() + ONLINE_WITHIN_S
    with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=20) as client:
        while time.monotonic() < deadline:
            query = {"identity": station.charge_point_id}
            row = client.get("charge-points/", params=query).json()["results"][0]
            if row["online"] and row["connectors"][0]["status"] == "available":
                start = {"token": operator.operator.tokens[-1], "evse_id": 1}
                client.post(f"charge-points/{row['id']}/start/", json=start)
                return
            time.sleep(POLL_S)
