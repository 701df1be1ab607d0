"""An operator with a price of 4.00 kr per kWh, a station with two outlets, and Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from billing.services.invoices import open_billing_account
from chargepoints.models import ChargePoint
from chargepoints.types import V16, V201
from outbox import bell
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.conftest import clock, stand_in
from tests.cast import a_charge_point, a_connector, a_driver, a_tariff, a_tenant
from tests.sessions_app.talk import Talk

__all__ = ["clock", "stand_in"]


@pytest.fixture
def volt(db: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """The operator in scope; nobody hears the bells."""
    monkeypatch.setattr(bell, "ring", lambda *args: None)
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        yield tenant


@pytest.fixture
def charge_point(volt: Tenant) -> ChargePoint:
    """A station with two outlets of 22 kW, and a driver with the token AABBCC and a card."""
    station = a_charge_point()
    a_connector(station)
    a_connector(station, evse_id=2)
    open_billing_account(driver_id=a_driver().id, payment_method_ref="pm_card_visa")
    return station


@pytest.fixture
def flat(charge_point: ChargePoint) -> None:
    """4.00 kr per kWh, VAT included."""
    a_tariff()


@pytest.fixture
def old(charge_point: ChargePoint) -> Talk:
    """The station speaking OCPP 1.6."""
    return Talk(charge_point, V16)


@pytest.fixture
def new(charge_point: ChargePoint) -> Talk:
    """The station speaking OCPP 2.0.1."""
    return Talk(charge_point, V201)
