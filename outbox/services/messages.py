"""Messages to people: owed with what they tell of, sent once, outside of any transaction."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from outbox import bell
from outbox.models import Message
from outbox.senders import SENDERS, OutcomeUnknown, Post, Refused, TryLater
from outbox.types import Attachment, NewMessage
from tenants.scope import across_tenants, tenant_scope
from tenants.sealing import Unreadable, seal, unseal

log = logging.getLogger(__name__)

SEND_TASK: Final = "outbox.tasks.send_due_messages"
# Half a minute, then twice as long each time, up to an hour: about six hours in all.
FIRST_WAIT_S: Final = 30
LONGEST_WAIT_S: Final = 3600
MOST_TRIES: Final = 12
# Longer than any sender may take.
LEASE: Final = timedelta(minutes=3)
ONE_SWEEP_S: Final = 30
MAYBE_SENT: Final = "It may have arrived: try again only if it did not."
TOO_LATE: Final = "It would have come too late."

State = Message.State


def owe_message(new: NewMessage, *, now: datetime) -> Message:
    """Store that a message is owed, in the caller's transaction; once per key and tenant.

    It is sent after the commit, or at its `due_at`; not at all when `expires_at` passes first.
    """
    hidden = seal if new.private else str
    message, is_new = Message.objects.get_or_create(
        key=new.key,
        defaults={
            "topic": new.topic,
            "channel": new.channel,
            "recipient": new.recipient,
            "sealed_recipient": seal(new.secret) if new.secret else "",
            "subject": " ".join(new.subject.split())[:200],
            "text": hidden(new.text),
            "html": hidden(new.html) if new.html else "",
            "is_private": new.private,
            "headers": dict(new.headers),
            "attachments": [list(attachment) for attachment in new.attachments],
            "payload": dict(new.payload),
            "due_at": new.due_at or now,
            "expires_at": new.expires_at,
        },
    )
    if is_new and message.due_at <= now:
        transaction.on_commit(partial(bell.ring, SEND_TASK))
    return message


def withdraw_messages(*, topic: str) -> int:
    """Do not send what is owed about something that is over; returns how many. In one tenant."""
    waiting = Message.objects.filter(topic=topic, state__in=(State.PENDING, State.FAILED))
    return waiting.update(state=State.WITHDRAWN)


def retry_message(*, message_id: UUID, now: datetime) -> bool:
    """Put a message that was given up back in the queue; False when it was not.

    One whose confidential text was forgotten cannot be sent again.
    """
    changed = (
        Message.objects.filter(pk=message_id, state=State.GIVEN_UP)
        .exclude(is_private=True, text="")
        .update(state=State.PENDING, attempts=0, due_at=now, expires_at=None)
    )
    bell.ring(SEND_TASK)
    return bool(changed)


def forget_old_messages(*, before: datetime) -> int:
    """Delete messages from before that are not on their way; returns how many."""
    ended = (State.SENT, State.GIVEN_UP, State.WITHDRAWN)
    with across_tenants(reason="messages are kept for a while only"):
        deleted, _by_model = Message.objects.filter(created_at__lt=before, state__in=ended).delete()
    return deleted


def send_due_messages(*, limit: int = 200) -> int:
    """Send what is due, one after the other; returns how many were tried.

    A message is sent between the transaction that claims it and the one that settles it. Whoever
    dies in between leaves one whose outcome is unknown.
    """
    until = time.monotonic() + ONE_SWEEP_S
    for tried in range(limit):
        if time.monotonic() > until:
            return tried
        claim = _claim_next(timezone.now())
        if claim is None:
            return tried
        with tenant_scope(claim.message.tenant_id):
            _send(claim)
    return limit


def send_now(message: Message) -> Message:
    """Send one owed message at once and return it settled: for whoever waits to see the result.

    Not inside a transaction. Somebody else may have taken it; then it is returned as it is.
    """
    claim = _claim(Message.objects.filter(pk=message.pk), timezone.now())
    if claim is not None:
        _send(claim)
    message.refresh_from_db()
    return message


class _Claim(NamedTuple):
    """A message this process may send; `died` if another was sending it and never said more."""

    message: Message
    died: bool


def _claim_next(now: datetime) -> _Claim | None:
    with across_tenants(reason="messages owed"):
        return _claim(Message.objects.all(), now)


def _claim(rows: QuerySet[Message], now: datetime) -> _Claim | None:
    with transaction.atomic():
        message = (
            rows.select_for_update(skip_locked=True, of=("self",))
            .filter(state__in=(State.PENDING, State.SENDING, State.FAILED), due_at__lte=now)
            .order_by("due_at", "id")
            .first()
        )
        if message is None:
            return None
        died = message.state == State.SENDING
        message.state = State.SENDING
        message.attempts += 1
        message.due_at = now + LEASE
        message.save(update_fields=("state", "attempts", "due_at"))
    return _Claim(message, died)


def _send(claim: _Claim) -> None:
    message, sender = claim.message, SENDERS[claim.message.channel]
    if claim.died and not sender.repeatable:
        return _give_up(message, MAYBE_SENT)
    if message.expires_at is not None and message.expires_at <= timezone.now():
        return _give_up(message, TOO_LATE)
    try:
        sender.send(_post(message))
    except (Refused, Unreadable) as failure:
        _give_up(message, str(failure))
    except OutcomeUnknown as failure:
        if sender.repeatable:
            _postpone(message, str(failure))
        else:
            _give_up(message, f"{failure}. {MAYBE_SENT}")
    except TryLater as failure:
        _postpone(message, str(failure))
    else:
        forgotten = {"text": "", "html": ""} if message.is_private else {}
        _settle(message, State.SENT, sent_at=timezone.now(), last_error="", **forgotten)


def _post(message: Message) -> Post:
    opened = unseal if message.is_private else str
    return Post(
        ref=str(message.pk),
        recipient=unseal(message.sealed_recipient)
        if message.sealed_recipient
        else message.recipient,
        text=opened(message.text),
        sender_name=message.tenant.name,
        subject=message.subject,
        html=opened(message.html) if message.html else "",
        headers=message.headers,
        attachments=[Attachment(*given) for given in message.attachments],
        payload=message.payload,
    )


def _postpone(message: Message, why: str) -> None:
    if message.attempts >= MOST_TRIES:
        return _give_up(message, why)
    wait_s = min(FIRST_WAIT_S * 2 ** (message.attempts - 1), LONGEST_WAIT_S)
    due_at = timezone.now() + timedelta(seconds=wait_s)
    _settle(message, State.FAILED, due_at=due_at, last_error=why)
    return None


def _give_up(message: Message, why: str) -> None:
    log.warning("message given up", extra={"ref": str(message.pk), "why": why})
    _settle(message, State.GIVEN_UP, last_error=why)


def _settle(message: Message, state: Message.State, **changes: object) -> None:
    """Write the outcome of our own try, unless the lease ended and another has the message."""
    ours = Message.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts)
    ours.update(state=state, **changes)
