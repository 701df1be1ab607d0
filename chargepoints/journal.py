"""The message log: one row per frame, masked, in the transaction of what the frame did."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from uuid_utils import uuid7

from chargepoints.errors import CallRefused, Fault
from chargepoints.frames import Call
from chargepoints.masking import masked, masked_text
from chargepoints.models import OcppMessage
from chargepoints.routing import Handler
from chargepoints.schemas import check_answer
from chargepoints.services.sockets import StaleSocket, hold_socket, release_socket
from chargepoints.services.together import Entry, LogLine, Store
from chargepoints.types import Connection
from tenants.scope import tenant_scope

SEEN_IS_SAVED_EVERY = timedelta(seconds=15)
MOST_UNSAVED = 100


class Journal:
    """What one socket writes; each write first makes sure that the socket is still the live one.

    Used by one thread at a time. What needs no row of its own (heartbeats, the last sign of life)
    waits in memory and rides along with the next write.
    """

    def __init__(self, connection: Connection, epoch: int, opened_at: datetime) -> None:
        self.connection = connection
        self.epoch = epoch
        # Made once: every line says them.
        self._about = (str(connection.tenant_id), str(connection.charge_point_id))
        self._saved_at = opened_at
        self._unsaved: list[OcppMessage] = []

    def carry_out(self, handler: Handler, call: Call, received_at: datetime) -> dict[str, Any]:
        """Run the handler and log call and answer in one transaction; returns the answer.

        Raises `CallRefused` of the handler, `StaleSocket`, or whatever else went wrong, and then
        nothing was written.
        """
        with tenant_scope(self.connection.tenant_id):
            with transaction.atomic():
                is_due = self._hold(received_at)
                answer = checked_answer(self.connection.version, handler, call, received_at)
                rows = self._exchange(call, answer, received_at)
                OcppMessage.objects.bulk_create([*self._unsaved, *rows])
            self._saved(received_at if is_due else None)
        return answer

    def answer_in_memory(
        self, handler: Handler, call: Call, received_at: datetime
    ) -> dict[str, Any]:
        """Run a handler that touches no database; its two rows are written later."""
        answer = checked_answer(self.connection.version, handler, call, received_at)
        self._unsaved.extend(self._exchange(call, answer, received_at))
        return answer

    def entry(
        self,
        seen_at: datetime,
        exchange: Call | None = None,
        store: Store | None = None,
        plain: Any = None,
    ) -> Entry:
        """What to write together with other sockets: a plain call and its empty answer, if given,
        and when it is due what waits in memory; then `wrote` has to be told."""
        due = self.is_due(seen_at)
        lines = [_line(row, self._about) for row in self._unsaved] if due else []
        if exchange is not None:
            name = (exchange.action, exchange.message_id)
            asked = masked_text(exchange.payload)
            lines.append(LogLine(str(uuid7()), *self._about, True, *name, asked, seen_at))
            lines.append(LogLine(str(uuid7()), *self._about, False, *name, "{}", seen_at))
        return Entry(self._about[1], self.epoch, seen_at if due else None, lines, store, plain)

    def wrote(self, entry: Entry) -> None:
        """Note that an entry of `entry` is committed."""
        if entry.seen_at is not None:
            self._saved(entry.seen_at)

    def is_due(self, now: datetime) -> bool:
        """Whether what waits in memory should be saved."""
        return now - self._saved_at >= SEEN_IS_SAVED_EVERY or len(self._unsaved) >= MOST_UNSAVED

    def save(self, now: datetime, *rows: OcppMessage) -> None:
        """Write the rows and everything that waits in memory; raises `StaleSocket`."""
        with tenant_scope(self.connection.tenant_id):
            with transaction.atomic():
                hold_socket(self.connection, self.epoch, now)
                OcppMessage.objects.bulk_create([*self._unsaved, *rows])
            self._saved(now)

    def close(self, seen_at: datetime, now: datetime) -> None:
        """Save the rest and say that the socket is closed, unless a newer one has taken over."""
        with suppress(StaleSocket):
            self.save(seen_at)
            release_socket(self.connection, self.epoch, now)

    def refusal(
        self, refusal: CallRefused, message_id: str, call: Call | None, at: datetime
    ) -> OcppMessage:
        """The row that says what was refused and why, not saved yet."""
        return self.row(
            call.action if call else "",
            message_id,
            call.payload if call else None,
            at,
            error_code=refusal.fault.code(self.connection.version),
            reason=refusal.reason,
        )

    def row(
        self,
        action: str,
        message_id: str,
        payload: dict[str, Any] | None,
        at: datetime,
        *,
        inbound: bool = True,
        error_code: str = "",
        reason: str = "",
    ) -> OcppMessage:
        """One row of the log, masked and not saved yet."""
        return OcppMessage(
            tenant_id=self.connection.tenant_id,
            charge_point_id=self.connection.charge_point_id,
            inbound=inbound,
            action=action[:64],
            message_id=message_id,
            payload=masked(payload),
            error_code=error_code,
            reason=reason[:255],
            at=at,
        )

    def _exchange(
        self, call: Call, answer: dict[str, Any], received_at: datetime
    ) -> list[OcppMessage]:
        return [
            self.row(
                call.action,
                call.message_id,
                call.payload if call.as_sent is None else call.as_sent,
                received_at,
                reason=call.mending,
            ),
            self.row(call.action, call.message_id, answer, received_at, inbound=False),
        ]

    def _hold(self, now: datetime) -> bool:
        is_due = self.is_due(now)
        hold_socket(self.connection, self.epoch, now if is_due else None)
        return is_due

    def _saved(self, seen_at: datetime | None) -> None:
        self._unsaved = []
        if seen_at is not None:
            self._saved_at = seen_at


def _line(row: OcppMessage, about: tuple[str, str]) -> LogLine:
    """An exchange that waited in memory; it has a payload and no error."""
    return LogLine(
        str(row.id),
        *about,
        row.inbound,
        row.action,
        row.message_id,
        orjson.dumps(row.payload).decode(),
        row.at,
    )


def checked_answer(
    version: str, handler: Handler, call: Call, received_at: datetime
) -> dict[str, Any]:
    """The handler's answer; one that breaks OCPP's schema is a mistake of ours."""
    answer = handler(call.payload, received_at)
    try:
        check_answer(version, call.action, answer)
    except CallRefused as refusal:
        raise CallRefused(Fault.INTERNAL, f"our answer: {refusal.reason}") from refusal
    return answer
