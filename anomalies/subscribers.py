"""What anomalies does when something happened to a session or an incident."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from anomalies.events import IncidentEnded, IncidentEscalated, IncidentOpened, WorkOrderAssigned
from anomalies.notice_texts import News
from anomalies.services import check_completed_session, stations
from anomalies.services.driver_notices import tell_drivers, tell_drivers_of_end
from anomalies.services.intrusions import report_second_connection
from anomalies.services.notices import tell_assignee, tell_operators
from anomalies.services.repairs import plan_repairs, refuse_restart, settle_repairs
from chargepoints.events import FaultOver, FaultReported, SecondConnectionRefused
from chargepoints.models import Command
from chargepoints.send_guards import guard_sending
from outbox.events import subscribe
from sessions_app.events import SessionCompleted, SessionStarted, TokenRefused


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


@subscribe(IncidentOpened)
def tell_of_incident(event: IncidentOpened) -> None:
    """The operator's people are told."""
    tell_operators(incident_id=event.incident_id, news=News.OPENED, now=timezone.now())


@subscribe(IncidentEscalated)
def tell_of_escalation(event: IncidentEscalated) -> None:
    """So they are when mild repairs did not help."""
    tell_operators(incident_id=event.incident_id, news=News.ESCALATED, now=timezone.now())


@subscribe(IncidentEnded)
def tell_of_end(event: IncidentEnded) -> None:
    """And when it is over."""
    tell_operators(incident_id=event.incident_id, news=News.ENDED, now=timezone.now())


@subscribe(IncidentOpened)
def warn_drivers(event: IncidentOpened) -> None:
    """Drivers it concerns are told."""
    tell_drivers(incident_id=event.incident_id, now=timezone.now())


@subscribe(IncidentEnded)
def reassure_drivers(event: IncidentEnded) -> None:
    """And told when it is over."""
    tell_drivers_of_end(incident_id=event.incident_id, now=timezone.now())


@subscribe(WorkOrderAssigned)
def mail_work_order(event: WorkOrderAssigned) -> None:
    """The assignee gets it by mail."""
    tell_assignee(
        work_order_id=event.work_order_id, assigned_at=event.occurred_at, now=timezone.now()
    )


@subscribe(SecondConnectionRefused)
def report_intruder(event: SecondConnectionRefused) -> None:
    """Tell the operator that somebody else has the station's key."""
    report_second_connection(
        charge_point_id=event.charge_point_id, address=event.address, at=event.occurred_at
    )


@subscribe(FaultReported)
def report_fault(event: FaultReported) -> None:
    """Open an incident for what a station says is broken."""
    stations.see_fault(
        charge_point_id=event.charge_point_id,
        evse_id=event.evse_id,
        error=event.error_code,
        vendor_error=event.vendor_error_code,
        at=event.occurred_at,
    )


@subscribe(FaultOver)
def end_fault(event: FaultOver) -> None:
    """End it when the station no longer says so."""
    stations.end_fault(
        charge_point_id=event.charge_point_id, evse_id=event.evse_id, now=event.occurred_at
    )


@subscribe(TokenRefused)
def count_refusal(event: TokenRefused) -> None:
    """Count a refused token."""
    stations.see_refusal(
        charge_point_id=event.charge_point_id,
        evse_id=event.evse_id,
        token=event.token,
        at=event.occurred_at,
    )


@subscribe(SessionStarted)
def look_at_start(event: SessionStarted) -> None:
    """Look at the token of a session that begins, and at who asked for it."""
    stations.see_start(session_id=event.session_id)


@guard_sending("Reset")
def look_before_restart(command: Command, now: datetime) -> str:
    """No restart of ours while somebody charges, however it was when it was asked for."""
    return refuse_restart(command, now)
