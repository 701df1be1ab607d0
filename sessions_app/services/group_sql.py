"""The three statements that store many stations' samples; `group` explains them."""

from __future__ import annotations

from psycopg import sql

from chargepoints.models import Connector, StatusRecord
from sessions_app.models import ChargingSession, MeterSample
from sessions_app.services.samples import LIVE, VALUES


def _statement(text: str, **parts: sql.Composable) -> str:
    tables = {
        "samples": sql.Identifier(MeterSample._meta.db_table),
        "sessions": sql.Identifier(ChargingSession._meta.db_table),
        "records": sql.Identifier(StatusRecord._meta.db_table),
    }
    return sql.SQL(text).format(**tables, **parts).as_string()


def _names(names: dict[str, str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _arrays(names: dict[str, str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(f"%s::{kind}[]") for kind in names.values())


_LIVE_KINDS = {column: VALUES[name] for column, name in LIVE.items()}

# The open sessions of these transactions that have no sample as new, each locked. The last column
# asks what `charging_states` asks: whether the status was in force at the connector by then.
LOCK = _statement(
    """
    SELECT w.number, s.id::text, s.tenant_id::text, s.last_seq, s.last_register_wh,
        s.last_power_w, s.last_soc_pct, s.energy_wh, s.meter_start_wh,
        s.started_at, s.connector_id IS NOT NULL AND s.started_at IS NOT NULL,
        s.flags, s.seen_sequence,
        CASE WHEN w.status <> '' THEN (
            SELECT coalesce(bool_and(y.status = w.status OR y.at < y.newest_at), false) FROM (
                SELECT x.status, x.at, max(x.at) OVER () AS newest_at FROM (
                    SELECT r.status, r.at FROM {records} AS r
                    WHERE r.charge_point_id = s.charge_point_id
                        AND r.connector_id = s.connector_id
                        AND r.at <= w.status_at AND r.status <> {occupied}
                    ORDER BY r.at DESC LIMIT 2
                ) AS x
            ) AS y
        ) END
    FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::text[], %s::timestamptz[])
        WITH ORDINALITY AS w (charge_point_id, ref, first_at, status, status_at, number)
    JOIN {sessions} AS s
        ON s.charge_point_id = w.charge_point_id AND s.transaction_ref = w.ref
    WHERE s.state = 'open' AND s.ended_at IS NULL
        AND (s.last_sample_at IS NULL OR s.last_sample_at < w.first_at)
    ORDER BY s.id FOR NO KEY UPDATE OF s
    """,
    occupied=sql.Literal(Connector.Status.OCCUPIED.value),
)

# The first register of a session: asked apart, so that the usual batch opens no partition to read.
FIRST_WH = _statement(
    """
    SELECT energy_wh FROM {samples} WHERE session_id = %s::uuid AND energy_wh >= 0
    ORDER BY at, energy_wh LIMIT 1
    """
)

# No `ON CONFLICT`: all of them are newer than what their session has, which is locked.
INSERT = _statement(
    """
    INSERT INTO {samples}
        (tenant_id, session_id, received_at, seq, at, context, extra, {columns})
    SELECT tenant_id, session_id, received_at, seq, at, context, extra::jsonb, {columns}
    FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::integer[], %s::timestamptz[],
        %s::text[], %s::text[], {arrays})
        AS new (tenant_id, session_id, received_at, seq, at, context, extra, {columns})
    """,
    columns=_names(VALUES),
    arrays=_arrays(VALUES),
)

UPDATE = _statement(
    """
    UPDATE {sessions} AS s SET last_seq = s.last_seq + w.count,
        sample_count = s.sample_count + w.count, last_sample_at = w.last_at,
        energy_wh = w.energy_wh, seen_sequence = w.seen::integer[], {live}
    FROM unnest(%s::uuid[], %s::integer[], %s::timestamptz[], %s::bigint[], %s::text[], {arrays})
        AS w (id, count, last_at, energy_wh, seen, {columns})
    WHERE s.id = w.id
    """,
    live=sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.Identifier("w", column))
        for column in LIVE
    ),
    columns=_names(_LIVE_KINDS),
    arrays=_arrays(_LIVE_KINDS),
)
