"""The repair loop: one step of an incident's ladder after the other, each with its outcome.

Restarts are asked for under the lock of the station's row, which every start takes as well, and
only when nobody charges; before such a command is sent, that is looked at once more under the same
lock (`refuse_restart`).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from anomalies.announcing import announce
from anomalies.events import IncidentEscalated
from anomalies.ladder import (
    ASK_AGAIN,
    CONFIRM,
    IN_USE_FOR,
    RESETS,
    ladder_of,
    watched_for,
)
from anomalies.models import Incident, RemediationStep, Repair, RepairPolicy
from anomalies.selectors.idle import has_reset_budget, is_in_use
from anomalies.services.repair_commands import REPAIRER, ask_station
from anomalies.services.work_orders import write_work_order
from chargepoints.models import ChargePoint, Command
from chargepoints.services import CommandNotPossible
from outbox.services import publish

State = RemediationStep.State
Reason = RemediationStep.Reason
LIVE = (State.PLANNED, State.SENT)

_FAILURES = {
    Command.State.FAILED: Reason.REFUSED,
    Command.State.TIMED_OUT: Reason.NO_ANSWER,
    Command.State.OFFLINE: Reason.OFFLINE,
}


class StepNotPossible(ValueError):
    """A person asked for a step that can not be taken now; says why (`Reason`)."""

    def __init__(self, reason: RemediationStep.Reason) -> None:
        super().__init__(str(reason.label))
        self.reason = reason


def plan_repairs(*, incident_id: UUID, now: datetime) -> None:
    """Begin an incident's ladder, or go on with it where it stopped; repeatable."""
    with transaction.atomic():
        incident = Incident.objects.select_for_update(of=("self",)).get(pk=incident_id)
        if _may_go_on(incident) and not _steps(incident).filter(state__in=LIVE).exists():
            _plan_next(incident, now)


def settle_repairs(*, incident_id: UUID, now: datetime) -> None:
    """End the steps of an incident that has ended: what was under way helped, if evidence ended it.

    What a person ended was not healed by a step.
    """
    incident = Incident.objects.get(pk=incident_id)
    if incident.state == Incident.State.OPEN:
        return
    by_evidence = incident.state == Incident.State.RESOLVED and incident.resolved_by_id is None
    live = RemediationStep.objects.filter(incident=incident)
    waited = live.filter(state=State.PLANNED, repair=Repair.WAIT)
    if by_evidence:
        live.filter(state=State.SENT).update(state=State.SUCCEEDED, ended_at=now)
        waited.update(state=State.SUCCEEDED, ended_at=now)
    live.filter(state__in=LIVE).update(state=State.SKIPPED, reason=Reason.ENDED, ended_at=now)


def take_next_step(*, now: datetime) -> bool:
    """Carry out, or judge, one step whose time has come; False when there is none. One tenant."""
    due = RemediationStep.objects.filter(state__in=LIVE, due_at__lte=now).order_by("due_at", "id")
    with transaction.atomic():
        # The station before the step, as everybody does who locks both.
        candidate = due.first()
        if candidate is None:
            return False
        _lock_station(candidate.charge_point_id)
        step = due.select_for_update(of=("self",), skip_locked=True).filter(pk=candidate.pk).first()
        if step is None:
            return True
        incident = Incident.objects.select_for_update(of=("self",)).get(pk=step.incident_id)
        reason = _why_over(incident)
        if reason is not None:
            _end(step, State.SKIPPED, reason, now)
        elif step.state == State.SENT:
            _judge(step, incident, now)
        else:
            _carry_out(step, incident, now)
    return True


def ask_for_step(
    *, incident: Incident, repair: Repair, asked_by: str, now: datetime
) -> RemediationStep:
    """Take a step because a person says so, in place of the one that is planned.

    Raises `StepNotPossible`: no person may restart a station while somebody charges, either.
    """
    with transaction.atomic():
        _lock_station(incident.charge_point_id)
        incident = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
        reason = _why_over(incident) or _why_not(incident, repair, now)
        if reason is not None:
            raise StepNotPossible(reason)
        for live in _steps(incident).select_for_update().filter(state__in=LIVE):
            _end(live, State.SKIPPED, Reason.NOT_AUTOMATIC, now)
        step = _new_step(incident, repair, now, asked_by=asked_by)
        _do(step, incident, now)
    return step


def refuse_restart(command: Command, now: datetime) -> str:
    """Why a restart that the repair loop asked for must not be sent now; empty when it may.

    Called in the transaction that sends it, with the station's row locked.
    """
    if not command.requested_by.startswith(REPAIRER):
        return ""
    return "somebody charges" if is_in_use(command.charge_point_id, now) else ""


def _steps(incident: Incident) -> QuerySet[RemediationStep]:
    return RemediationStep.objects.filter(incident=incident)


def _may_go_on(incident: Incident) -> bool:
    return _why_over(incident) is None


def _why_over(incident: Incident) -> RemediationStep.Reason | None:
    if incident.state != Incident.State.OPEN:
        return Reason.ENDED
    if incident.parent_id is not None:
        return Reason.SITE
    return Reason.MAINTENANCE if incident.is_muted else None


def _why_not(incident: Incident, repair: Repair, now: datetime) -> RemediationStep.Reason | None:
    """Why a step can not be taken now; the station must be locked."""
    if repair not in (Repair.WORK_ORDER, Repair.RETEST) and incident.charge_point_id is None:
        return Reason.NOT_POSSIBLE
    if repair in RESETS and incident.charge_point_id is not None:
        if is_in_use(incident.charge_point_id, now):
            return Reason.IN_USE
        if not has_reset_budget(incident.charge_point_id, repair, now):
            return Reason.BUDGET
    return None


def _plan_next(incident: Incident, now: datetime) -> None:
    rungs = ladder_of(incident.action, is_site=incident.charge_point_id is None)
    taken = set(_steps(incident).values_list("repair", flat=True))
    left = [rung for rung in rungs if rung not in taken]
    if not left:
        return
    # After a return of the fault, or a step somebody asked for, never back down the ladder.
    highest = max((rungs.index(Repair(each)) for each in taken if each in rungs), default=-1)
    ahead = [rung for rung in left if rungs.index(rung) > highest]
    if ahead:
        _new_step(incident, ahead[0], now)


def _new_step(
    incident: Incident, repair: Repair, now: datetime, *, asked_by: str = ""
) -> RemediationStep:
    return RemediationStep.objects.create(
        incident=incident,
        charge_point_id=incident.charge_point_id,
        position=_steps(incident).count() + 1,
        repair=repair,
        asked_by=asked_by,
        due_at=now + CONFIRM if repair is Repair.WAIT else now,
        give_up_at=now + IN_USE_FOR,
    )


def _carry_out(step: RemediationStep, incident: Incident, now: datetime) -> None:
    repair = Repair(step.repair)
    if repair is Repair.WAIT:
        _fail(step, incident, Reason.STILL_THERE, now)
        return
    policy = RepairPolicy.objects.first() or RepairPolicy()
    if not policy.lets(repair):
        _skip(step, incident, Reason.NOT_AUTOMATIC, now)
        return
    reason = _why_not(incident, repair, now)
    if reason == Reason.IN_USE and now < step.give_up_at:
        step.due_at = now + ASK_AGAIN
        step.save(update_fields=("due_at",))
    elif reason is not None:
        _skip(step, incident, reason, now)
    else:
        _do(step, incident, now)


def _do(step: RemediationStep, incident: Incident, now: datetime) -> None:
    repair = Repair(step.repair)
    if repair is Repair.WORK_ORDER:
        write_work_order(incident=incident, now=now)
        if step.position > 1:
            publish(IncidentEscalated(occurred_at=now, incident_id=incident.pk))
            announce(incident.tenant_id)
        _end(step, State.SUCCEEDED, Reason.NONE, now)
        _plan_next(incident, now)
        return
    step.state, step.sent_at = State.SENT, now
    step.due_at = now + watched_for(repair, incident.kind)
    if repair is not Repair.RETEST:
        try:
            step.command = ask_station(incident, repair, asked_by=step.asked_by)
        except CommandNotPossible:
            _fail(step, incident, Reason.NOT_POSSIBLE, now)
            return
        step.give_up_at, step.due_at = step.due_at, now + ASK_AGAIN / 10
    step.save()


def _judge(step: RemediationStep, incident: Incident, now: datetime) -> None:
    """Look whether a step that was carried out has failed; that it helped is told by the end."""
    command = step.command
    reason = None if command is None else _FAILURES.get(Command.State(command.state))
    if reason is not None:
        _fail(step, incident, reason, now)
    elif step.sent_at is not None and incident.last_seen_at > step.sent_at:
        _fail(step, incident, Reason.SEEN_AGAIN, now)
    elif step.repair == Repair.RETEST:
        step.due_at = now + watched_for(Repair.RETEST, "")
        step.save(update_fields=("due_at",))
    elif now >= step.give_up_at:
        _fail(step, incident, Reason.NO_PROOF, now)
    else:
        step.due_at = min(now + ASK_AGAIN / 10, step.give_up_at)
        step.save(update_fields=("due_at",))


def _skip(
    step: RemediationStep, incident: Incident, reason: RemediationStep.Reason, now: datetime
) -> None:
    _end(step, State.SKIPPED, reason, now)
    _plan_next(incident, now)


def _fail(
    step: RemediationStep, incident: Incident, reason: RemediationStep.Reason, now: datetime
) -> None:
    _end(step, State.FAILED, reason, now)
    _plan_next(incident, now)


def _end(
    step: RemediationStep,
    state: RemediationStep.State,
    reason: RemediationStep.Reason,
    now: datetime,
) -> None:
    step.state, step.reason, step.ended_at = state, reason, now
    step.save()


def _lock_station(charge_point_id: UUID | None) -> None:
    rows = ChargePoint.objects.filter(pk__in=[charge_point_id] if charge_point_id else [])
    rows.select_for_update(no_key=True).only("id").first()


__all__ = [
    "StepNotPossible",
    "ask_for_step",
    "plan_repairs",
    "refuse_restart",
    "settle_repairs",
    "take_next_step",
]
