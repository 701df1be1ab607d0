"""What the detectors are told of a connector, and which sessions wait to be read."""

from __future__ import annotations

from typing import Any

import pytest

from anomalies.detectors import Activity, CurrentType
from anomalies.models import Incident
from anomalies.selectors import incidents_of, open_incidents, session_facts, sessions_to_scan
from chargepoints.models import ChargePoint, StatusRecord
from sessions_app.models import ChargingSession
from tests.anomalies.scenes import Charge
from tests.anomalies.traces import START, ac, at
from tests.cast import a_session


@pytest.fixture
def session(outlet: ChargePoint) -> ChargingSession:
    """An hour at the outlet."""
    return a_session(
        outlet,
        connector=outlet.connectors.get(),
        started_at=START,
        ended_at=at(3600),
        meter_start_wh=1003,
    )


def status(session: ChargingSession, second: int, status: str, **more: Any) -> None:
    """Something the connector said."""
    about = {"charge_point": session.charge_point, "connector": session.connector}
    StatusRecord.objects.create(**{**about, "status": status, "at": at(second), **more})


def activities(session: ChargingSession) -> list[tuple[int, Activity]]:
    """The connector's states by second of the session."""
    facts = session_facts(session)
    return [(int((s.at - START).total_seconds()), s.activity) for s in facts.statuses]


class TestFacts:
    """Limits and states."""

    def test_the_limits_are_those_of_connector_and_site(self, session: ChargingSession) -> None:
        facts = session_facts(session)
        assert (facts.current_type, facts.phases) == (CurrentType.AC, 3)
        assert (facts.max_current_ma, facts.max_power_w) == (16_000, 11_040)
        assert facts.nominal_voltage_mv == 230_000
        assert (facts.started_at, facts.meter_start_wh) == (START, 1003)

    def test_without_an_outlet_little_is_known(self, outlet: ChargePoint) -> None:
        facts = session_facts(a_session(outlet, started_at=START))
        assert (facts.current_type, facts.max_current_ma, facts.statuses) == (None, None, ())
        assert (facts.started_at, facts.meter_start_wh) == (START, 0)

    @pytest.mark.parametrize(
        ("said", "meant"),
        [
            ("charging", Activity.CHARGING),
            ("suspendedev", Activity.SUSPENDED_EV),
            ("suspendedevse", Activity.SUSPENDED_EVSE),
            ("preparing", Activity.NOT_CHARGING),
            ("finishing", Activity.NOT_CHARGING),
            ("available", Activity.NOT_CHARGING),
            ("faulted", Activity.NOT_CHARGING),
        ],
    )
    def test_each_status_has_its_meaning(
        self, session: ChargingSession, said: str, meant: Activity
    ) -> None:
        status(session, 60, said)
        assert activities(session) == [(60, meant)]

    def test_occupied_says_nothing_of_the_charging(self, session: ChargingSession) -> None:
        status(session, 60, "occupied")
        assert activities(session) == []

    def test_the_state_in_force_at_the_start_counts(self, session: ChargingSession) -> None:
        for second, said in ((-900, "available"), (-60, "preparing"), (60, "charging")):
            status(session, second, said)
        assert activities(session) == [(-60, Activity.NOT_CHARGING), (60, Activity.CHARGING)]

    def test_what_came_after_the_end_does_not(self, session: ChargingSession) -> None:
        status(session, 60, "charging")
        status(session, 3601, "available")
        assert activities(session) == [(60, Activity.CHARGING)]

    def test_another_outlets_states_do_not(self, session: ChargingSession) -> None:
        status(session, 60, "charging", connector=None)
        assert activities(session) == []

    @pytest.mark.parametrize("order", [1, -1])
    def test_of_one_second_the_order_of_arrival_means_nothing(
        self, session: ChargingSession, order: int
    ) -> None:
        for second, said in [(0, "preparing"), (0, "charging"), (60, "suspendedev")][::order]:
            status(session, second, said)
        facts = session_facts(session)
        seen = [facts.activity_at(at(second)) for second in (30, 60)]
        assert [s.activity for s in seen if s] == [Activity.CHARGING, Activity.SUSPENDED_EV]


class TestToScan:
    """Sessions under way with samples nobody has read."""

    def test_new_samples_make_a_session_wait(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        assert not sessions_to_scan().exists()
        charge.says(ac([16] * 3))
        assert list(sessions_to_scan()) == [charge.session]
        charge.scan()
        assert not sessions_to_scan().exists()
        charge.says(ac([16] * 4))
        assert list(sessions_to_scan()) == [charge.session]

    def test_a_complete_session_is_left_to_its_check(self, outlet: ChargePoint) -> None:
        charge = Charge(outlet)
        charge.says(ac([16] * 3))
        charge.ends(ac([16] * 3)[-1].energy_wh or 0)
        assert not sessions_to_scan().exists()


class TestIncidents:
    """As people look at them."""

    @pytest.fixture
    def some(self, session: ChargingSession) -> None:
        """Three incidents, two of them open."""
        for kind, severity, state in (("E9", 5, "open"), ("E3", 2, "resolved"), ("M1", 3, "open")):
            Incident.objects.create(
                charge_point=session.charge_point,
                session=session,
                kind=kind,
                severity=severity,
                state=state,
                since_at=START,
                last_seen_at=START,
                observed=0,
                expected=0,
            )

    @pytest.mark.usefixtures("some")
    def test_the_worst_open_one_comes_first(self) -> None:
        assert [incident.kind for incident in open_incidents()] == ["M1", "E9"]

    @pytest.mark.usefixtures("some")
    def test_a_session_shows_all_of_its_own(
        self, session: ChargingSession, outlet: ChargePoint
    ) -> None:
        assert [incident.kind for incident in incidents_of(session.id)] == ["E3", "M1", "E9"]
        assert not incidents_of(a_session(outlet, "2").id).exists()
