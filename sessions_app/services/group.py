"""Samples of many stations stored together: the plain messages of transactions under way.

A message is taken only if it adds samples newer than all others to an open session and changes
nothing else of it; there `readings` and `transaction_events` come to the same rows, one message at
a time. All others are theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from sessions_app.energy import progress_wh
from sessions_app.flags import SessionFlag
from sessions_app.messages import (
    FieldRefused,
    MeterValues,
    read_event,
    read_readings,
    trusted_time,
)
from sessions_app.normalise import normalise
from sessions_app.selectors import CLOCK_WRONG
from sessions_app.sequence import add_number
from sessions_app.services.charging_states import charging_status
from sessions_app.services.group_sql import FIRST_WH, INSERT, LOCK, UPDATE
from sessions_app.services.matching import says_nothing
from sessions_app.services.samples import LIVE, VALUES, newest_values
from sessions_app.services.scanning import ring_scans
from sessions_app.types import Sample
from tenants.postgresql.prepared import array_of, prepared_cursor, text_array_of

UPDATED = "Updated"


@dataclass(frozen=True, slots=True)
class PlainReadings:
    """A message worth trying: its samples in time order, and what else it says.

    `sequence` is None in OCPP 1.6. `status` is what an event says of the charging at `status_at`.
    """

    transaction_ref: str
    samples: tuple[Sample, ...]
    flags: frozenset[str]
    received_at: datetime
    sequence: int | None = None
    status: str = ""
    status_at: datetime | None = None


# A charge point's id and what it reported.
Report = tuple[str, PlainReadings]


def plain_readings(payload: dict[str, Any], received_at: datetime) -> PlainReadings | None:
    """A MeterValues about a transaction; None if it names none of ours or is odd."""
    if payload.get("transactionId") is None:
        return None
    try:
        readings = read_readings(payload)
    except FieldRefused:
        return None
    if says_nothing(readings.transaction_ref):
        return None
    return _plain(readings.transaction_ref, readings.meter_values, received_at, received_at)


def plain_event(payload: dict[str, Any], received_at: datetime) -> PlainReadings | None:
    """A TransactionEvent that is a mere update with readings; None for any other."""
    is_more = "idToken" in payload or payload.get("offline", False)
    if payload["eventType"] != UPDATED or is_more or not payload.get("meterValue"):
        return None
    try:
        event = read_event(payload)
    except FieldRefused:
        return None
    return _plain(
        event.transaction_ref,
        event.meter_values,
        received_at,
        event.at,
        sequence=event.sequence,
        status=charging_status(event) or "",
        status_at=trusted_time(event.at, received_at)[0],
    )


def _plain(
    ref: str,
    meter_values: MeterValues,
    received_at: datetime,
    fallback_at: datetime,
    **more: Any,
) -> PlainReadings | None:
    batch = normalise(meter_values, received_at=fallback_at)
    if not batch.samples:
        return None
    flags = {flag for sample in batch.samples for flag in sample.flags}
    if batch.rejected:
        flags.add(SessionFlag.VALUES_REJECTED)
    return PlainReadings(ref, batch.samples, frozenset(flags), received_at, **more)


def store_together(reports: Sequence[Report]) -> list[bool]:
    """Store what can be stored together; says of each report whether it was.

    Needs a transaction, `across_tenants`, and reports of live sockets only. Sessions are locked in
    the order of their ids.
    """
    taken = [False] * len(reports)
    changes: dict[str, _Change] = {}
    with prepared_cursor() as cursor:
        cursor.execute(LOCK, _lock_parameters(reports))
        for row in cursor.fetchall():
            found = _with_begin(_Found(*row))
            change = _change(found, reports[found.number - 1][1])
            if change is not None and found.session_id not in changes:
                changes[found.session_id] = change
                taken[found.number - 1] = True
        if changes:
            cursor.execute(INSERT, _sample_parameters(changes.values()))
            cursor.execute(UPDATE, _session_parameters(changes.values()))
    if changes:
        transaction.on_commit(partial(ring_scans, [UUID(key) for key in changes]))
    return taken


class _Found(NamedTuple):
    """An open session, locked."""

    number: int
    session_id: str
    tenant_id: str
    last_seq: int
    last_register_wh: int | None
    last_power_w: int | None
    last_soc_pct: int | None
    energy_wh: int
    meter_start_wh: int | None
    started_at: datetime | None
    is_placed: bool
    flags: list[str]
    seen_sequence: list[int]
    is_in_force: bool


class _Change(NamedTuple):
    """What becomes of a session."""

    found: _Found
    readings: PlainReadings
    live: dict[str, int]
    energy_wh: int
    seen_sequence: list[int]


def _with_begin(found: _Found) -> _Found:
    """With its first sample's register where the station told none at the start."""
    if found.meter_start_wh is not None or found.last_seq == 0:
        return found
    with prepared_cursor() as cursor:
        first = cursor.execute(FIRST_WH, [found.session_id]).fetchone()
    return found._replace(meter_start_wh=first[0] if first else None)


def _change(found: _Found, readings: PlainReadings) -> _Change | None:
    """What the readings make of the session; None where more than that would have to change."""
    if not readings.flags.issubset(found.flags) or sorted(found.flags) != found.flags:
        return None
    seen = found.seen_sequence
    if readings.sequence is not None:
        seen = add_number(seen, readings.sequence)
        if not found.is_placed or (readings.status and not (found.is_in_force and len(seen) == 2)):
            return None
    live = newest_values(readings.samples)
    return _Change(found, readings, live, _energy_wh(found, readings, live), seen)


def _energy_wh(found: _Found, readings: PlainReadings, live: dict[str, int]) -> int:
    """As `show_running_energy`, with what it would read from the database at hand."""
    register_wh = live.get("last_register_wh", found.last_register_wh)
    if register_wh is None:
        return found.energy_wh
    begin_wh = found.meter_start_wh
    if begin_wh is None:
        begin_wh = _first_register_wh(readings.samples)
    energy_wh = progress_wh(
        begin_wh=begin_wh,
        register_wh=register_wh,
        at=readings.samples[-1].at,
        started_at=None if not CLOCK_WRONG.isdisjoint(found.flags) else found.started_at,
    )
    return energy_wh or found.energy_wh


def _first_register_wh(samples: Iterable[Sample]) -> int | None:
    known = [(s.at, s.energy_wh) for s in samples if s.energy_wh is not None and s.energy_wh >= 0]
    return min(known)[1] if known else None


def _lock_parameters(reports: Sequence[Report]) -> list[str]:
    return [
        array_of(charge_point_id for charge_point_id, _ in reports),
        text_array_of(readings.transaction_ref for _, readings in reports),
        array_of(_time(readings.samples[0].at) for _, readings in reports),
        text_array_of(readings.status for _, readings in reports),
        array_of(
            None if (at := readings.status_at) is None else _time(at) for _, readings in reports
        ),
    ]


def _sample_parameters(changes: Iterable[_Change]) -> list[str]:
    rows = [
        (change, change.found.last_seq + number, sample)
        for change in changes
        for number, sample in enumerate(change.readings.samples, 1)
    ]
    return [
        array_of(change.found.tenant_id for change, _, _ in rows),
        array_of(change.found.session_id for change, _, _ in rows),
        array_of(_time(change.readings.received_at) for change, _, _ in rows),
        array_of(seq for _, seq, _ in rows),
        array_of(_time(sample.at) for _, _, sample in rows),
        array_of(sample.context.value for _, _, sample in rows),
        text_array_of(json.dumps(s.extra) if s.extra else None for _, _, s in rows),
        *(array_of([read(sample) for _, _, sample in rows]) for read in _READ_VALUES),
    ]


def _session_parameters(changes: Iterable[_Change]) -> list[str]:
    changes = list(changes)
    return [
        array_of(change.found.session_id for change in changes),
        array_of(len(change.readings.samples) for change in changes),
        array_of(_time(change.readings.samples[-1].at) for change in changes),
        array_of(change.energy_wh for change in changes),
        text_array_of(array_of(change.seen_sequence) for change in changes),
        *(
            array_of(c.live.get(column, getattr(c.found, column)) for c in changes)
            for column in LIVE
        ),
    ]


def _time(at: datetime) -> str:
    return at.isoformat()


_READ_VALUES = tuple(attrgetter(name) for name in VALUES)
