"""Scans read each sample once, in the order of time; the last word is said on everything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomalies.detectors import State
from anomalies.models import Incident, SessionWatch
from anomalies.selectors import sessions_to_scan
from anomalies.services import scans
from chargepoints.models import ChargePoint
from outbox.models import Event
from outbox.services import deliver_due
from sessions_app.models import ChargingSession
from tests.anomalies.scenes import ENDS_S, Charge, incidents, says_charging
from tests.anomalies.traces import ac, at, changed, shifted
from tests.journeys.test_message_order import undone
from tests.sessions_app.talk import settle

GOOD = ac([16] * 30)
BACKWARDS = shifted(ac([16] * 30), 10, -2000)
JUMP = shifted(ac([16] * 30), 10, 50_000)
MISREPORTED = changed(ac([16] * 30), range(10, 20), power_w=14_000)
OVER_CURRENT = ac([16] * 10 + [24] * 5 + [16] * 15)
NOTHING_FLOWS = ac([16] * 10 + [0] * 10 + [16] * 10)
Gate = ChargingSession.Gate


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The times of the samples that went through the detectors, in order."""
    times: list[Any] = []
    true_scan = scans.scan

    def scan(state: State, samples: Any, *more: Any) -> Any:
        times.extend(sample.at for sample in samples)
        return true_scan(state, samples, *more)

    monkeypatch.setattr(scans, "scan", scan)
    return times


class TestUnderWay:
    """While the session charges."""

    def test_each_sample_is_read_once(self, outlet: ChargePoint, read: list[Any]) -> None:
        charge = Charge(outlet)
        read_so_far = []
        for part in (GOOD[:3], [], GOOD[3:4], GOOD[4:30]):
            charge.says(part)
            read_so_far.append(charge.scan())
        assert read_so_far == [3, 0, 1, 26]
        assert read == [sample.at for sample in GOOD]

    def test_samples_are_read_in_the_order_of_time(
        self, outlet: ChargePoint, read: list[Any]
    ) -> None:
        charge = Charge(outlet)
        charge.says(reversed(GOOD[:10]))
        charge.scan()
        assert read == [sample.at for sample in GOOD[:10]]

    def test_what_is_said_again_is_not_read_again(
        self, outlet: ChargePoint, read: list[Any]
    ) -> None:
        charge = Charge(outlet)
        charge.says(GOOD[:5])
        charge.scan()
        charge.says(GOOD[:5])
        assert charge.scan() == 0
        assert len(read) == 5

    def test_a_session_is_not_in_arrears_for_what_it_repeated(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(GOOD[:1])
        action, first = charge.message(GOOD[0])
        news = charge.message(GOOD[1])[1]["meterValue"]
        charge.talk.say((action, {**first, "meterValue": news + first["meterValue"]}))
        assert charge.scan() == 2
        assert not sessions_to_scan().exists()

    def test_a_sample_added_to_later_is_read_again(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(changed(GOOD[:1], [0], power_w=None))
        charge.scan()
        charge.says(GOOD[:1])
        assert charge.scan() == 1

    def test_a_fault_is_an_incident_at_once(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(BACKWARDS[:11])
        charge.scan()
        incident = Incident.objects.get()
        assert (incident.kind, incident.cause, incident.state) == ("M1", "lower", "open")
        assert (incident.since_at, incident.last_seen_at) == (at(600), at(660))
        assert incident.holds_billing
        assert charge.gate == (Gate.UNCHECKED, "")

    def test_the_evidence_shows_what_was_before(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        for sample in BACKWARDS[:11]:
            charge.says([sample])
            charge.scan()
        evidence = Incident.objects.get().evidence
        assert [row["energy_wh"] for row in evidence] == [s.energy_wh for s in BACKWARDS[:11]]
        assert evidence[0]["at"] == at(60).isoformat()

    def test_a_scan_that_ends_half_way_did_nothing(
        self, outlet: ChargePoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        charge = Charge(outlet)
        charge.says(BACKWARDS)
        with monkeypatch.context() as broken:
            broken.setattr(scans, "to_json", lambda state: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                charge.scan()
        assert (incidents(), SessionWatch.objects.count()) == ([], 0)
        assert charge.scan() == 30
        assert incidents() == [("M1", "lower", "open")]

    def test_a_state_of_an_older_version_begins_anew(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(GOOD[:9])
        charge.scan()
        SessionWatch.objects.update(detector_state={"version": 0})
        charge.says(GOOD[9:])
        assert charge.scan() == 21
        assert incidents() == []

    def test_a_session_on_the_station_as_a_whole_is_read_too(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet, connector=0)
        charge.says(BACKWARDS)
        assert charge.scan() == 30
        assert incidents(connector=None) == [("M1", "lower", "open")]


class TestTheEnd:
    """When the session is complete."""

    def test_a_good_session_is_cleared(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.goes(GOOD)
        assert charge.gate == (Gate.CLEARED, "")
        assert incidents() == []
        assert Event.objects.filter(type="session.cleared").count() == 1

    @pytest.mark.parametrize(
        ("samples", "reason"),
        [
            (BACKWARDS, "M1 lower"),
            (JUMP, "M2 jump"),
            (MISREPORTED, "E1 power_high"),
            (shifted(MISREPORTED, 20, -2000), "E1 power_high, M1 lower"),
        ],
        ids=["backwards", "jump", "misreported", "two faults"],
    )
    def test_a_fault_of_the_meter_holds_it(
        self, outlet: ChargePoint, samples: Any, reason: str
    ) -> None:
        charge = Charge(outlet)
        charge.goes(samples)
        assert charge.gate == (Gate.HELD, reason)
        assert Event.objects.get(type="session.held").payload["reason"] == reason
        assert not Event.objects.filter(type="session.cleared").exists()

    @pytest.mark.parametrize(
        ("samples", "found"),
        [(OVER_CURRENT, "over_limit"), (NOTHING_FLOWS, "no_power")],
        ids=["over-current", "nothing flows"],
    )
    def test_a_fault_of_the_station_does_not(
        self, outlet: ChargePoint, samples: Any, found: str
    ) -> None:
        says_charging(outlet)
        charge = Charge(outlet)
        charge.goes(samples)
        assert charge.gate == (Gate.CLEARED, "")
        assert [cause for _, cause, _ in incidents()] == [found]

    def test_a_stop_that_contradicts_the_meter_holds_it(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(GOOD)
        charge.ends(500)
        charge.check()
        assert charge.gate == (Gate.HELD, "M9 stop_below_start")

    def test_it_is_judged_once(self, outlet: ChargePoint, read: list[Any]) -> None:
        charge = Charge(outlet)
        charge.goes(GOOD)
        charge.check()
        assert len(read) == 30
        assert charge.scan() == 0
        assert Event.objects.filter(type="session.cleared").count() == 1

    def test_what_comes_after_the_check_is_not_read(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.goes(GOOD[:20])
        charge.says(GOOD[20:])
        assert charge.scan() == 0
        assert not sessions_to_scan().exists()

    def test_what_only_the_gaps_showed_is_taken_back(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        says_charging(outlet)
        charge.says(NOTHING_FLOWS[:9] + NOTHING_FLOWS[10:20])
        charge.scan()
        assert incidents() == [("E9", "no_power", "open")]
        suspended = {"status": "suspendedev", "at": at(600), "charge_point": outlet}
        charge.session.connector.status_records.create(**suspended)
        charge.ends(NOTHING_FLOWS[-1].energy_wh or 0)
        charge.check()
        assert incidents() == [("E9", "no_power", "resolved")]
        assert Incident.objects.get().resolution == "not confirmed by the complete session"

    @pytest.mark.parametrize(
        ("start_wh", "gate"), [(1003, Gate.CLEARED), (910_000, Gate.HELD), (0, Gate.CLEARED)]
    )
    def test_a_station_without_a_clock_is_judged_by_its_own_time(
        self, outlet: ChargePoint, start_wh: int, gate: str
    ) -> None:
        in_1970 = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
        charge = Charge(outlet, begins_at=in_1970, start_wh=start_wh)
        charge.says(GOOD)
        assert charge.scan() == 30
        charge.ends(GOOD[-1].energy_wh or 0)
        settle()
        charge.check()
        assert "clock_unset" in ChargingSession.objects.get().flags
        assert charge.gate[0] == gate

    def test_what_the_scans_remembered_is_forgotten(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(GOOD)
        charge.scan()
        assert SessionWatch.objects.get().detector_state != {}
        charge.ends(GOOD[-1].energy_wh or 0)
        charge.check()
        assert SessionWatch.objects.get().detector_state == {}

    def test_the_outbox_asks_for_the_check(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(MISREPORTED)
        charge.ends(MISREPORTED[-1].energy_wh or 0)
        deliver_due()
        assert charge.gate == (Gate.HELD, "E1 power_high")
        assert charge.watermark == charge.session.last_seq == 30


LOG = MISREPORTED[:12] + shifted(MISREPORTED, 12, -2000)[12:18]


def verdict(outlet: ChargePoint, arrivals: list[Any], scanned_after: set[int]) -> Any:
    """All that the checks say in the end, and nothing of it kept."""
    with undone():
        charge = Charge(outlet)
        for number, sample in enumerate(arrivals):
            charge.says([sample])
            if number in scanned_after:
                charge.scan()
        charge.ends(LOG[-1].energy_wh or 0)
        charge.check()
        fields = ("kind", "cause", "observed", "expected", "since_at", "last_seen_at", "evidence")
        still_open = Incident.objects.filter(state="open").order_by("kind")
        return charge.gate, list(still_open.values(*fields, "holds_billing", "occurrences"))


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.permutations(LOG), st.sets(st.integers(0, len(LOG) - 1)))
def test_the_order_of_arrival_does_not_change_the_verdict(
    outlet: ChargePoint, arrivals: list[Any], scanned_after: set[int]
) -> None:
    says_charging_once(outlet)
    expected = verdict(outlet, LOG, set())
    assert [row["kind"] for row in expected[1]] == ["E1", "M1"]
    assert verdict(outlet, arrivals, scanned_after) == expected


def says_charging_once(outlet: ChargePoint) -> None:
    """The status the trace needs, whichever example comes first."""
    if not outlet.connectors.get().status_records.exists():
        says_charging(outlet)


def test_the_clock_of_the_check_is_the_callers(outlet: ChargePoint) -> None:
    charge = Charge(outlet)
    charge.goes(GOOD)
    assert SessionWatch.objects.get().finished_at == at(ENDS_S)
