"""What OCPP 2.0.1 says of the charging in its transactions is on the connector's timeline."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomalies.detectors import Activity
from anomalies.selectors import session_facts
from chargepoints.models import ChargePoint, Connector, StatusRecord
from chargepoints.types import V201
from tests.journeys.test_message_order import undone
from tests.sessions_app.talk import TRANSACTION, Message, Talk, at, event, the_session

EVSE = {"id": 1, "connectorId": 1}


def told(sequence: int, minute: int, state: str, kind: str = "Updated", **more: Any) -> Message:
    """An event that says what the charging does."""
    about = {"transactionId": TRANSACTION, "chargingState": state}
    return event(kind, sequence, minute, transactionInfo=about, **more)


DAY = (
    told(0, 0, "EVConnected", "Started"),
    told(1, 0, "Charging"),
    told(2, 10, "Charging"),
    told(3, 20, "SuspendedEVSE"),
    told(4, 30, "SuspendedEVSE"),
    told(5, 40, "Charging"),
    told(6, 50, "SuspendedEV"),
    told(7, 60, "Idle", "Ended"),
)


def timeline() -> list[tuple[Any, str]]:
    return list(StatusRecord.objects.order_by("at", "id").values_list("at", "status"))


def activities() -> list[Activity | None]:
    """What the detectors take the connector to do, every ten minutes."""
    facts = session_facts(the_session())
    changes = [facts.activity_at(at(minute)) for minute in range(5, 60, 10)]
    return [None if change is None else change.activity for change in changes]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("EVConnected", "preparing"),
        ("Charging", "charging"),
        ("SuspendedEV", "suspendedev"),
        ("SuspendedEVSE", "suspendedevse"),
        ("Idle", "finishing"),
    ],
)
def test_each_state_has_its_status(new: Talk, said: str, kept: str) -> None:
    new.say(told(0, 0, said, "Started"))
    record = StatusRecord.objects.get()
    assert (record.status, record.at, record.connector) == (kept, at(0), Connector.objects.get())
    assert record.charge_point == new.charge_point


def test_only_changes_are_kept(new: Talk) -> None:
    new.say_all(*DAY)
    assert timeline() == [
        (at(0), "preparing"),
        (at(0), "charging"),
        # 2.0.1 stamps both with one second; which of them came last is known from here on.
        (at(10), "charging"),
        (at(20), "suspendedevse"),
        (at(40), "charging"),
        (at(50), "suspendedev"),
        (at(60), "finishing"),
    ]


def test_events_sent_again_add_nothing(new: Talk) -> None:
    new.say_all(*DAY)
    once = timeline()
    new.say_all(*DAY, *reversed(DAY))
    assert timeline() == once


def test_events_without_a_state_say_nothing(new: Talk) -> None:
    new.say_all(event("Started", 0, 0), event("Updated", 1, 10, 2000), event("Ended", 2, 60, 3000))
    assert timeline() == []


def test_a_state_whose_connector_is_not_known_yet_is_let_go(new: Talk) -> None:
    new.say(told(1, 10, "Charging"))
    assert timeline() == []


def test_a_status_in_between_is_no_news_when_it_says_occupied(new: Talk) -> None:
    new.say_all(told(0, 0, "Charging", "Started"))
    StatusRecord.objects.create(
        charge_point=new.charge_point,
        connector=Connector.objects.get(),
        status="occupied",
        at=at(5),
    )
    new.say(told(1, 10, "Charging"))
    assert timeline() == [(at(0), "charging"), (at(5), "occupied")]


def test_the_connectors_own_status_is_left_alone(new: Talk) -> None:
    new.say_all(*DAY)
    assert Connector.objects.get().status == Connector.Status.UNKNOWN


def test_the_detectors_know_when_a_201_session_charges(new: Talk) -> None:
    new.say_all(*DAY)
    assert activities() == [
        Activity.CHARGING,
        Activity.CHARGING,
        Activity.SUSPENDED_EVSE,
        Activity.SUSPENDED_EVSE,
        Activity.CHARGING,
        Activity.SUSPENDED_EV,
    ]


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.permutations([(action, {**payload, "evse": EVSE}) for action, payload in DAY]))
def test_the_order_of_events_does_not_change_what_was_in_force(
    charge_point: ChargePoint, shuffled: list[Message]
) -> None:
    talk = Talk(charge_point, V201)
    with undone():
        talk.say_all(*DAY)
        expected = activities()
    with undone():
        talk.say_all(*shuffled)
        assert activities() == expected
