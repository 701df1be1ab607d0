"""Incidents: one for what is one fault, ended by evidence or by a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from anomalies.models import Incident
from anomalies.services import dismiss_incident, release_hold, resolve_incident
from chargepoints.models import ChargePoint
from outbox.models import Event
from sessions_app.models import ChargingSession
from tests.anomalies.scenes import Charge, incidents, says_charging
from tests.anomalies.traces import START, ac, at, changed, shifted
from tests.cast import a_connector, a_member

GOOD = ac([16] * 20)
TOO_MUCH = ac([16] * 5 + [24] * 5 + [16] * 10)
MISREPORTED = changed(GOOD, range(5, 15), power_w=14_000)
ONE_DAY = timedelta(days=1)
Gate = ChargingSession.Gate


def goes(outlet: ChargePoint, samples: Any, day: int = 0, **more: Any) -> Charge:
    """A whole session so many days after the first."""
    charge = Charge(outlet, begins_at=START + day * ONE_DAY, **more)
    charge.goes(samples)
    return charge


class TestOneFault:
    """What is the same, and what is not."""

    def test_scans_and_check_speak_of_one_incident(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        for number in range(0, 20, 5):
            charge.says(MISREPORTED[number : number + 5])
            charge.scan()
        charge.ends(MISREPORTED[-1].energy_wh or 0)
        charge.check()
        assert incidents(session=charge.session, occurrences=1) == [("E1", "power_high", "open")]

    def test_each_session_held_has_an_incident_of_its_own(self, outlet: ChargePoint) -> None:
        goes(outlet, MISREPORTED)
        goes(outlet, MISREPORTED, day=1)
        assert incidents() == [("E1", "power_high", "open")] * 2

    def test_a_stations_fault_seen_again_is_the_same_incident(self, outlet: ChargePoint) -> None:
        first = goes(outlet, TOO_MUCH)
        goes(outlet, TOO_MUCH, day=1)
        incident = Incident.objects.get()
        assert (incident.session_id, incident.occurrences) == (first.session.id, 2)
        assert (incident.since_at, incident.last_seen_at) == (at(360), at(420) + ONE_DAY)

    def test_seen_again_by_scan_and_check_counts_once(self, outlet: ChargePoint) -> None:
        goes(outlet, TOO_MUCH)
        again = Charge(outlet, begins_at=START + ONE_DAY)
        again.says(TOO_MUCH)
        again.scan()
        again.ends(TOO_MUCH[-1].energy_wh or 0)
        again.check()
        assert Incident.objects.get().occurrences == 2

    def test_another_outlet_has_an_incident_of_its_own(self, outlet: ChargePoint) -> None:
        a_connector(outlet, 2, max_current_ma=16_000, max_power_w=11_040)
        goes(outlet, TOO_MUCH)
        goes(outlet, TOO_MUCH, connector=2)
        assert incidents() == [("E3", "over_limit", "open")] * 2

    def test_another_kind_has_an_incident_of_its_own(self, outlet: ChargePoint) -> None:
        says_charging(outlet)
        goes(outlet, ac([16] * 5 + [24] * 5 + [16] * 5 + [0] * 5))
        assert incidents() == [("E3", "over_limit", "open"), ("E9", "no_power", "open")]

    def test_after_it_was_mended_it_is_a_new_incident(self, outlet: ChargePoint) -> None:
        goes(outlet, TOO_MUCH)
        resolve_incident(incident=Incident.objects.get(), user_id=None, resolution="new cable")
        goes(outlet, TOO_MUCH, day=1)
        assert [state for _, _, state in incidents()] == ["resolved", "open"]

    def test_a_session_without_an_outlet_has_its_own(self, outlet: ChargePoint) -> None:
        low = shifted(GOOD, 5, -2000)
        goes(outlet, low, connector=0)
        goes(outlet, low, day=1, connector=0)
        assert incidents(connector=None) == [("M1", "lower", "open")] * 2


class TestEvidence:
    """The samples around the moment of certainty."""

    def test_ten_samples_before_and_ten_after(self, outlet: ChargePoint) -> None:
        goes(outlet, ac([16] * 30 + [24] * 5 + [16] * 30))
        incident = Incident.objects.get()
        times = [row["at"] for row in incident.evidence]
        assert times == [at(60 * n).isoformat() for n in range(22, 43)]
        assert times[10] == incident.last_seen_at.isoformat()

    def test_it_says_what_was_measured_and_nothing_else(self, outlet: ChargePoint) -> None:
        goes(outlet, TOO_MUCH)
        sample = Incident.objects.get().evidence[6]
        assert sample["current_l1_ma"] == 24_000
        assert sample["voltage_l3_mv"] == TOO_MUCH[6].voltage_l3_mv
        assert {"soc_pct", "flags", "extra"}.isdisjoint(sample)

    def test_the_end_of_a_session_is_shown_for_its_stop(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(GOOD)
        charge.ends(500)
        charge.check()
        incident = Incident.objects.get()
        assert (incident.kind, len(incident.evidence)) == ("M9", 10)
        assert incident.evidence[-1]["energy_wh"] == GOOD[-1].energy_wh


class TestEndedByEvidence:
    """A later session without the fault."""

    def test_a_later_good_session_ends_a_stations_fault(self, outlet: ChargePoint) -> None:
        goes(outlet, TOO_MUCH)
        good = goes(outlet, GOOD, day=1)
        incident = Incident.objects.get()
        assert (incident.state, incident.resolution) == ("resolved", "a later session was good")
        assert incident.resolved_at == at(12 * 3600) + ONE_DAY
        assert good.gate == (Gate.CLEARED, "")

    def test_an_earlier_session_that_comes_late_does_not(self, outlet: ChargePoint) -> None:
        goes(outlet, TOO_MUCH, day=1)
        goes(outlet, GOOD)
        assert incidents() == [("E3", "over_limit", "open")]

    def test_a_session_without_energy_does_not(self, outlet: ChargePoint) -> None:
        goes(outlet, TOO_MUCH)
        goes(outlet, changed(ac([0] * 3), range(3), energy_wh=1003), day=1)
        assert incidents() == [("E3", "over_limit", "open")]

    def test_a_session_at_another_outlet_does_not(self, outlet: ChargePoint) -> None:
        goes(outlet, TOO_MUCH)
        a_connector(outlet, 2)
        goes(outlet, GOOD, day=1, connector=2)
        assert incidents() == [("E3", "over_limit", "open")]

    def test_nothing_but_a_person_ends_what_holds_a_session(self, outlet: ChargePoint) -> None:
        held = goes(outlet, MISREPORTED)
        goes(outlet, GOOD, day=1)
        assert incidents() == [("E1", "power_high", "open")]
        assert held.gate[0] == Gate.HELD

    def test_what_is_dismissed_stays_dismissed(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(TOO_MUCH)
        charge.scan()
        dismiss_incident(incident=Incident.objects.get(), user_id=None, resolution="a test load")
        charge.ends(TOO_MUCH[-1].energy_wh or 0)
        charge.check()
        goes(outlet, GOOD, day=1)
        assert incidents() == [("E3", "over_limit", "dismissed")]


class TestEndedByAPerson:
    """Resolve, dismiss, release."""

    def test_resolving_says_who_and_when(self, outlet: ChargePoint) -> None:
        goes(outlet, TOO_MUCH)
        user, before = a_member(), timezone.now()
        incident = Incident.objects.get()
        assert resolve_incident(incident=incident, user_id=user.pk, resolution="new cable" * 99)
        incident.refresh_from_db()
        assert (incident.state, incident.resolved_by) == ("resolved", user)
        assert incident.resolution == ("new cable" * 99)[:255]
        assert incident.resolved_at is not None
        assert before <= incident.resolved_at <= timezone.now()

    @pytest.mark.parametrize("again", [resolve_incident, dismiss_incident])
    def test_what_has_ended_can_not_end_again(self, outlet: ChargePoint, again: Any) -> None:
        goes(outlet, TOO_MUCH)
        incident = Incident.objects.get()
        assert dismiss_incident(incident=incident, user_id=None, resolution="a test load")
        assert not again(incident=incident, user_id=None, resolution="once more")
        incident.refresh_from_db()
        assert (incident.state, incident.resolution) == ("dismissed", "a test load")

    def test_resolving_releases_nothing(self, outlet: ChargePoint) -> None:
        charge = goes(outlet, MISREPORTED)
        resolve_incident(incident=Incident.objects.get(), user_id=None, resolution="new meter")
        assert charge.gate == (Gate.HELD, "E1 power_high")

    def test_a_release_lets_billing_have_the_session(self, outlet: ChargePoint) -> None:
        charge, user = goes(outlet, MISREPORTED), a_member()
        person = {"user_id": user.pk, "actor": "Olga", "reason": "meter read by hand"}
        assert release_hold(session=charge.session, **person)
        assert charge.gate == (Gate.RELEASED, "Olga: meter read by hand")
        incident = Incident.objects.get()
        assert (incident.state, incident.resolved_by) == ("resolved", user)
        assert incident.resolution == "meter read by hand"
        assert Event.objects.filter(type="session.cleared").count() == 1

    def test_a_second_release_does_nothing(self, outlet: ChargePoint) -> None:
        charge = goes(outlet, MISREPORTED)
        person = {"session": charge.session, "user_id": None, "actor": "Olga"}
        assert release_hold(**person, reason="meter read by hand")
        assert not release_hold(**person, reason="once more")
        assert charge.gate == (Gate.RELEASED, "Olga: meter read by hand")
        assert Event.objects.filter(type="session.cleared").count() == 1

    def test_what_is_not_held_can_not_be_released(self, outlet: ChargePoint) -> None:
        charge = goes(outlet, TOO_MUCH)
        assert not release_hold(session=charge.session, user_id=None, actor="Olga", reason="so")
        assert incidents() == [("E3", "over_limit", "open")]

    def test_a_release_leaves_the_stations_faults_open(self, outlet: ChargePoint) -> None:
        charge = goes(outlet, changed(TOO_MUCH, range(12, 20), power_w=14_000))
        assert release_hold(session=charge.session, user_id=None, actor="Olga", reason="so")
        assert incidents() == [("E3", "over_limit", "open"), ("E1", "power_high", "resolved")]
