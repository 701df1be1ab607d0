"""A connector with a QR code, its simulated station, and whoever works behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from anomalies.tasks import scan_lagging_sessions
from billing.models import AdHocTerms, Payment
from billing.services.ad_hoc.sweep import attend_due_payments
from billing.services.invoices import connect_stripe_account
from billing.services.stripe_commands import send_due_stripe_commands
from chargepoints.models import Connector
from chargepoints.services import register_charge_point
from config.devstack.rented import WebProcess
from config.devstack.simulator.behaviour import Behaviour
from config.devstack.simulator.clock import PacedClock
from config.devstack.simulator.plan import Plan, StationSpec
from config.devstack.simulator.runner import STATION_TYPES
from config.devstack.simulator.station import State, Station
from config.devstack.stripe_stand_in import StandIn
from config.devstack.stripe_stand_in.stand_in import ANY_PLATFORM
from outbox.services import deliver_due
from sessions_app.tasks import settle_sessions
from tenants.scope import across_tenants, tenant_scope
from tests.cast import a_site, a_tariff, a_tenant

BREATH_S = 0.3


@dataclass
class Spot:
    """Where somebody scans the code."""

    path: str
    station: Station
    account: str

    def refuse(self) -> None:
        """The station says no to whoever wants to start it, and tells nobody beforehand."""
        self.station.connectors[1].state = State.PREPARING


@contextmanager
def a_spot(web: WebProcess, stripe: StandIn, version: str, delay_s: float = 0.0) -> Iterator[Spot]:
    """A connector of a station that is connected and takes cards: 10 kr, and 5 kr per kWh."""
    cache.clear()
    tenant, account = a_tenant("volt"), f"acct_{uuid4().hex[:12]}"
    with stripe.world.lock:
        stripe.world.open_account(account, ANY_PLATFORM)
    with tenant_scope(tenant.id):
        connect_stripe_account(account_ref=account)
        a_tariff(energy="5.00", minute="0", session="10")
        AdHocTerms.objects.create(energy_wh=20_000)
        point, key = register_charge_point(site=a_site("Torget"), identity="CP-1")
        Connector.objects.create(
            charge_point=point, evse_id=1, max_power_w=22_000, max_current_ma=32_000, phases=3
        )
    spec = StationSpec("volt", "CP-1", key, version)
    with _living(web, spec, delay_s) as station, _working():
        yield Spot(f"/charge/volt/{point.public_code}/1/", station, account)


@contextmanager
def _living(web: WebProcess, spec: StationSpec, delay_s: float) -> Iterator[Station]:
    """A station that stays connected, in a thread of its own, a little hurried."""
    behaviour = Behaviour(delay_s=delay_s)
    plan = Plan(web.websocket_url, (spec,), sample_interval_s=8, behaviour=behaviour)
    # Cars take half a minute to wake up; nobody waits for that.
    clock = PacedClock(datetime.now(UTC) - timedelta(seconds=60), speed=8)
    station = STATION_TYPES[spec.version](spec, plan, clock)
    loop, connected = asyncio.new_event_loop(), threading.Event()

    async def live() -> None:
        await station.start()
        connected.set()
        await station.uplink.stay_open()

    life = loop.create_task(live())

    def run() -> None:
        loop.run_until_complete(asyncio.wait([life]))
        loop.run_until_complete(station.close())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert connected.wait(30)
        yield station
    finally:
        loop.call_soon_threadsafe(life.cancel)
        thread.join(30)


@contextmanager
def _working() -> Iterator[None]:
    """Does what the workers do, over and over, until the end."""
    over = threading.Event()

    def run() -> None:
        try:
            while not over.wait(BREATH_S):
                _work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)


def _work() -> None:
    settle_sessions()
    scan_lagging_sessions()
    deliver_due()
    attend_due_payments(now=timezone.now())
    send_due_stripe_commands()
    with across_tenants(reason="nobody waits here for the pauses between looks"):
        Payment.objects.exclude(due_at=None).update(due_at=timezone.now())
