"""A station of each OCPP version, as the socket would make it, at an operator of our own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chargepoints.models import ChargePoint
from chargepoints.types import V16, V201
from outbox import bell
from sessions_app.services import scanning
from tenants.scope import tenant_scope
from tests.cast import a_charge_point, a_connector, a_driver, a_tenant
from tests.sessions_app.talk import Talk


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The bells that were rung; no worker listens in these tests."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(bell, "ring", lambda *args: calls.append(args))
    monkeypatch.setattr(scanning, "_rung_at", {})
    return calls


@pytest.fixture
def operator(db: Any) -> Iterator[Any]:
    """One operator, in scope."""
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        yield tenant


@pytest.fixture
def charge_point(operator: Any) -> ChargePoint:
    """A station with one outlet, and a driver with the token AABBCC."""
    station = a_charge_point()
    a_connector(station)
    a_driver()
    return station


@pytest.fixture
def old(charge_point: ChargePoint) -> Talk:
    """The station speaking OCPP 1.6."""
    return Talk(charge_point, V16)


@pytest.fixture
def new(charge_point: ChargePoint) -> Talk:
    """The station speaking OCPP 2.0.1."""
    return Talk(charge_point, V201)
