"""Publishing an event and delivering what is owed."""

from __future__ import annotations

import logging
import traceback
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from outbox import bell
from outbox.events import DomainEvent, NotYet, from_payload, subscriber, subscribers_of, to_payload
from outbox.models import Delivery, Event
from tenants.scope import across_tenants, tenant_scope

log = logging.getLogger(__name__)

ATTEMPTS_BEFORE_A_PERSON = 12
LONGEST_WAIT_S = 3600


class NotInTransaction(RuntimeError):
    """An event was published outside of the transaction that makes it true."""


def publish(event: DomainEvent) -> Event:
    """Store the event and one delivery for each subscriber in the caller's transaction.

    Raises `NotInTransaction` outside of one. After the commit the workers are woken; the sweep
    delivers even when that wake-up is lost.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(event.type)
    row = Event.objects.create(
        type=event.type, payload=to_payload(event), occurred_at=event.occurred_at
    )
    due_at = timezone.now()
    names = subscribers_of(event.type)
    Delivery.objects.bulk_create(
        Delivery(tenant_id=row.tenant_id, event=row, subscriber=name, due_at=due_at)
        for name in names
    )
    if names:
        transaction.on_commit(bell.ring)
    return row


def deliver_due(*, limit: int = 500) -> int:
    """Deliver what is due, one transaction each; returns how many were tried."""
    for tried in range(limit):
        if not _deliver_next(timezone.now()):
            return tried
    return limit


def retry_delivery(*, delivery_id: UUID) -> bool:
    """Put a given-up delivery back in the queue; False when it was not given up."""
    changed = Delivery.objects.filter(pk=delivery_id, state=Delivery.State.DEAD).update(
        state=Delivery.State.PENDING, attempts=0, due_at=timezone.now()
    )
    bell.ring()
    return bool(changed)


def _deliver_next(now: datetime) -> bool:
    with across_tenants(reason="outbox delivery"), transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("event")
            .filter(state=Delivery.State.PENDING, due_at__lte=now)
            .order_by("due_at", "id")
            .first()
        )
        if delivery is None:
            return False
        with tenant_scope(delivery.tenant_id):
            _deliver(delivery, now)
    return True


def _deliver(delivery: Delivery, now: datetime) -> None:
    event = delivery.event
    try:
        with transaction.atomic():
            event_class, function = subscriber(event.type, delivery.subscriber)
            function(from_payload(event_class, event.payload, event.occurred_at))
            _check_deferred_constraints()
    except NotYet as wish:
        delivery.due_at = wish.until
        delivery.save(update_fields=("due_at",))
        return
    except Exception as error:
        log.warning(
            "delivery failed",
            extra={"event_id": str(event.id), "subscriber": delivery.subscriber},
            exc_info=True,
        )
        _postpone(delivery, error, now)
    else:
        delivery.state = Delivery.State.DONE
        delivery.done_at = timezone.now()
        delivery.last_error = ""
    delivery.attempts += 1
    delivery.save(update_fields=("state", "done_at", "last_error", "attempts", "due_at"))


def _check_deferred_constraints() -> None:
    # Checked here, a violation fails this delivery; at the commit it would block the queue's head.
    # Django's function defers them again, for whoever writes in the same transaction after us.
    connection.check_constraints()


def _postpone(delivery: Delivery, error: Exception, now: datetime) -> None:
    wait_s = min(2**delivery.attempts, LONGEST_WAIT_S)
    delivery.due_at = now + timedelta(seconds=wait_s)
    delivery.last_error = "".join(traceback.format_exception(error))[-4000:]
    if delivery.attempts + 1 >= ATTEMPTS_BEFORE_A_PERSON:
        delivery.state = Delivery.State.DEAD
