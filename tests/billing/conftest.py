"""A tenant with a tariff, and Stripe's stand-in for it to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import stripe
import time_machine
from pytest_django import Settings

from billing.models import TariffVersion
from config.devstack.stripe_stand_in import StandIn
from outbox import bell
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import a_tariff, a_tenant
from tests.stripe_stand_in.conformance import checked_stand_in

pytest.register_assert_rewrite("tests.billing.scenes")


@pytest.fixture
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "ring", lambda *args: None)


@pytest.fixture
def volt(db: None, _no_bell: None) -> Iterator[Tenant]:
    """The tenant in scope."""
    tenant = a_tenant(
        organisation_number="556000-0001", vat_number="SE556000000101", address="Torget 1, Uppsala"
    )
    with tenant_scope(tenant.id):
        yield tenant


@pytest.fixture
def tariff(volt: Tenant) -> TariffVersion:
    """4.00 kr per kWh, VAT included."""
    return a_tariff()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved on; the stand-in's moves with it."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def stand_in(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Stripe on loopback, every exchange held against the SDK's types; repeats do not wait."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0)
    secret = settings.STRIPE_WEBHOOK_SECRETS[0]
    options = {"webhook_secret": secret, "connected": ["acct_volt"], "seed": 1}
    with checked_stand_in(**options) as running:
        # What the tests of refused calls send on purpose.
        running.conformance.tolerate("nickname")
        settings.STRIPE_API_BASE = running.url
        yield running
