"""Incidents that belong together, that are muted, and that come back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from anomalies.models import Incident, Maintenance
from anomalies.selectors import connector_health, maintenance_at, open_incidents, rule_records
from anomalies.services import (
    Place,
    acknowledge_incident,
    judge_incident,
    record_place_finding,
    resolve_incident,
    resolve_place,
    unmute_incidents,
)
from anomalies.types import Action, Finding, Relation, Severity
from anomalies.wording import explain
from chargepoints.models import ChargePoint
from outbox.models import Event
from tests.anomalies.conftest import an_outlet
from tests.anomalies.scenes import Charge, incidents
from tests.anomalies.traces import START, ac, changed
from tests.cast import NOON, a_charge_point, a_connector, a_site

MINUTE = timedelta(minutes=1)
MISREPORTED = changed(ac([16] * 20), range(5, 15), power_w=14_000)


def gone(at: datetime = NOON, **more: Any) -> Finding:
    """A station that is not heard of."""
    values: dict[str, Any] = {
        "kind": "S3",
        "cause": "offline",
        "signal": "WebSocket",
        "unit": "s",
        "observed": 700,
        "expected": 600,
        "relation": Relation.AT_MOST,
        "since_at": at,
        "at": at,
        "severity": Severity.CRITICAL,
        "action": Action.RESET,
    }
    return Finding(**values | more)


def goes_silent(station: ChargePoint, at: datetime = NOON) -> None:
    record_place_finding(place=Place(station.id), finding=gone(at))


@pytest.fixture
def stations(outlet: ChargePoint) -> list[ChargePoint]:
    """Four stations at one site."""
    return [a_charge_point(f"S-{n}", outlet.site) for n in range(3)] + [outlet]


def opened() -> int:
    return Event.objects.filter(type="incident.opened").count()


class TestHeldSessions:
    """Each has a decision of its own; of a connector and kind one incident is shown."""

    def charges(self, outlet: ChargePoint) -> list[Charge]:
        charges = [Charge(outlet, begins_at=START + n * timedelta(days=1)) for n in range(3)]
        for charge in charges:
            charge.goes(MISREPORTED)
        return charges

    def test_the_first_is_shown_and_the_others_are_its_parts(self, outlet: ChargePoint) -> None:
        first, *others = self.charges(outlet)
        whole = open_incidents().get()
        assert whole.session_id == first.session.id
        assert {part.session_id for part in whole.parts.all()} == {c.session.id for c in others}
        assert opened() == 1

    def test_when_it_ends_the_oldest_part_takes_its_place(self, outlet: ChargePoint) -> None:
        _first, second, third = self.charges(outlet)
        resolve_incident(incident=open_incidents().get(), user_id=None, resolution="read by hand")
        whole = open_incidents().get()
        assert whole.session_id == second.session.id
        assert whole.parts.get().session_id == third.session.id


class TestStorms:
    """More than 30 % of at least three chargers within two minutes is the site's matter."""

    def test_two_of_four_are_one_incident(self, stations: list[ChargePoint]) -> None:
        goes_silent(stations[0])
        goes_silent(stations[1], NOON + MINUTE)
        whole = open_incidents().get()
        assert (whole.site, whole.charge_point, whole.observed) == (stations[0].site, None, 2)
        assert whole.parts.count() == 2
        assert "2" in explain(whole).sentence
        assert "4" in explain(whole).sentence

    def test_more_stations_join_it(self, stations: list[ChargePoint]) -> None:
        for number, station in enumerate(stations):
            goes_silent(station, NOON + number * MINUTE)
        assert open_incidents().get().observed == 4
        # One for the first station before the others failed, one for the site.
        assert opened() == 2

    def test_one_is_no_storm(self, stations: list[ChargePoint]) -> None:
        goes_silent(stations[0])
        assert open_incidents().get().charge_point == stations[0]

    def test_what_is_minutes_apart_is_no_storm(self, stations: list[ChargePoint]) -> None:
        goes_silent(stations[0])
        goes_silent(stations[1], NOON + 3 * MINUTE)
        assert open_incidents().filter(site=None).count() == 2

    def test_two_stations_alone_are_no_site(self, outlet: ChargePoint) -> None:
        goes_silent(outlet)
        goes_silent(a_charge_point("S-2", outlet.site))
        assert open_incidents().filter(site=None).count() == 2

    def test_stations_of_another_site_do_not_count(self, stations: list[ChargePoint]) -> None:
        goes_silent(stations[0])
        goes_silent(a_charge_point("X", a_site("Hamnen")))
        assert open_incidents().filter(site=None).count() == 2

    def test_it_ends_when_the_last_station_is_well(self, stations: list[ChargePoint]) -> None:
        goes_silent(stations[0])
        goes_silent(stations[1])
        for station in stations[:2]:
            assert open_incidents().exists()
            well = {"kinds": ["S3"], "now": NOON, "resolution": "heard of again"}
            resolve_place(place=Place(station.id), **well)
        assert {state for *_, state in incidents()} == {"resolved"}

    def test_a_person_ends_all_of_it(self, stations: list[ChargePoint]) -> None:
        goes_silent(stations[0])
        goes_silent(stations[1])
        resolve_incident(incident=open_incidents().get(), user_id=None, resolution="new fuse")
        assert [state for *_, state in incidents()] == ["resolved"] * 3


class TestMaintenance:
    """Planned work wakes nobody."""

    def work(self, **place: Any) -> Maintenance:
        return Maintenance.objects.create(
            starts_at=NOON - timedelta(days=999),
            ends_at=NOON + timedelta(days=9999),
            reason="new cables",
            set_by="Olga",
            **place,
        )

    @pytest.mark.parametrize("where", ["site", "charge_point", "connector"])
    def test_incidents_of_the_place_are_muted(self, outlet: ChargePoint, where: str) -> None:
        connector = outlet.connectors.get()
        places = {"site": outlet.site, "charge_point": outlet, "connector": connector}
        self.work(**{where: places[where]})
        record_place_finding(place=Place(outlet.id, connector.id), finding=gone())
        assert Incident.objects.get().is_muted
        assert (open_incidents().count(), opened()) == (0, 0)

    def test_other_places_are_not(self, outlet: ChargePoint) -> None:
        self.work(connector=a_connector(outlet, 2))
        record_place_finding(
            place=Place(outlet.id, outlet.connectors.get(evse_id=1).id), finding=gone()
        )
        assert not Incident.objects.get().is_muted

    def test_what_is_wrong_afterwards_is_told_then(self, outlet: ChargePoint) -> None:
        work = self.work(charge_point=outlet)
        goes_silent(outlet)
        assert unmute_incidents(now=NOON) == 0
        assert unmute_incidents(now=work.ends_at) == 1
        assert (open_incidents().count(), opened()) == (1, 1)

    def test_a_session_is_held_all_the_same(self, outlet: ChargePoint) -> None:
        self.work(charge_point=outlet)
        charge = Charge(outlet)
        charge.goes(MISREPORTED)
        assert charge.gate == ("held", "E1 power_high")

    def test_it_is_over_at_its_end(self, outlet: ChargePoint) -> None:
        work = self.work(charge_point=outlet)
        assert maintenance_at(place_of=Place(outlet.id), now=work.starts_at).exists()
        assert not maintenance_at(place_of=Place(outlet.id), now=work.ends_at).exists()


class TestComingBack:
    """What flaps is one incident."""

    def ends(self, station: ChargePoint, at: datetime) -> None:
        resolve_place(place=Place(station.id), kinds=["S3"], now=at, resolution="heard of again")

    def test_within_an_hour_it_is_the_same(self, outlet: ChargePoint) -> None:
        goes_silent(outlet)
        self.ends(outlet, NOON + 5 * MINUTE)
        goes_silent(outlet, NOON + 20 * MINUTE)
        incident = Incident.objects.get()
        assert (incident.state, incident.reopened, incident.occurrences) == ("open", 1, 2)

    def test_later_it_is_another(self, outlet: ChargePoint) -> None:
        goes_silent(outlet)
        self.ends(outlet, NOON + 5 * MINUTE)
        goes_silent(outlet, NOON + 70 * MINUTE)
        assert [state for *_, state in incidents()] == ["resolved", "open"]

    def test_said_twice_it_is_seen_once(self, outlet: ChargePoint) -> None:
        goes_silent(outlet)
        goes_silent(outlet)
        assert Incident.objects.get().occurrences == 1


class TestJudged:
    """What people say of incidents, and what it says of rules."""

    def test_precision_is_right_ones_of_the_judged(self, outlet: ChargePoint) -> None:
        said = ["true", "true", "false", "other", ""]
        for number, verdict in enumerate(said):
            goes_silent(an_outlet(f"N-{number}"))
            incident = Incident.objects.latest("created_at")
            verdict = Incident.Verdict(verdict)
            judge_incident(incident=incident, verdict=verdict, cause="", actor="Olga", now=NOON)
        record = rule_records()[0]
        assert (record.kind, record.incidents, record.judged) == ("S3", 5, 4)
        assert record.precision_percent == 50

    def test_nobody_said_is_no_share(self, outlet: ChargePoint) -> None:
        goes_silent(outlet)
        assert rule_records()[0].precision_percent is None

    def test_a_danger_is_acknowledged_once(self, outlet: ChargePoint) -> None:
        goes_silent(outlet)
        incident = Incident.objects.get()
        assert acknowledge_incident(incident=incident, actor="Olga", now=NOON)
        assert not acknowledge_incident(incident=incident, actor="Pelle", now=NOON)
        incident.refresh_from_db()
        assert incident.acknowledged_by == "Olga"

    def test_health_is_that_of_connector_and_station(self, outlet: ChargePoint) -> None:
        first, second = outlet.connectors.get(), a_connector(outlet, 2)
        goes_silent(outlet)
        record_place_finding(
            place=Place(outlet.id, first.id), finding=gone(kind="S6", severity=Severity.ALERT)
        )
        health = connector_health([first.id, second.id], NOON)
        assert health == {first.id: 100 - 25 - 15, second.id: 100 - 25}
