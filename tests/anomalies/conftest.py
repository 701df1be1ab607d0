"""A station with an 11 kW outlet, at an operator in scope; nobody hears the bells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chargepoints.models import ChargePoint
from outbox import bell
from tenants.scope import tenant_scope
from tests.cast import a_charge_point, a_connector, a_driver, a_tenant

pytest.register_assert_rewrite("tests.anomalies.scenes")


@pytest.fixture
def no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due is found by the test itself."""
    monkeypatch.setattr(bell, "ring", lambda *args: None)


def an_outlet(identity: str = "CP-1") -> ChargePoint:
    """A station whose one outlet is that of the traces: three phases of 16 A."""
    station = a_charge_point(identity)
    a_connector(station, max_current_ma=16_000, max_power_w=11_040)
    return station


@pytest.fixture
def outlet(db: Any, no_bell: None) -> Iterator[ChargePoint]:
    """The station, in its operator's scope."""
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        a_driver()
        yield an_outlet()
