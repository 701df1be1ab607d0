"""Numbers on the home page, and the log that forgets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chargepoints.models import ChargePoint, Connector, CustomerReport, OcppMessage
from chargepoints.selectors import (
    ConnectorCounts,
    StationCounts,
    charge_points,
    connector_counts,
    connectors_of,
    messages_of,
    station_counts,
)
from chargepoints.services import purge_messages
from chargepoints.services.retention import smallest_id_at
from tenants.scope import tenant_scope
from tests.cast import a_charge_point, a_connector, a_site, a_tenant

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def volt(db: Any) -> Iterator[None]:
    with tenant_scope(a_tenant().id):
        yield


def a_station(identity: str, seen: timedelta | None, **more: Any) -> ChargePoint:
    station = a_charge_point(identity)
    if seen is not None:
        more |= {"socket_channel": "somewhere", "last_seen_at": NOW - seen}
    ChargePoint.objects.filter(pk=station.pk).update(**more)
    return station


def test_a_station_is_live_while_its_socket_speaks() -> None:
    a_station("A", timedelta(minutes=9))
    a_station("B", timedelta(minutes=10))
    a_station("C", None)
    a_station("D", timedelta(0), enabled=False)
    assert station_counts(NOW) == StationCounts(total=3, online=1, faulted=0)
    assert [c.is_online(NOW) for c in ChargePoint.objects.order_by("identity")] == [
        *(True, False, False, True)
    ]


def test_a_faulted_connector_makes_a_faulted_station_once() -> None:
    station = a_station("A", None)
    for evse in (1, 2):
        a_connector(station, evse, status=Connector.Status.FAULTED)
    a_connector(station, 3, status=Connector.Status.CHARGING)
    a_connector(station, 4, status=Connector.Status.AVAILABLE)
    assert station_counts(NOW).faulted == 1
    assert connector_counts() == ConnectorCounts(total=4, available=1, occupied=1, faulted=2)


def test_another_operators_stations_do_not_count() -> None:
    with tenant_scope(a_tenant("ampere").id):
        a_station("A", timedelta(0))
    assert station_counts(NOW) == StationCounts(total=0, online=0, faulted=0)


def test_stations_come_with_site_and_connectors_in_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    site = a_site()
    for identity in "ABC":
        a_connector(a_charge_point(identity, site), 1)
    with django_assert_num_queries(2):
        assert [(c.site.name, len(c.connectors.all())) for c in charge_points()] == [
            ("Torget", 1)
        ] * 3


def test_connectors_come_by_number() -> None:
    station = a_station("A", None)
    for evse in (2, 1):
        a_connector(station, evse)
    assert [c.evse_id for c in connectors_of(station)] == [1, 2]


def test_old_messages_are_forgotten() -> None:
    station = a_station("A", None)
    for days in (1, 29, 31):
        at = timezone.now() - timedelta(days=days)
        OcppMessage.objects.create(
            id=UUID(int=smallest_id_at(at).int + 1), charge_point=station, inbound=True, at=at
        )
    assert purge_messages(before=timezone.now() - timedelta(days=30)) == 1
    assert [(timezone.now() - m.at).days for m in messages_of(station)] == [1, 29]


def test_what_a_station_told_of_a_customer_is_forgotten_with_the_messages() -> None:
    station = a_station("A", None)
    for days in (29, 31):
        at = timezone.now() - timedelta(days=days)
        CustomerReport.objects.create(charge_point=station, request_id=days, reported_at=at)
    purge_messages(before=timezone.now() - timedelta(days=30))
    assert CustomerReport.objects.get().request_id == 29
