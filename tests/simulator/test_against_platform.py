"""Real sessions replayed through the real socket: the platform counts the file's energy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chargepoints.services import register_charge_point
from config.devstack.rented import WebProcess
from config.devstack.simulator.plan import Plan, StationSpec
from config.devstack.simulator.replay import plan_replay, read_sessions
from config.devstack.simulator.runner import run
from sessions_app.models import ChargingSession
from tenants.scope import tenant_scope
from tests.cast import a_driver, a_site, a_tenant
from tests.simulator.makers import shared_data

VERSIONS = {"CP-16": "1.6", "CP-201": "2.0.1"}
FILE = "acn_caltech_2020-02-01_2020-05-31.csv.gz"
SESSIONS = 8
TOKENS = [f"TAG-{number}" for number in range(3)]


@pytest.fixture
def stations(transactional_db: None, web: WebProcess) -> Iterator[tuple[StationSpec, ...]]:
    """A station of either version at Volt, and the scope of Volt."""
    web.start()
    with tenant_scope(a_tenant("volt").id):
        site = a_site()
        for token in TOKENS:
            a_driver(token)
        keys = {name: register_charge_point(site=site, identity=name)[1] for name in VERSIONS}
        yield tuple(StationSpec("volt", name, keys[name], VERSIONS[name]) for name in VERSIONS)


def test_replayed_sessions_have_the_energy_of_the_file(stations, web):
    real = read_sessions(shared_data() / FILE, SESSIONS)
    sessions = plan_replay(real, stations, id_tokens=TOKENS, seed=1)
    plan = Plan(web.websocket_url, stations, sessions, sample_interval_s=900)
    summary = run(plan)
    assert summary.errors == []
    counted = ChargingSession.objects.values_list("started_at", "ended_at", "energy_wh")
    assert sorted(counted) == sorted(
        (each.arrival_at, each.departure_at, each.energy_wh) for each in real
    )
