"""The whole platform as the journeys meet it: over its sockets, its API, and at Stripe's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from billing.models import StripeCommand
from billing.services.invoices import connect_stripe_account, open_billing_account
from chargepoints.models import Connector, Site
from chargepoints.services import register_charge_point
from config.celery import app
from config.devstack.rented import WebProcess, WorkerProcess
from config.devstack.simulator.fleet import AC_22, AcCharger, Charger
from config.devstack.simulator.plan import StationSpec
from config.devstack.stripe_stand_in import StandIn
from config.devstack.stripe_stand_in.stand_in import ANY_PLATFORM
from outbox.models import Delivery
from sessions_app.models import Driver, IdToken
from tenants.models import Scopes, Tenant
from tenants.scope import across_tenants, tenant_scope
from tenants.services import create_tenant, issue_api_key
from tests.cast import a_site, a_tariff

T = TypeVar("T")
Json = dict[str, Any]

WITHIN_S = 300.0
PASSWORD = "a-password-for-tests"
# What beat does; no journey waits for its intervals.
SWEEPS = (
    "outbox.tasks.deliver_due_events",
    "sessions_app.tasks.settle_sessions",
    "anomalies.tasks.scan_lagging_sessions",
    "billing.tasks.send_due_stripe_commands",
)


@dataclass(frozen=True)
class Platform:
    """Web server, worker and Stripe's stand-in, all running."""

    web: WebProcess
    worker: WorkerProcess
    stripe: StandIn

    @property
    def sockets(self) -> str:
        """Where stations connect."""
        return self.web.websocket_url

    def is_at_rest(self) -> bool:
        """Whether nothing is owed and no event is on its way: a posted event becomes work."""
        return all(look() for look in (nothing_is_owed, self._is_told) * 2)

    def _is_told(self) -> bool:
        return self.stripe.deliveries.wait_idle(0)


@dataclass(frozen=True)
class Prices:
    """What an operator asks for, VAT included, in kronor."""

    per_kwh: str = "4.95"
    per_minute: str = "0.20"
    per_session: str = "3.00"


class Operator:
    """A tenant with prices, drivers and stations, and its partner who calls the API."""

    def __init__(self, platform: Platform, slug: str, prices: Prices) -> None:
        self.platform, self.prices = platform, prices
        # One of its own, since the stand-in remembers what earlier journeys did.
        self.account = f"acct_{slug}_{uuid4().hex[:8]}"
        with platform.stripe.world.lock:
            platform.stripe.world.open_account(self.account, ANY_PLATFORM)
        self.owner = f"owner@{slug}.example"
        self.tenant: Tenant = create_tenant(
            slug=slug, name=f"{slug.capitalize()} AB", owner_email=self.owner, password=PASSWORD
        )
        with tenant_scope(self.tenant.id):
            a_tariff(prices.per_kwh, prices.per_minute, prices.per_session)
            connect_stripe_account(account_ref=self.account)
            self.site: Site = a_site()
            self.key = issue_api_key(name="partner", scopes=Scopes.values)[1]
        self.api = httpx.Client(
            base_url=f"{platform.web.url}/api/v1/",
            headers={"Authorization": f"Bearer {self.key}"},
            trust_env=False,
            timeout=30,
        )

    def station(
        self, identity: str, version: str = "1.6", charger: Charger = AC_22, connectors: int = 1
    ) -> StationSpec:
        """A registered station with its key, its connectors rated as the charger is."""
        with tenant_scope(self.tenant.id):
            charge_point, key = register_charge_point(site=self.site, identity=identity)
            for number in range(1, connectors + 1):
                Connector.objects.create(
                    charge_point=charge_point, evse_id=number, **rating_of(charger)
                )
        return StationSpec(self.tenant.slug, identity, key, version, charger)

    def driver(self, uid: str, card: str = "pm_card_visa") -> Driver:
        """Somebody with a token; without a card there is nobody to send an invoice to."""
        with tenant_scope(self.tenant.id):
            driver = Driver.objects.create(name=f"Driver {uid}", email=f"{uid.lower()}@example.com")
            IdToken.objects.create(driver=driver, uid=uid)
            if card:
                open_billing_account(driver_id=driver.pk, payment_method_ref=card)
        return driver

    def get(self, path: str, **query: str) -> Any:
        """What the API answers, as JSON; fails on anything but 200."""
        answer = self.api.get(path, params=query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.json()

    def session(self, transaction_id: object) -> Json | None:
        """The session of a transaction with all its details, once the API knows it."""
        rows = self.get("sessions/", transaction_ref=str(transaction_id))["results"]
        assert len(rows) < 2
        found: Json | None = self.get(f"sessions/{rows[0]['id']}/") if rows else None
        return found

    def paid(self, transaction_id: object) -> Json:
        """The session of a transaction, waited for until its invoice is paid."""

        def look() -> Json | None:
            session = self.session(transaction_id)
            is_paid = session and (session["invoice"] or {}).get("state") == "paid"
            return session if is_paid else None

        return eventually(look)


class Person:
    """Somebody at the admin, signed in as the operator's owner."""

    def __init__(self, operator: Operator) -> None:
        self.browser = httpx.Client(
            base_url=f"{operator.platform.web.url}/admin/", trust_env=False, timeout=30
        )
        self.browser.get("login/")
        self.press("login/", username=operator.owner, password=PASSWORD)

    def press(self, path: str, **fields: str) -> httpx.Response:
        """Send a form, with what the browser adds."""
        token = self.browser.cookies["csrftoken"]
        return self.browser.post(
            path,
            data={**fields, "csrfmiddlewaretoken": token},
            headers={"Referer": str(self.browser.base_url)},
        )

    def release(self, session: Json, reason: str, **energy: str) -> httpx.Response:
        """Let billing have a held session, as measured unless the form says another energy."""
        page = f"sessions_app/chargingsession/{session['id']}/release/"
        return self.press(page, reason=reason, **energy)


def rating_of(charger: Charger) -> Json:
    """The fields of a connector that can do what the charger does."""
    if isinstance(charger, AcCharger):
        power_w = charger.nominal_mv * charger.limit_ma * charger.phases // 1_000_000
        kind = {"current_type": Connector.CurrentType.AC, "phases": charger.phases}
    else:
        power_w = charger.limit_w
        kind = {"current_type": Connector.CurrentType.DC, "phases": 1}
    return {**kind, "max_current_ma": charger.limit_ma, "max_power_w": power_w}


def eventually(look: Callable[[], T | None], within_s: float = WITHIN_S) -> T:
    """The first thing seen that is true; meanwhile the clock's sweeps run. Fails in the end."""
    pause = threading.Event()
    deadline, sweep_at = time.monotonic() + within_s, time.monotonic() + 1
    while True:
        found = look()
        if found:
            return found
        now = time.monotonic()
        assert now < deadline, f"it never happened; owed: {debts()}"
        if now > sweep_at:
            sweep_at = now + 1
            sweep()
        pause.wait(0.1)


def sweep() -> None:
    """Everything that runs by the clock, now; unlike a bell it fails when the broker is away."""
    for task in SWEEPS:
        app.send_task(task)


def nothing_is_owed() -> bool:
    """Whether the worker has nothing left to do."""
    return not debts()


def debts() -> list[str]:
    """Everything the worker has still to do, and what it said of it last."""
    with across_tenants(reason="the end of a journey"):
        deliveries = Delivery.objects.filter(state=Delivery.State.PENDING)
        calls = StripeCommand.objects.filter(state__in=("pending", "sending", "unknown"))
        return [
            *(f"{row.subscriber} {row.attempts} {row.last_error}" for row in deliveries),
            *(f"{row} {row.state} {row.attempts} {row.last_error}" for row in calls),
        ]


def ore(*kronor: Decimal) -> list[int]:
    """Each amount in öre, rounded half up: not with the product's own code."""
    return [int((amount * 100 + Decimal("0.5")) // 1) for amount in kronor]


def pages(operator: Operator, path: str) -> Sequence[Json]:
    """Every row of a list, page by page."""
    rows, address = [], path
    while address:
        page = operator.get(address)
        rows += page["results"]
        address = page["next"]
    return rows
