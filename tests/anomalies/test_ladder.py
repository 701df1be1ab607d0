"""Every rung of the ladder, helped and not helped; and no restart is sent into a session, ever."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomalies.models import Incident, RemediationStep, Repair, RepairPolicy, WorkOrder
from anomalies.services import Place, resolve_place
from anomalies.services.incidents import record_place_finding, resolve_by_good_session
from anomalies.services.repairs import (
    StepNotPossible,
    ask_for_step,
    plan_repairs,
    settle_repairs,
    take_next_step,
)
from anomalies.services.work_orders import finish_work, reopen_failed_work
from chargepoints.journal import Journal
from chargepoints.models import ChargePoint, Command, Connector
from chargepoints.services.delivery import claim_command
from chargepoints.types import Connection
from sessions_app.models import ChargingSession
from tests.anomalies.test_incident_groups import gone
from tests.cast import NOON, a_connector, a_session

pytestmark = pytest.mark.usefixtures("no_bell")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVERYTHING = {"trigger": True, "soft_reset": True, "hard_reset": True, "inoperative": True}
RUNGS = ["wait", "trigger", "soft_reset", "hard_reset", "inoperative", "work_order", "retest"]


@pytest.fixture
def incident(outlet: ChargePoint) -> Incident:
    """An idle outlet of two with a fault, at an operator who lets everything happen by itself."""
    connector = Connector.objects.get()
    a_connector(outlet, 2)
    ChargePoint.objects.update(socket_channel="here", ocpp_version="1.6")
    Connector.objects.update(status="available")
    RepairPolicy.objects.create(**EVERYTHING)
    place = Place(outlet.id, connector.id)
    record_place_finding(place=place, finding=gone(kind="S6", cause="preparing"))
    incident = Incident.objects.get()
    plan_repairs(incident_id=incident.pk, now=NOON)
    return incident


def steps() -> list[tuple[str, str]]:
    return list(RemediationStep.objects.order_by("position").values_list("repair", "state"))


def climbs_to(rung: str) -> int:
    """Let everything before the rung fail; the hours that took."""
    for hours in range(1, 9):
        while take_next_step(now=NOON + hours * HOUR):
            pass
        if steps()[-1] == (rung, "sent"):
            return hours
        Command.objects.filter(state="queued").update(state="failed")
    raise AssertionError(steps())


def is_well_again(incident: Incident, at_hours: int) -> None:
    now = NOON + at_hours * HOUR
    place = Place(incident.charge_point_id, incident.connector_id)
    resolve_place(place=place, kinds=["S6"], now=now, resolution="the station says so")
    settle_repairs(incident_id=incident.pk, now=now)


class TestEachRung:
    """What helped ends the ladder there; what did not leads to the next rung."""

    @pytest.mark.parametrize("rung", ["trigger", "soft_reset", "hard_reset", "inoperative"])
    def test_what_helps_ends_it(self, incident: Incident, rung: str) -> None:
        hours = climbs_to(rung)
        is_well_again(incident, hours)
        assert steps()[-1] == (rung, "succeeded")
        assert [state for _rung, state in steps()[:-1]] == ["failed"] * RUNGS.index(rung)
        assert not take_next_step(now=NOON + 99 * HOUR)
        assert not WorkOrder.objects.exists()

    @pytest.mark.parametrize("rung", ["trigger", "soft_reset", "hard_reset", "inoperative"])
    @pytest.mark.parametrize("how", ["refused", "seen again", "no proof"])
    def test_what_does_not_help_leads_on(self, incident: Incident, rung: str, how: str) -> None:
        now = NOON + climbs_to(rung) * HOUR + 30 * MINUTE
        if how == "refused":
            Command.objects.filter(state="queued").update(state="failed")
        elif how == "seen again":
            Incident.objects.update(last_seen_at=now - MINUTE)
        while take_next_step(now=now):
            pass
        following = RUNGS[RUNGS.index(rung) + 1]
        assert dict(steps())[rung] == "failed"
        assert following in dict(steps())

    def test_waiting_helps_when_it_goes_away_by_itself(self, incident: Incident) -> None:
        is_well_again(incident, 0)
        assert (steps(), Command.objects.count()) == ([("wait", "succeeded")], 0)

    def test_waiting_that_does_not_help_leads_on(self, incident: Incident) -> None:
        take_next_step(now=NOON + 2 * MINUTE)
        assert steps() == [("wait", "failed"), ("trigger", "planned")]

    def test_after_the_work_the_next_good_session_is_the_test(self, incident: Incident) -> None:
        hours = climbs_to("retest")
        order = WorkOrder.objects.get()
        assert finish_work(order=order, actor="T", now=NOON + hours * HOUR)
        session = a_session(
            ChargePoint.objects.get(),
            connector=incident.connector,
            started_at=NOON + 9 * HOUR,
            energy_wh=9_000,
        )
        resolve_by_good_session(session=session, kinds=(), now=NOON + 10 * HOUR)
        settle_repairs(incident_id=incident.pk, now=NOON + 10 * HOUR)
        assert steps()[-2:] == [("work_order", "succeeded"), ("retest", "succeeded")]
        back = Command.objects.order_by("id").last()
        assert back is not None
        assert back.payload == {"connectorId": 1, "type": "Operative"}

    def test_work_that_did_not_help_is_to_do_again(self, incident: Incident) -> None:
        now = NOON + climbs_to("retest") * HOUR
        finish_work(order=WorkOrder.objects.get(), actor="T", now=now)
        Incident.objects.update(last_seen_at=now + MINUTE)
        assert reopen_failed_work(now=now + HOUR) == 1
        assert WorkOrder.objects.get().state == "open"
        take_next_step(now=now + 99 * HOUR)
        assert dict(steps())["retest"] == "failed"


class TestSoftReset:
    """Only idle, and within its budget."""

    @pytest.mark.parametrize("evse_id", [1, 2])
    def test_a_session_at_either_outlet_holds_it_back(
        self, incident: Incident, evse_id: int
    ) -> None:
        outlet = Connector.objects.get(evse_id=evse_id)
        climbs_to("trigger")
        a_session(outlet.charge_point, connector=outlet)
        take_next_step(now=NOON + 2 * HOUR)
        take_next_step(now=NOON + 2 * HOUR)
        assert steps()[-1] == ("soft_reset", "planned")

    def test_a_second_one_within_six_hours_is_left_out(self, incident: Incident) -> None:
        now = NOON + climbs_to("soft_reset") * HOUR + HOUR
        with pytest.raises(StepNotPossible) as refusal:
            ask_for_step(incident=incident, repair=Repair.SOFT_RESET, asked_by="O", now=now)
        assert refusal.value.reason == "budget"


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["starts", "ends", "plugs in", "leaves", "asks", "sweeps", "sends"]),
        st.integers(1, 2),
        st.sampled_from([Repair.SOFT_RESET, Repair.HARD_RESET]),
    ),
    min_size=3,
    max_size=14,
)


class Scene:
    """A station with two outlets, whatever happens there in whatever order."""

    def __init__(self, version: str) -> None:
        for model in (ChargingSession, Command, RemediationStep):
            model.objects.all().delete()
        ChargePoint.objects.update(ocpp_version=version)
        Connector.objects.update(status="available", status_at=NOON)
        self.station, self.incident = ChargePoint.objects.get(), Incident.objects.get()
        ids = self.station.tenant_id, self.station.id, self.station.identity
        self.connection = Connection(*ids, version)
        self.now, self.sent, self.number = NOON, 0, 0

    def act(self, what: str, evse_id: int, repair: Repair) -> None:
        """One thing after another, minutes apart; sending is the moment that counts."""
        self.now += 20 * MINUTE
        outlet = Connector.objects.filter(evse_id=evse_id)
        running = ChargingSession.objects.filter(connector__evse_id=evse_id, ended_at=None)
        if what == "starts" and not running.exists():
            self.number += 1
            a_session(self.station, f"{self.number}", connector=outlet.get(), started_at=self.now)
        elif what == "ends":
            running.update(ended_at=self.now)
        elif what in ("plugs in", "leaves"):
            status = "preparing" if what == "plugs in" else "available"
            outlet.update(status=status, status_at=self.now)
        elif what == "asks":
            with contextlib.suppress(StepNotPossible):
                ask_for_step(incident=self.incident, repair=repair, asked_by="O", now=self.now)
        elif what == "sweeps":
            plan_repairs(incident_id=self.incident.pk, now=self.now)
            take_next_step(now=self.now)
        elif what == "sends":
            self.send()

    def send(self) -> None:
        """The socket takes what is owed, and nobody's charge is cut off by it."""
        Command.objects.update(expires_at=self.now + HOUR)
        journal = Journal(self.connection, self.station.socket_epoch, self.now)
        while (command := claim_command(journal, self.now)) is not None:
            if command.action == "Reset":
                self.sent += 1
                assert not ChargingSession.objects.filter(ended_at=None).exists()
            journal = Journal(self.connection, self.station.socket_epoch, self.now)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_whatever_happens_in_whatever_order_no_session_is_restarted(
    incident: Incident, version: str
) -> None:
    @settings(
        max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(acts=ACTS)
    def everything(acts: list[Any]) -> None:
        scene = Scene(version)
        for act in acts:
            scene.act(*act)
        scene.send()

    everything()
    # Restarts are sent at all: else the property would hold for nothing.
    scene = Scene(version)
    scene.act("asks", 1, Repair.SOFT_RESET)
    scene.act("sends", 1, Repair.SOFT_RESET)
    assert scene.sent == 1
