"""The repair loop: one step after the other, and no restart while somebody charges, ever."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomalies.models import Incident, RemediationStep, Repair, RepairPolicy, WorkOrder
from anomalies.selectors.idle import is_in_use
from anomalies.services import Place, resolve_incident, resolve_place
from anomalies.services.repairs import (
    StepNotPossible,
    ask_for_step,
    plan_repairs,
    settle_repairs,
    take_next_step,
)
from anomalies.subscribers import look_before_restart
from chargepoints.journal import Journal
from chargepoints.models import ChargePoint, Command, Connector
from chargepoints.services.delivery import claim_command
from chargepoints.types import Connection
from sessions_app.models import ChargingSession
from tests.anomalies.test_incident_groups import goes_silent
from tests.cast import NOON, a_session

pytestmark = pytest.mark.usefixtures("no_bell")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OUT = "Inoperative"
EVERYTHING = {"trigger": True, "soft_reset": True, "hard_reset": True, "inoperative": True}


@pytest.fixture
def incident(outlet: ChargePoint) -> Incident:
    """An idle station that is connected and has an incident whose ladder has begun."""
    ChargePoint.objects.update(socket_channel="here", ocpp_version="1.6")
    Connector.objects.update(status="available")
    goes_silent(outlet)
    incident = Incident.objects.get()
    plan_repairs(incident_id=incident.pk, now=NOON)
    return incident


def ladder() -> list[tuple[str, str, str]]:
    rows = RemediationStep.objects.order_by("position")
    return list(rows.values_list("repair", "state", "reason"))


def runs(now: datetime) -> None:
    while take_next_step(now=now):
        pass


def reaches(repair: Repair, now: datetime = NOON + HOUR) -> RemediationStep:
    """The step, planned and due, as if the ones before it had not helped."""
    RemediationStep.objects.all().delete()
    incident = Incident.objects.get()
    return RemediationStep.objects.create(
        incident=incident,
        charge_point=incident.charge_point,
        position=1,
        repair=repair,
        due_at=now,
        give_up_at=now + 24 * HOUR,
    )


def asked() -> list[tuple[str, dict[str, Any]]]:
    return list(Command.objects.order_by("id").values_list("action", "payload"))


class TestEachStep:
    """What every rung does, and what it leads to."""

    def test_first_it_waits_and_what_goes_away_is_left_alone(self, incident: Incident) -> None:
        runs(NOON + MINUTE)
        assert ladder() == [("wait", "planned", "")]
        end = {"kinds": ["S3"], "now": NOON + MINUTE, "resolution": "heard of again"}
        resolve_place(place=Place(incident.charge_point_id), **end)
        settle_repairs(incident_id=incident.pk, now=NOON + MINUTE)
        assert (ladder(), asked()) == ([("wait", "succeeded", "")], [])

    def test_then_it_asks_the_station(self, incident: Incident) -> None:
        runs(NOON + 2 * MINUTE)
        assert ladder() == [("wait", "failed", "still_there"), ("trigger", "sent", "")]
        assert asked() == [("TriggerMessage", {"requestedMessage": "StatusNotification"})]

    @pytest.mark.parametrize(
        ("state", "reason"),
        [("failed", "refused"), ("timed_out", "no_answer"), ("offline", "offline")],
    )
    def test_a_command_that_fails_leads_on(
        self, incident: Incident, state: str, reason: str
    ) -> None:
        runs(NOON + 2 * MINUTE)
        Command.objects.update(state=state)
        runs(NOON + 3 * MINUTE)
        assert ladder()[1] == ("trigger", "failed", reason)

    def test_without_proof_in_time_it_did_not_help(self, incident: Incident) -> None:
        runs(NOON + 2 * MINUTE)
        Command.objects.update(state="answered")
        runs(NOON + 11 * MINUTE)
        assert ladder()[1] == ("trigger", "sent", "")
        runs(NOON + 13 * MINUTE)
        assert ladder()[1] == ("trigger", "failed", "no_proof")

    def test_by_default_restarts_are_left_to_a_person(self, incident: Incident) -> None:
        reaches(Repair.SOFT_RESET)
        runs(NOON + HOUR)
        assert ladder() == [
            ("soft_reset", "skipped", "not_automatic"),
            ("hard_reset", "skipped", "not_automatic"),
            ("inoperative", "skipped", "not_automatic"),
            ("work_order", "succeeded", ""),
            ("retest", "sent", ""),
        ]
        assert asked() == []

    @pytest.mark.parametrize(
        ("repair", "version", "command"),
        [
            ("soft_reset", "1.6", ("Reset", {"type": "Soft"})),
            ("soft_reset", "2.0.1", ("Reset", {"type": "OnIdle"})),
            ("hard_reset", "1.6", ("Reset", {"type": "Hard"})),
            ("hard_reset", "2.0.1", ("Reset", {"type": "Immediate"})),
            (
                "inoperative",
                "1.6",
                ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
            ),
            ("inoperative", "2.0.1", ("ChangeAvailability", {"operationalStatus": "Inoperative"})),
        ],
    )
    def test_a_policy_lets_it_happen(
        self, incident: Incident, repair: str, version: str, command: Any
    ) -> None:
        ChargePoint.objects.update(ocpp_version=version)
        RepairPolicy.objects.create(**EVERYTHING)
        reaches(Repair(repair))
        runs(NOON + HOUR)
        assert (ladder()[0], asked()) == ((repair, "sent", ""), [command])

    def test_a_restart_that_helped_is_written_down(self, incident: Incident) -> None:
        RepairPolicy.objects.create(**EVERYTHING)
        reaches(Repair.SOFT_RESET)
        runs(NOON + HOUR)
        end = {"kinds": ["S3"], "now": NOON + HOUR, "resolution": "heard of again"}
        resolve_place(place=Place(incident.charge_point_id), **end)
        settle_repairs(incident_id=incident.pk, now=NOON + HOUR)
        assert ladder() == [("soft_reset", "succeeded", "")]

    def test_what_a_person_ended_was_not_healed_by_a_step(self, incident: Incident) -> None:
        runs(NOON + 2 * MINUTE)
        from_hand = {"user_id": None, "resolution": "switched on"}
        resolve_incident(incident=incident, **from_hand)
        Incident.objects.update(state="dismissed")
        settle_repairs(incident_id=incident.pk, now=NOON + HOUR)
        assert ladder()[-1] == ("trigger", "skipped", "ended")

    def test_a_work_order_is_due_by_severity_and_written_once(self, incident: Incident) -> None:
        for _time in range(2):
            reaches(Repair.WORK_ORDER)
            runs(NOON + HOUR)
        order = WorkOrder.objects.get()
        assert (order.due_at, order.skill) == (NOON + 25 * HOUR, "network")

    def test_what_is_part_of_a_sites_incident_takes_no_step(self, incident: Incident) -> None:
        whole = Incident.objects.create(
            site=incident.charge_point.site,  # type: ignore[union-attr]
            kind="S3",
            severity=3,
            observed=2,
            expected=0,
            since_at=NOON,
            last_seen_at=NOON,
        )
        Incident.objects.filter(pk=incident.pk).update(parent=whole)
        runs(NOON + HOUR)
        assert ladder() == [("wait", "skipped", "site")]

    def test_planning_twice_plans_once(self, incident: Incident) -> None:
        plan_repairs(incident_id=incident.pk, now=NOON)
        assert len(ladder()) == 1


class TestBudget:
    """Not restarted for ever."""

    def test_one_gentle_restart_in_six_hours(self, incident: Incident) -> None:
        RepairPolicy.objects.create(**EVERYTHING | {"hard_reset": False, "inoperative": False})
        reaches(Repair.SOFT_RESET)
        runs(NOON + HOUR)
        RemediationStep.objects.update(state="failed", position=9)
        step = RemediationStep.objects.get()
        for hours, outcome in ((2, "skipped"), (7.1, "sent")):
            again = RemediationStep.objects.create(
                incident=step.incident,
                charge_point=step.charge_point,
                position=hours * 10,
                repair=Repair.SOFT_RESET,
                due_at=NOON + hours * HOUR,
                give_up_at=NOON + 99 * HOUR,
            )
            take_next_step(now=NOON + hours * HOUR)
            again.refresh_from_db()
            assert again.state == outcome
            RemediationStep.objects.filter(state__in=("planned", "sent")).update(state="failed")

    def test_restarts_by_hand_count_for_the_day(self, incident: Incident) -> None:
        for _number in range(3):
            Command.objects.create(
                charge_point=incident.charge_point,
                action="Reset",
                state="answered",
                expires_at=NOON,
            )
        Command.objects.update(created_at=NOON)
        RepairPolicy.objects.create(**EVERYTHING)
        reaches(Repair.HARD_RESET)
        take_next_step(now=NOON + HOUR)
        assert ladder()[0] == ("hard_reset", "skipped", "budget")


class TestInUse:
    """No restart while somebody charges: not when it is asked for, not when it is sent."""

    def charges(self) -> ChargingSession:
        return a_session(ChargePoint.objects.get(), connector=Connector.objects.get())

    def test_it_waits_until_they_have_gone(self, incident: Incident) -> None:
        RepairPolicy.objects.create(**EVERYTHING)
        session = self.charges()
        reaches(Repair.SOFT_RESET)
        runs(NOON + HOUR)
        assert (ladder(), asked()) == ([("soft_reset", "planned", "")], [])
        ChargingSession.objects.filter(pk=session.pk).update(ended_at=NOON, state="completed")
        runs(NOON + HOUR + 5 * MINUTE)
        assert ladder() == [("soft_reset", "sent", "")]

    def test_after_a_day_it_goes_on_without(self, incident: Incident) -> None:
        RepairPolicy.objects.create(soft_reset=True)
        self.charges()
        reaches(Repair.SOFT_RESET)
        runs(NOON + 26 * HOUR)
        assert ladder()[0] == ("soft_reset", "skipped", "in_use")

    def test_nor_may_a_person(self, incident: Incident) -> None:
        self.charges()
        with pytest.raises(StepNotPossible):
            ask_for_step(incident=incident, repair=Repair.HARD_RESET, asked_by="O", now=NOON)
        assert asked() == []

    def test_who_comes_after_it_was_queued_is_left_alone(self, incident: Incident) -> None:
        ask_for_step(incident=incident, repair=Repair.SOFT_RESET, asked_by="Olga", now=NOON)
        command = Command.objects.get()
        assert look_before_restart(command, NOON) == ""
        self.charges()
        assert look_before_restart(command, NOON) == "somebody charges"

    def test_a_persons_own_command_is_theirs(self, incident: Incident) -> None:
        self.charges()
        command = Command(charge_point=incident.charge_point, requested_by="Olga")
        assert look_before_restart(command, NOON) == ""


STATES = st.fixed_dictionaries(
    {
        "session": st.sampled_from(["none", "open", "ended", "completed", "superseded", "stale"]),
        "status": st.sampled_from(Connector.Status.values),
        "plugged_minutes": st.integers(0, 30),
        "start_asked": st.sampled_from(["", "queued", "sent", "failed", "answered"]),
        "repair": st.sampled_from([Repair.SOFT_RESET, Repair.HARD_RESET]),
        "by_person": st.booleans(),
    }
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(state=STATES)
def test_no_state_of_a_station_has_a_session_and_a_restart(
    incident: Incident, state: dict[str, Any]
) -> None:
    now = NOON + HOUR
    for model in (ChargingSession, Command, RemediationStep, RepairPolicy):
        model.objects.all().delete()
    put_into(incident, state, now)
    if state["by_person"]:
        with contextlib.suppress(StepNotPossible):
            ask_for_step(incident=incident, repair=state["repair"], asked_by="O", now=now)
    else:
        RepairPolicy.objects.create(**EVERYTHING)
        reaches(state["repair"], now)
        take_next_step(now=now)
    restarts = Command.objects.filter(action="Reset")
    is_active = state["session"] in ("open", "stale")
    assert not (is_active and restarts.exists())
    assert restarts.exists() == (not is_in_use(incident.charge_point_id, now))  # type: ignore[arg-type]
    # A session that begins before it is sent stops it there.
    if restarts.exists():
        a_session(incident.charge_point, "late")  # type: ignore[arg-type]
        assert look_before_restart(restarts.get(), now)


def put_into(incident: Incident, state: dict[str, Any], now: datetime) -> None:
    """The station as it is drawn."""
    begun = {"started_at": now - 30 * HOUR if state["session"] == "stale" else now}
    more: dict[str, Any] = {
        "ended": {"ended_at": now},
        "completed": {"ended_at": now, "state": "completed"},
        "superseded": {"flags": ["superseded"]},
    }.get(state["session"], {})
    if state["session"] != "none":
        a_session(incident.charge_point, **begun | more)  # type: ignore[arg-type]
    Connector.objects.update(
        status=state["status"], status_at=now - state["plugged_minutes"] * MINUTE
    )
    if state["start_asked"]:
        Command.objects.create(
            charge_point=incident.charge_point,
            action="RemoteStartTransaction",
            state=state["start_asked"],
            answered_at=now,
            expires_at=now,
        )


def test_a_restart_is_not_sent_to_a_station_where_somebody_charges(incident: Incident) -> None:
    station = incident.charge_point
    assert station is not None
    ask_for_step(incident=incident, repair=Repair.SOFT_RESET, asked_by="Olga", now=NOON)
    a_session(station, connector=Connector.objects.get())
    connection = Connection(station.tenant_id, station.id, station.identity, "1.6")
    now = timezone.now()
    assert claim_command(Journal(connection, station.socket_epoch, now), now) is None
    command = Command.objects.get()
    assert (command.state, command.error) == ("failed", "not sent: somebody charges")
