"""What has not happened in time, from the database through the sorted set to an incident."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import redis
import time_machine
from django.conf import settings

from anomalies.deadlines import Deadlines, Subject, Watched
from anomalies.models import Incident
from anomalies.services.silence import look_at
from anomalies.tasks import rebuild_deadlines, sweep_deadlines
from chargepoints.models import ChargePoint, Connector
from sessions_app.models import ChargingSession
from tests.anomalies.scenes import incidents
from tests.cast import NOON, a_charge_point, a_session

MINUTE = timedelta(minutes=1)
OFFLINE = ("S3", "offline", "open")


@pytest.fixture(autouse=True)
def empty_set() -> Iterator[None]:
    """No moments from other tests."""
    yield
    redis.Redis.from_url(settings.REDIS_URL).delete(f"{settings.CHANNEL_PREFIX}:deadlines")


@pytest.fixture
def heard(outlet: ChargePoint) -> ChargePoint:
    """A station that was last heard at noon."""
    ChargePoint.objects.update(last_seen_at=NOON)
    outlet.refresh_from_db()
    return outlet


def the_station(station: ChargePoint) -> Watched:
    return Watched(station.tenant_id, Subject.STATION, station.pk)


def the_connector() -> Watched:
    connector = Connector.objects.get()
    return Watched(connector.tenant_id, Subject.CONNECTOR, connector.pk)


def says(status: str, at: datetime = NOON) -> None:
    Connector.objects.update(status=status, status_at=at)


def is_heard(at: datetime) -> None:
    ChargePoint.objects.update(last_seen_at=at)


class TestStations:
    """Two heartbeats and a ping without a word."""

    def test_it_is_looked_at_when_it_may_be_late(self, heard: ChargePoint) -> None:
        assert look_at(the_station(heard), now=NOON + MINUTE) == NOON + timedelta(seconds=631)
        assert incidents() == []

    def test_silent_it_is_one_incident_until_it_is_heard(self, heard: ChargePoint) -> None:
        for minutes in (11, 12, 13):
            look_at(the_station(heard), now=NOON + minutes * MINUTE)
        incident = Incident.objects.get()
        assert (incidents(), incident.occurrences) == ([OFFLINE], 1)
        assert incident.since_at == NOON
        is_heard(NOON + 14 * MINUTE)
        look_at(the_station(heard), now=NOON + 14 * MINUTE)
        assert incidents() == [("S3", "offline", "resolved")]

    def test_its_connectors_are_no_faults_of_their_own(self, heard: ChargePoint) -> None:
        says("preparing")
        look_at(the_connector(), now=NOON + 60 * MINUTE)
        assert incidents() == []


class TestConnectors:
    """States that should not last, and sessions that never stop."""

    @pytest.mark.parametrize(
        ("status", "minutes"), [("preparing", 10), ("finishing", 30), ("unavailable", 5)]
    )
    def test_stuck_after_its_time(self, heard: ChargePoint, status: str, minutes: int) -> None:
        says(status)
        is_heard(NOON + minutes * MINUTE)
        look_at(the_connector(), now=NOON + minutes * MINUTE)
        assert incidents() == []
        look_at(the_connector(), now=NOON + minutes * MINUTE + timedelta(seconds=1))
        assert incidents() == [("S6", status, "open")]
        says("available", NOON + minutes * MINUTE)
        look_at(the_connector(), now=NOON + minutes * MINUTE + timedelta(seconds=2))
        assert incidents() == [("S6", status, "resolved")]

    def test_no_samples_while_charging(self, heard: ChargePoint) -> None:
        says("charging")
        session = a_session(heard, connector=Connector.objects.get(), last_sample_at=NOON)
        is_heard(NOON + 6 * MINUTE)
        look_at(the_connector(), now=NOON + 6 * MINUTE)
        assert incidents(session=session) == [("S1", "no_samples", "open")]
        ChargingSession.objects.update(last_sample_at=NOON + 7 * MINUTE)
        look_at(the_connector(), now=NOON + 7 * MINUTE)
        assert incidents() == [("S1", "no_samples", "resolved")]

    def test_what_a_person_ended_stays_ended(self, heard: ChargePoint) -> None:
        says("charging")
        a_session(heard, connector=Connector.objects.get(), last_sample_at=NOON)
        is_heard(NOON + 6 * MINUTE)
        look_at(the_connector(), now=NOON + 6 * MINUTE)
        Incident.objects.update(state="dismissed")
        look_at(the_connector(), now=NOON + 7 * MINUTE)
        assert incidents() == [("S1", "no_samples", "dismissed")]

    def test_a_free_connector_has_no_session(self, heard: ChargePoint) -> None:
        a_session(heard, connector=Connector.objects.get())
        says("available", NOON + MINUTE)
        is_heard(NOON + 3 * MINUTE)
        look_at(the_connector(), now=NOON + 3 * MINUTE)
        assert incidents() == [("S4", "connector_free", "open")]


class TestTheSet:
    """Redis only says when to look."""

    def test_a_lost_set_is_rebuilt_and_swept(self, heard: ChargePoint) -> None:
        a_charge_point("never-heard", heard.site)
        with time_machine.travel(NOON + 11 * MINUTE, tick=False):
            assert rebuild_deadlines() == 1
            assert sweep_deadlines() == 1
            assert incidents() == [OFFLINE]
            assert rebuild_deadlines() == 0

    def test_nothing_is_looked_at_before_its_time(self, heard: ChargePoint) -> None:
        with time_machine.travel(NOON + MINUTE, tick=False):
            rebuild_deadlines()
            assert (sweep_deadlines(), sweep_deadlines()) == (1, 0)
        with time_machine.travel(NOON + 11 * MINUTE, tick=False):
            assert sweep_deadlines() == 1
        assert incidents() == [OFFLINE]

    def test_what_is_gone_is_forgotten(self, heard: ChargePoint) -> None:
        Deadlines().set_all([(the_station(heard), NOON)])
        ChargePoint.objects.update(enabled=False)
        with time_machine.travel(NOON, tick=False):
            sweep_deadlines()
        assert Deadlines().known() == set()
