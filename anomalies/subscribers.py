"""What anomalies does when something happened to a session or an incident."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from anomalies.events import IncidentEnded, IncidentOpened
from anomalies.services import check_completed_session
from anomalies.services.intrusions import report_second_connection
from anomalies.services.repairs import plan_repairs, refuse_restart, settle_repairs
from chargepoints.events import SecondConnectionRefused
from chargepoints.models import Command
from chargepoints.send_guards import guard_sending
from outbox.events import subscribe
from sessions_app.events import SessionCompleted


@subscribe(SessionCompleted)
def check_session(event: SessionCompleted) -> None:
    """Judge the complete session before billing gets it."""
    check_completed_session(session_id=event.session_id, now=timezone.now())


@subscribe(IncidentOpened)
def begin_repairs(event: IncidentOpened) -> None:
    """Take the first step of its ladder, or the next one after maintenance."""
    plan_repairs(incident_id=event.incident_id, now=timezone.now())


@subscribe(IncidentEnded)
def end_repairs(event: IncidentEnded) -> None:
    """Write down whether the last step helped."""
    settle_repairs(incident_id=event.incident_id, now=timezone.now())


@subscribe(SecondConnectionRefused)
def report_intruder(event: SecondConnectionRefused) -> None:
    """Tell the operator that somebody else has the station's key."""
    report_second_connection(
        charge_point_id=event.charge_point_id, address=event.address, at=event.occurred_at
    )


@guard_sending("Reset")
def look_before_restart(command: Command, now: datetime) -> str:
    """No restart of ours while somebody charges, however it was when it was asked for."""
    return refuse_restart(command, now)
