"""Rules over several sessions, of stations and of tokens, from what happened to the incident."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from anomalies.deadlines import Subject, Watched
from anomalies.models import LearntProfile, RuleMemory, RuleSetting, SessionDigest
from anomalies.services.learning import learn_from_session
from anomalies.services.silence import look_at
from anomalies.services.stations import sweep_stations
from chargepoints.models import ChargePoint, Connector, Site
from chargepoints.services.status import StatusReport, record_status
from outbox.services import deliver_due
from sessions_app.models import ParkedMessage
from sessions_app.types import Sample
from tests.anomalies.conftest import an_outlet
from tests.anomalies.scenes import Charge, incidents
from tests.anomalies.traces import START, ac, changed, dc
from tests.cast import a_driver

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def a_charge(station: ChargePoint, day: float, samples: list[Sample], **more: Any) -> Charge:
    """A whole session that begins so many days later, judged and learnt from."""
    charge = Charge(station, begins_at=START + day * DAY, **more)
    if samples:
        charge.says_at_once(samples)
    charge.ends(samples[-1].energy_wh or 0 if samples else more.get("start_wh", 1003))
    charge.check()
    learn_from_session(session_id=charge.session.pk, now=START)
    return charge


def remembers(subject: str, key: str, **state: Any) -> None:
    RuleMemory.objects.create(subject=subject, key=key, state={"version": 1, **state})


def says(station: ChargePoint, status: str, error: str = "NoError", minute: int = 0) -> None:
    at = START + minute * MINUTE
    report = StatusReport(evse_id=1, connector_id=1, status=status, at=at, error_code=error)
    record_status(charge_point_id=station.pk, report=report)
    deliver_due()


class TestOverSessions:
    """What one session alone does not show."""

    def test_a_connector_that_gives_less_than_usual_is_found_in_three_sessions(
        self, outlet: ChargePoint
    ) -> None:
        for day in range(6):
            a_charge(outlet, day, ac([14] * 12, step_s=300))
        assert incidents() == []
        for day in range(6, 9):
            a_charge(outlet, day, ac([7] * 12, step_s=300))
        assert ("E10", "derated", "open") in incidents()

    def test_what_is_still_derated_is_not_mended_by_its_own_sessions(
        self, outlet: ChargePoint
    ) -> None:
        for day in range(13):
            a_charge(outlet, day, ac([14 if day < 6 else 7] * 12, step_s=300))
        assert ("E10", "derated", "open") in incidents()

    def test_a_meter_that_drifts(self, outlet: ChargePoint) -> None:
        drifted = {"drift_count": 30, "drift_ppm": 11_900, "drift_interval_s": 60}
        remembers("connector", str(Connector.objects.get().pk), **drifted)
        fast = ac([16] * 30)
        a_charge(outlet, 0, changed(fast, range(30), power_w=10_600))
        assert ("M5", "drift_fast", "open") in incidents()

    def test_energy_between_two_sessions_holds_the_later_one(self, outlet: ChargePoint) -> None:
        first = a_charge(outlet, 0, ac([16] * 10))
        start_wh = (first.session.meter_stop_wh or 0) or ac([16] * 10)[-1].energy_wh or 0
        later = a_charge(outlet, 1, ac([16] * 10, start_wh=start_wh + 900), start_wh=start_wh + 900)
        assert ("M6", "between_sessions", "open") in incidents()
        assert (first.gate[0], later.gate[0]) == ("cleared", "held")

    def test_a_session_that_is_not_complete_yet_may_explain_what_the_register_gained(
        self, outlet: ChargePoint
    ) -> None:
        a_charge(outlet, 0, ac([16] * 10))
        Charge(outlet, begins_at=START + 0.6 * DAY, start_wh=2_000)
        a_charge(outlet, 1.5, ac([16] * 10, start_wh=9_000), start_wh=9_000)
        assert "M6" not in {kind for kind, _, _ in incidents()}

    def test_a_session_counts_once_however_often_it_is_checked(self, outlet: ChargePoint) -> None:
        charge = a_charge(outlet, 0, ac([14] * 12, step_s=300))
        remembered = RuleMemory.objects.get(subject="connector").state
        charge.check()
        assert not learn_from_session(session_id=charge.session.pk, now=START)
        assert RuleMemory.objects.get(subject="connector").state == remembered
        assert {row.sessions for row in LearntProfile.objects.all()} == {1}

    def test_sessions_that_fail_one_after_another(self, outlet: ChargePoint) -> None:
        for number, tag in enumerate(("AABBCC", "T2", "T3")):
            a_charge(outlet, number, [], tag=tag)
        assert ("S8", "in_a_row", "open") in incidents()

    def test_a_connector_that_has_gone_quiet(self, outlet: ChargePoint) -> None:
        ChargePoint.objects.update(last_seen_at=START + 20 * DAY)
        connector = Connector.objects.get()
        good = {"gaps": [60] * 40, "last_good_ms": int(START.timestamp() * 1_000)}
        remembers("connector", str(connector.pk), **good)
        watched = Watched(connector.tenant_id, Subject.CONNECTOR, connector.pk)
        assert look_at(watched, now=START + 20 * DAY) is not None
        assert incidents() == [("S9", "silent", "open")]

    def test_a_firmware_after_which_more_fails(self, outlet: ChargePoint) -> None:
        ChargePoint.objects.update(vendor="Volta", model="V1", firmware_version="2.0")
        others = an_outlet("CP-2")
        ChargePoint.objects.update(vendor="Volta", model="V1", firmware_version="2.0")
        remembers(
            "firmware",
            "volta/v1#2.0",
            before=500,
            bad_before=20,
            score_milli=4_500,
            stations=[others.pk.int % 2**31],
        )
        a_charge(ChargePoint.objects.get(pk=outlet.pk), 0, [])
        assert ("S12", "worse_after_update", "open") in incidents()

    def test_a_card_in_two_places_holds_the_session(self, outlet: ChargePoint) -> None:
        Site.objects.update(latitude=Decimal("59.858"), longitude=Decimal("17.639"))
        a_charge(outlet, 0, ac([16] * 10))
        far = an_outlet("CP-2")
        Site.objects.filter(pk=far.site_id).update(
            latitude=Decimal("55.605"), longitude=Decimal("13.003")
        )
        charge = a_charge(ChargePoint.objects.get(pk=far.pk), 0.02, ac([16] * 10))
        assert ("F1", "two_places", "open") in incidents()
        assert charge.gate[0] == "held"

    def test_a_card_that_charges_more_than_any_car(self, outlet: ChargePoint) -> None:
        Connector.objects.update(max_power_w=400_000)
        big = changed(ac([16] * 10), range(10), power_w=None)
        charge = Charge(outlet)
        charge.says_at_once(big)
        charge.ends(260_000)
        charge.check()
        assert ("F2", "too_much", "open") in incidents()

    def test_evidence_is_kept_with_the_session_and_is_no_incident(
        self, outlet: ChargePoint
    ) -> None:
        outlet.connectors.update(
            current_type="dc", phases=1, max_current_ma=125_000, max_power_w=50_000
        )
        curve = {str(place): [100_000] * 40 for place in range(20)}
        connector = Connector.objects.get()
        LearntProfile.objects.create(
            key=f"connector:{connector.pk}", sessions=40, curve={"version": 1, "places": curve}
        )
        slow = dc([40] * 20)
        a_charge(outlet, 0, [*slow[:-1], *changed(slow[-1:], [0], soc_pct=80)], start_wh=5_000)
        kinds = {one["kind"] for one in SessionDigest.objects.get().evidence}
        assert kinds == {"E11", "M10"}
        assert not {"E11", "M10"} & {kind for kind, _, _ in incidents()}


class TestStations:
    """What stations say besides readings."""

    def test_a_failure_is_an_incident_until_the_station_says_it_is_over(
        self, outlet: ChargePoint
    ) -> None:
        says(outlet, "faulted", "GroundFailure")
        assert incidents() == [("E15", "ground_failure", "open")]
        says(outlet, "available", "NoError", minute=5)
        assert incidents() == [("E15", "ground_failure", "resolved")]

    def test_a_clock_that_is_off(self, outlet: ChargePoint) -> None:
        ChargePoint.objects.update(
            last_seen_at=START, clock_skew_s=-300, clock_seen_at=START - HOUR
        )
        look_at(Watched(outlet.tenant_id, Subject.STATION, outlet.pk), now=START)
        assert incidents() == [("S2", "clock_drift", "open")]
        ChargePoint.objects.update(clock_skew_s=2)
        look_at(Watched(outlet.tenant_id, Subject.STATION, outlet.pk), now=START)
        assert incidents() == [("S2", "clock_drift", "resolved")]

    def test_a_station_that_keeps_losing_its_connection(self, outlet: ChargePoint) -> None:
        for number in range(6):
            at = START + number * MINUTE
            ChargePoint.objects.update(connected_at=at, socket_epoch=number + 2)
            sweep_stations(now=at + 30 * MINUTE / 60)
        assert incidents() == [("S3", "flapping", "open")]

    def test_tokens_that_are_refused(self, outlet: ChargePoint) -> None:
        talk = Charge(outlet).talk
        for tag in ("X1", "X2", "X3"):
            talk.say(("Authorize", {"idTag": tag}))
        deliver_due()
        assert ("S7", "many_tags", "open") in incidents()

    def test_charging_without_a_session_until_it_ends(self, outlet: ChargePoint) -> None:
        Connector.objects.update(status="charging", status_at=START)
        sweep_stations(now=START + 3 * MINUTE)
        assert incidents() == [("S10", "charging_without", "open")]
        Connector.objects.update(status="available")
        sweep_stations(now=START + 4 * MINUTE)
        assert incidents() == [("S10", "charging_without", "resolved")]

    def test_a_transaction_nobody_knows(self, outlet: ChargePoint) -> None:
        stop = {"transactionId": 4711, "meterStop": 9, "timestamp": f"{START:%Y-%m-%dT%H:%M:%SZ}"}
        Charge(outlet).talk.say(("StopTransaction", stop), START)
        sweep_stations(now=START + 11 * MINUTE)
        assert ("S10", "unknown_transaction", "open") in incidents()

    def test_a_register_that_moves_while_nobody_charges(self, outlet: ChargePoint) -> None:
        stopped = {"stop_wh": 5_000, "stop_ms": int(START.timestamp() * 1_000)}
        remembers("connector", str(Connector.objects.get().pk), **stopped)
        value = {"value": "6000", "unit": "Wh"}
        at = f"{START:%Y-%m-%dT%H:%M:%SZ}"
        payload = {"connectorId": 1, "meterValue": [{"timestamp": at, "sampledValue": [value]}]}
        ParkedMessage.objects.create(
            charge_point=outlet, action="MeterValues", payload=payload, received_at=START
        )
        sweep_stations(now=START + 11 * MINUTE)
        assert incidents() == [("F5", "register_moves", "open")]

    def test_a_token_anybody_can_copy(self, outlet: ChargePoint) -> None:
        a_driver("A1B2C3D4E5F6")
        Charge(outlet, tag="A1B2C3D4E5F6")
        deliver_due()
        assert ("F6", "weak_token", "open") in incidents()


class TestThresholds:
    """Operators move thresholds, for all stations or for a model."""

    def test_a_moved_threshold_is_used(self, outlet: ChargePoint) -> None:
        RuleSetting.objects.create(rule="E13", name="hottest_c", value=60)
        warm = changed(ac([16] * 30), range(10, 30), extra={"Temperature": "70 Celsius"})
        charge = Charge(outlet)
        charge.says_at_once(warm)
        charge.scan()
        assert incidents() == [("E13", "too_hot", "open")]
