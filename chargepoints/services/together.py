"""What sockets of many stations write in one transaction: signs of life, log, plain messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from django.db import transaction
from psycopg import sql

from chargepoints.models import ChargePoint, OcppMessage
from tenants.postgresql.prepared import array_of, prepared_cursor, text_array_of
from tenants.scope import across_tenants

# Stores what is plain of (charge point, message) pairs; says of each whether it did.
Store = Callable[[Sequence[tuple[str, Any]]], list[bool]]


class LogLine(NamedTuple):
    """A row of the message log; `payload` is JSON text, masked."""

    id: str
    tenant_id: str
    charge_point_id: str
    inbound: bool
    action: str
    message_id: str
    payload: str
    at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What one socket wants written, all of it or nothing.

    `plain` is a message for `store`, or None; `seen_at` a sign of life that is due, or None.
    """

    charge_point_id: str
    epoch: int
    seen_at: datetime | None
    lines: Sequence[LogLine]
    store: Store | None = None
    plain: Any = None


class Outcome(Enum):
    """What became of an entry."""

    WRITTEN = "written"
    NOT_PLAIN = "not plain"
    STALE = "stale"
    AWAY = "away"


def write_together(entries: Sequence[Entry]) -> list[Outcome]:
    """Write the entries in one transaction; nothing is written of one that has become stale.

    `NOT_PLAIN` is a message that its store leaves to the handler: nothing of it was written.
    """
    reason = "stations of all operators are written together"
    with across_tenants(reason=reason), transaction.atomic():
        outcomes = _fence(entries)
        _store(entries, outcomes)
        _save_log(
            [
                line
                for entry, outcome in zip(entries, outcomes, strict=True)
                if outcome is Outcome.WRITTEN
                for line in entry.lines
            ]
        )
    return outcomes


def _fence(entries: Sequence[Entry]) -> list[Outcome]:
    """Which sockets are live; their rows are not locked, as sessions' rows are.

    A message of a socket that is replaced at this very moment counts as come before.
    """
    due = [entry for entry in entries if entry.seen_at is not None]
    with prepared_cursor() as cursor:
        if due:
            cursor.execute(
                _SEEN,
                [
                    array_of(entry.charge_point_id for entry in due),
                    array_of(entry.epoch for entry in due),
                    array_of(_time(entry.seen_at) for entry in due),
                ],
            )
        cursor.execute(
            _FENCE,
            [
                array_of(entry.charge_point_id for entry in entries),
                array_of(entry.epoch for entry in entries),
            ],
        )
        live = {number for (number,) in cursor.fetchall()}
    return [
        Outcome.WRITTEN if number in live else Outcome.STALE for number, _ in enumerate(entries, 1)
    ]


def _store(entries: Sequence[Entry], outcomes: list[Outcome]) -> None:
    """Have the messages stored; changes the outcome of those that are not plain."""
    numbers: dict[Store, list[int]] = {}
    for number, entry in enumerate(entries):
        if entry.store is not None and outcomes[number] is Outcome.WRITTEN:
            numbers.setdefault(entry.store, []).append(number)
    for store, mine in numbers.items():
        taken = store([(entries[n].charge_point_id, entries[n].plain) for n in mine])
        for number, is_taken in zip(mine, taken, strict=True):
            if not is_taken:
                outcomes[number] = Outcome.NOT_PLAIN


def _save_log(lines: Sequence[LogLine]) -> None:
    if not lines:
        return
    with prepared_cursor() as cursor:
        cursor.execute(
            _LOG,
            [
                array_of(line.id for line in lines),
                array_of(line.tenant_id for line in lines),
                array_of(line.charge_point_id for line in lines),
                array_of(line.inbound for line in lines),
                text_array_of(line.action for line in lines),
                text_array_of(line.message_id for line in lines),
                array_of(_time(line.at) for line in lines),
                _json_array(line.payload for line in lines),
            ],
        )


def _json_array(texts: Iterable[str]) -> str:
    return "[" + ",".join(texts) + "]"


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _statement(text: str) -> str:
    return (
        sql.SQL(text)
        .format(
            charge_points=sql.Identifier(ChargePoint._meta.db_table),
            messages=sql.Identifier(OcppMessage._meta.db_table),
        )
        .as_string()
    )


_SEEN = _statement(
    """
    UPDATE {charge_points} AS c SET last_seen_at = w.seen_at
    FROM unnest(%s::uuid[], %s::integer[], %s::timestamptz[]) AS w (id, epoch, seen_at)
    WHERE c.id = w.id AND c.socket_epoch = w.epoch AND c.enabled
    """
)
_FENCE = _statement(
    """
    SELECT w.number
    FROM unnest(%s::uuid[], %s::integer[]) WITH ORDINALITY AS w (id, epoch, number)
    JOIN {charge_points} AS c ON c.id = w.id AND c.socket_epoch = w.epoch AND c.enabled
    """
)
_LOG = _statement(
    """
    INSERT INTO {messages} (id, tenant_id, charge_point_id, inbound, action, message_id, at,
        payload, error_code, reason, created_at)
    SELECT id, tenant_id, charge_point_id, inbound, action, message_id, at,
        payload, '', '', now()
    FROM ROWS FROM (
        unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::boolean[], %s::text[], %s::text[],
            %s::timestamptz[]),
        jsonb_array_elements(%s::jsonb)
    ) AS new (id, tenant_id, charge_point_id, inbound, action, message_id, at, payload)
    """
)
