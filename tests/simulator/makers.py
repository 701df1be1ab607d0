"""What the simulator's tests build again and again."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.devstack.simulator.behaviour import Behaviour
from config.devstack.simulator.fleet import AC_22, FAMILY
from config.devstack.simulator.physics import ChargeModel, Request
from config.devstack.simulator.plan import Plan, SessionPlan, StationSpec, Summary
from config.devstack.simulator.register import EnergyRegister
from config.devstack.simulator.runner import make_station, run_async
from config.devstack.simulator.station import Station
from tests.simulator.csms import Csms

ARRIVAL = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
KEY = "a-key-of-sixteen-or-more"
ROOT = Path(__file__).resolve().parents[2]


def make_model(energy_wh: int = 8_000, stay_h: int = 6, **changes: Any) -> ChargeModel:
    """A three-phase charge of a family car, from Wh 0 of a new meter."""
    request = Request(
        energy_wh, ARRIVAL, ARRIVAL + timedelta(hours=stay_h), changes.pop("fills", False)
    )
    register = changes.pop("register", None) or EnergyRegister()
    fit = changes.pop("charger", AC_22), changes.pop("car", FAMILY)
    return ChargeModel(*fit, request, register, **{"seed": 7, **changes})


def make_session(**changes: Any) -> SessionPlan:
    """A family car that wants 4 kWh within an hour."""
    base: dict[str, Any] = {
        "charge_point_id": "CP-1",
        "id_token": "TAG-1",
        "arrival_at": ARRIVAL,
        "departure_at": ARRIVAL + timedelta(hours=1),
        "energy_wh": 4_000,
        "charger": AC_22,
        "car": FAMILY,
        "seed": 7,
    }
    return SessionPlan(**{**base, **changes})


def make_plan(csms: Csms, version: str = "1.6", *sessions: SessionPlan, **changes: Any) -> Plan:
    """A plan for station CP-1 with these sessions."""
    base: dict[str, Any] = {
        "url": csms.url,
        "stations": (StationSpec("north", "CP-1", KEY, version),),
        "sessions": sessions,
        "settle_s": 0.0,
    }
    return Plan(**{**base, **changes})


async def charge_once(csms: Csms, version: str, **behaviour: Any) -> Summary:
    """One session at CP-1 with samples a minute apart and these habits."""
    habits = Behaviour(reconnect_delays_s=(0, 0, 0), **behaviour)
    return await run_async(
        make_plan(csms, version, make_session(), behaviour=habits, sample_interval_s=60)
    )


@asynccontextmanager
async def live_station(csms: Csms, version: str, **changes: Any) -> AsyncIterator[Station]:
    """A booted station that waits for the platform, its clock paced."""
    plan = make_plan(csms, version, **{"speed": 3600.0, **changes})
    station = make_station(plan.stations[0], plan, plan.sessions)
    await station.start()
    try:
        yield station
    finally:
        await station.close()


def shared_data() -> Path:
    """The folder of real sessions; skips the test where there is none."""
    folder = Path(os.environ.get("LADDBOK_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("real sessions are not at hand")
    return folder
