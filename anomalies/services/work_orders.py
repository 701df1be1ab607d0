"""Work orders: written from incidents or by hand, done by technicians, tested by good sessions."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from anomalies.events import WorkOrderAssigned
from anomalies.hints import hint_of
from anomalies.ladder import due_within
from anomalies.models import Incident, RemediationStep, Repair, WorkNote, WorkOrder
from anomalies.photos import small_photo
from anomalies.services.repair_commands import change_availability
from outbox.services import publish
from tenants.models import Member

State = WorkOrder.State
TO_DO = (State.OPEN, State.STARTED)
CAME_BACK = "The fault was seen again after the work."


class NothingToAdd(ValueError):
    """A note has neither text nor photo."""


def write_work_order(*, incident: Incident, now: datetime) -> WorkOrder:
    """The work order of an incident, made once; due by severity, with a hint on skill and parts."""
    hint = hint_of(incident.kind)
    station = incident.charge_point
    # An incident has a station or a site: `an_incident_has_a_place`.
    site_id = station.site_id if station is not None else incident.site_id
    order, _made = WorkOrder.objects.get_or_create(
        incident=incident,
        defaults={
            "site_id": str(site_id),
            "charge_point_id": incident.charge_point_id,
            "connector_id": incident.connector_id,
            "severity": incident.severity,
            "skill": hint.skill,
            "due_at": now + due_within(incident.severity),
        },
    )
    return order


def assign_work_order(*, order: WorkOrder, member: Member | None, now: datetime) -> None:
    """Give an order to a member, who is told, or to nobody."""
    with transaction.atomic():
        changed = (
            WorkOrder.objects.filter(pk=order.pk)
            .filter(~Q(assignee=member) if member else Q(assignee__isnull=False))
            .update(assignee=member)
        )
        if changed and member is not None:
            tell_assigned(order, now)


def tell_assigned(order: WorkOrder, now: datetime) -> None:
    """Let the assignee know; in the transaction that assigns."""
    publish(WorkOrderAssigned(occurred_at=now, work_order_id=order.pk))


def start_work(*, order: WorkOrder, member: Member | None, now: datetime) -> bool:
    """A technician begins; an order of nobody becomes theirs. False when it was not to do."""
    rows = WorkOrder.objects.filter(pk=order.pk, state=State.OPEN)
    with transaction.atomic():
        if member is not None:
            rows.filter(assignee=None).update(assignee=member)
        return bool(rows.update(state=State.STARTED, started_at=now))


def finish_work(*, order: WorkOrder, actor: str, now: datetime) -> bool:
    """The work is done: the outlet goes back into service, and the next good session is the test.

    False when it was not to do.
    """
    with transaction.atomic():
        done = WorkOrder.objects.filter(pk=order.pk, state__in=TO_DO).update(
            state=State.DONE,
            done_at=now,
            done_by=actor[:120],
            started_at=order.started_at or now,
        )
        if done:
            _put_back_into_service(order)
    return bool(done)


def cancel_work(*, order: WorkOrder) -> bool:
    """Nobody has to go; False when it was not to do."""
    rows = WorkOrder.objects.filter(pk=order.pk, state__in=TO_DO)
    return bool(rows.update(state=State.CANCELLED))


def add_note(*, order: WorkOrder, author: str, text: str, photo: bytes | None = None) -> WorkNote:
    """Keep what somebody wrote or photographed. Raises `NothingToAdd` and `photos.NotAPhoto`."""
    if not text.strip() and not photo:
        raise NothingToAdd
    return WorkNote.objects.create(
        work_order=order,
        author=author[:120],
        text=text.strip()[:4000],
        photo=small_photo(photo) if photo else None,
    )


def reopen_failed_work(*, now: datetime) -> int:
    """Put orders back to do whose fault was seen after the work; returns how many. One tenant."""
    with transaction.atomic():
        rows = (
            WorkOrder.objects.select_for_update(of=("self",))
            .select_related("incident")
            .filter(
                state=State.DONE,
                incident__state=Incident.State.OPEN,
                incident__last_seen_at__gt=F("done_at"),
            )
        )
        orders = list(rows)
        for order in orders:
            order.state, order.started_at, order.done_at = State.OPEN, None, None
            order.due_at = now + due_within(order.severity)
            order.save(update_fields=("state", "started_at", "done_at", "due_at"))
            WorkNote.objects.create(work_order=order, author="Laddbok", text=CAME_BACK)
            if order.assignee_id is not None:
                tell_assigned(order, now)
    return len(orders)


def _put_back_into_service(order: WorkOrder) -> None:
    taken_out = RemediationStep.objects.filter(
        incident__work_order=order,
        repair=Repair.INOPERATIVE,
        sent_at__isnull=False,
    )
    if order.charge_point is not None and taken_out.exists():
        change_availability(order.charge_point, order.connector, operative=True)
