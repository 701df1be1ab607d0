"""The gate between a session and billing opens and closes once."""

from __future__ import annotations

from typing import Any

import pytest

from chargepoints.models import ChargePoint
from outbox.models import Event
from sessions_app.models import ChargingSession
from sessions_app.services import clear_session, hold_session, release_session
from tests.cast import a_session

Gate, State = ChargingSession.Gate, ChargingSession.State


@pytest.fixture
def session(charge_point: ChargePoint) -> ChargingSession:
    return a_session(charge_point, state=State.COMPLETED)


def hold(session: ChargingSession, reason: str = "M1") -> bool:
    return hold_session(session_id=session.id, reason=reason)


def release(session: ChargingSession) -> bool:
    return release_session(session_id=session.id, actor="Ada", reason="meter read by hand")


def gate(session: ChargingSession) -> tuple[str, str]:
    session.refresh_from_db()
    return session.gate, session.gate_reason


def events() -> list[tuple[str, Any]]:
    return list(Event.objects.order_by("id").values_list("type", "payload"))


def test_a_session_is_cleared_once(session: ChargingSession) -> None:
    assert clear_session(session_id=session.id)
    assert not clear_session(session_id=session.id)
    assert gate(session) == (Gate.CLEARED, "")
    assert events() == [("session.cleared", {"session_id": str(session.id)})]


def test_a_session_under_way_cannot_be_cleared(charge_point: ChargePoint) -> None:
    session = a_session(charge_point)
    assert not clear_session(session_id=session.id)
    assert events() == []


def test_a_session_is_held_once(session: ChargingSession) -> None:
    assert hold(session)
    assert not hold(session, "M2")
    assert gate(session) == (Gate.HELD, "M1")
    assert events() == [("session.held", {"session_id": str(session.id), "reason": "M1"})]


def test_a_held_session_is_released_by_a_person_only(session: ChargingSession) -> None:
    hold(session)
    assert not clear_session(session_id=session.id)
    assert release(session)
    assert not release(session)
    assert gate(session) == (Gate.RELEASED, "Ada: meter read by hand")
    assert [kind for kind, _ in events()] == ["session.held", "session.cleared"]


def test_a_session_under_way_is_held_but_not_released(charge_point: ChargePoint) -> None:
    session = a_session(charge_point)
    assert hold(session)
    assert not release(session)
    assert gate(session) == (Gate.HELD, "M1")


@pytest.mark.parametrize("past", [Gate.CLEARED, Gate.RELEASED])
def test_what_billing_may_have_is_not_held_any_more(session: ChargingSession, past: str) -> None:
    ChargingSession.objects.update(gate=past)
    assert not hold(session)
    assert events() == []


def test_what_was_not_held_cannot_be_released(session: ChargingSession) -> None:
    assert not release(session)


def test_a_long_reason_is_cut(session: ChargingSession) -> None:
    hold(session, "x" * 300)
    assert gate(session) == (Gate.HELD, "x" * 200)
