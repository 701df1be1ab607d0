"""Somebody else with a station's key becomes an incident of the station."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils.translation import override

from anomalies.models import Incident
from anomalies.wording import explain
from chargepoints.events import SecondConnectionRefused
from chargepoints.models import ChargePoint
from outbox.services import deliver_due, publish
from tenants.scope import tenant_scope
from tests.cast import NOON, a_charge_point, a_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def station() -> Iterator[ChargePoint]:
    """A station of the operator in scope."""
    with tenant_scope(a_tenant().id):
        yield a_charge_point()


def refused(station: ChargePoint, minutes: int = 0) -> None:
    at = NOON + timedelta(minutes=minutes)
    publish(
        SecondConnectionRefused(occurred_at=at, charge_point_id=station.pk, address="192.0.2.7")
    )
    deliver_due()


def test_the_operator_is_told_from_where_and_what_to_do(station: ChargePoint) -> None:
    refused(station)
    incident = Incident.objects.get()
    assert (incident.kind, incident.charge_point, incident.state) == ("F6", station, "open")
    with override("en"):
        text = explain(incident).sentence
    assert "Somebody at 192.0.2.7 had this station's key" in text
    assert "give the station a new key" in text


def test_who_tries_again_is_counted_on_the_same_incident(station: ChargePoint) -> None:
    refused(station)
    refused(station, minutes=5)
    assert Incident.objects.get().occurrences == 2


def test_told_twice_of_one_attempt_nothing_changes(station: ChargePoint) -> None:
    refused(station)
    refused(station)
    assert Incident.objects.get().occurrences == 1
