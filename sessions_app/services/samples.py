"""Storing meter samples so that order and repetition do not matter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg import sql

from chargepoints.selectors import profile_of
from sessions_app.flags import SessionFlag
from sessions_app.messages import MeterValues
from sessions_app.models import ChargingSession, MeterSample
from sessions_app.normalise import Overrides, normalise
from sessions_app.services.locking import add_flags
from sessions_app.services.scanning import ring_scan
from sessions_app.services.sealing import unseal
from sessions_app.types import Sample, SampleFlag, sample_order

# The integer columns, with their database types; `MeterSample` and `types.Sample` name them alike.
VALUES = {
    "energy_wh": "bigint",
    "power_w": "integer",
    "current_ma": "integer",
    "current_l1_ma": "integer",
    "current_l2_ma": "integer",
    "current_l3_ma": "integer",
    "voltage_mv": "integer",
    "voltage_l1_mv": "integer",
    "voltage_l2_mv": "integer",
    "voltage_l3_mv": "integer",
    "current_offered_ma": "integer",
    "soc_pct": "smallint",
}
# What a session shows of its samples: its column, and the sample's.
LIVE = {
    "last_register_wh": "energy_wh",
    "last_power_w": "power_w",
    "last_soc_pct": "soc_pct",
}

# The larger of two texts, key by key, as `normalise.merge` has it.
_MERGED_EXTRA = """CASE WHEN kept.extra IS NOT DISTINCT FROM EXCLUDED.extra THEN kept.extra ELSE (
    SELECT jsonb_object_agg(key, value) FROM (
        SELECT key, max(value COLLATE "C") AS value FROM (
            SELECT * FROM jsonb_each_text(coalesce(kept.extra, '{}'))
            UNION ALL SELECT * FROM jsonb_each_text(coalesce(EXCLUDED.extra, '{}'))
        ) AS both_texts GROUP BY key
    ) AS larger_texts) END"""


def _statement() -> str:
    """`INSERT ... ON CONFLICT`: a second report of an instant adds to the first, or changes
    nothing; only rows that changed get a new `seq` and come back."""
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in VALUES)
    arrays = sql.SQL(", ").join(sql.SQL(f"%s::{kind}[]") for kind in VALUES.values())
    larger = {name: f"GREATEST(kept.{name}, EXCLUDED.{name})" for name in VALUES}
    larger["extra"] = _MERGED_EXTRA
    assignments = sql.SQL(", ").join(sql.SQL(f"{name} = {value}") for name, value in larger.items())
    before = sql.SQL(", ").join(sql.SQL(f"kept.{name}") for name in larger)
    after = sql.SQL(", ").join(sql.SQL(value) for value in larger.values())
    return (
        sql.SQL(
            "INSERT INTO {table} AS kept"
            " (tenant_id, session_id, received_at, seq, at, context, extra, {columns})"
            " SELECT %s, %s, %s, %s + number, at, context, extra, {columns}"
            " FROM unnest(%s::timestamptz[], %s::text[], %s::text[]::jsonb[], {arrays})"
            " WITH ORDINALITY AS new (at, context, extra, {columns}, number)"
            " ON CONFLICT (session_id, at, context) DO UPDATE"
            " SET seq = EXCLUDED.seq, {assignments}"
            " WHERE ({before}) IS DISTINCT FROM ({after})"
            # Read as it was before this statement.
            " RETURNING NOT EXISTS (SELECT FROM {table} AS old WHERE old.session_id ="
            " kept.session_id AND old.at = kept.at AND old.context = kept.context)"
        )
        .format(
            table=sql.Identifier(MeterSample._meta.db_table),
            columns=columns,
            arrays=arrays,
            assignments=assignments,
            before=before,
            after=after,
        )
        .as_string()
    )


_INSERT = _statement()


def ingest_meter_values(
    session: ChargingSession,
    meter_values: MeterValues,
    *,
    received_at: datetime,
    fallback_at: datetime | None = None,
) -> tuple[Sample, ...]:
    """Normalise and store what a message measured; returns the samples it holds, new or not.

    `session` must be locked and is changed in memory only (see `changing`). Readings without a
    usable time are placed at `fallback_at`, which makes a repetition of the message the same.
    """
    if not meter_values:
        return ()
    batch = normalise(
        meter_values,
        received_at=fallback_at or received_at,
        overrides=_overrides_of(session.charge_point_id),
    )
    flags = {flag for sample in batch.samples for flag in sample.flags}
    if session.state == ChargingSession.State.COMPLETED:
        # Signatures were looked at when it ended; a repetition takes nothing of that back.
        flags.discard(SampleFlag.SIGNED_UNVERIFIED)
    add_flags(session, *flags)
    if batch.rejected:
        add_flags(session, SessionFlag.VALUES_REJECTED)
    if batch.samples:
        _store(session, batch.samples, received_at)
    return batch.samples


def _overrides_of(charge_point_id: UUID) -> Overrides:
    profile = profile_of(charge_point_id)
    if profile is None:
        return Overrides()
    return Overrides(
        missing_units=profile.missing_units,
        forced_units=profile.forced_units,
        ignored=frozenset(profile.ignored_measurands),
    )


def _store(session: ChargingSession, samples: Sequence[Sample], received_at: datetime) -> None:
    if session.state == ChargingSession.State.COMPLETED:
        unseal(session)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, _parameters(session, samples, received_at))
        inserted = [row[0] for row in cursor.fetchall()]
    if not inserted:
        return
    session.last_seq += len(samples)
    session.sample_count += sum(inserted)
    if session.state == ChargingSession.State.COMPLETED:
        add_flags(session, SessionFlag.LATE_SAMPLES)
    _show_newest(session, samples)
    transaction.on_commit(partial(ring_scan, session.id))


def _parameters(
    session: ChargingSession, samples: Sequence[Sample], received_at: datetime
) -> list[Any]:
    return [
        session.tenant_id,
        session.id,
        received_at,
        session.last_seq,
        [sample.at for sample in samples],
        [sample.context.value for sample in samples],
        [json.dumps(sample.extra) if sample.extra else None for sample in samples],
        *([getattr(sample, name) for sample in samples] for name in VALUES),
    ]


def _show_newest(session: ChargingSession, samples: Sequence[Sample]) -> None:
    """The latest known value of each live field, whatever the order of arrival."""
    ordered = sorted(samples, key=sample_order)
    if session.last_sample_at is not None and ordered[0].at <= session.last_sample_at:
        _read_newest(session)
        return
    for column, value in newest_values(samples).items():
        setattr(session, column, value)
    session.last_sample_at = ordered[-1].at


def newest_values(samples: Sequence[Sample]) -> dict[str, int]:
    """What a session shows of samples newer than all it had, by its column; only what is known."""
    newest: dict[str, int] = {}
    for column, name in LIVE.items():
        known = [(s.at, value) for s in samples if (value := getattr(s, name)) is not None]
        if known:
            newest[column] = max(known)[1]
    return newest


def _read_newest(session: ChargingSession) -> None:
    # Out of order is rare, so it may cost a query: the stored rows alone decide.
    table = sql.Identifier(MeterSample._meta.db_table)
    newest = sql.SQL(", ").join(
        sql.SQL(
            "(SELECT {value} FROM {table} WHERE session_id = %(id)s AND {value} IS NOT NULL"
            " ORDER BY at DESC, {value} DESC LIMIT 1)"
        ).format(value=sql.Identifier(name), table=table)
        for name in LIVE.values()
    )
    query = sql.SQL(
        "SELECT (SELECT max(at) FROM {table} WHERE session_id = %(id)s), {newest}"
    ).format(table=table, newest=newest)
    with connection.cursor() as cursor:
        cursor.execute(query.as_string(), {"id": session.id})
        session.last_sample_at, *values = cursor.fetchone()
    for column, value in zip(LIVE, values, strict=True):
        setattr(session, column, value)
