"""The days of the sample table: one partition per UTC day on which sessions began with us.

The table is split by the session's id, whose first 48 bits are the time it was made (UUIDv7, RFC
9562), not by the times of samples: a session's samples lie together however its station's clock
goes, and every read of a session looks into one partition. What belongs to no prepared day goes
into the partition for all others.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg import sql

from sessions_app.models import MeterSample
from tenants.postgresql.base import acting_as_owner

# Without rights for the application role, so that rows are reached through the table's policy only.
SCHEMA = "sample_days"
OTHERS = "others"
PREPARED_DAYS = 7
# Longer than this no station waits for our housekeeping; what fails is tried the next night.
_LOCK_WITHIN = "2s"


def first_id(day: date) -> UUID:
    """The smallest id that can be made on a UTC day."""
    midnight = datetime.combine(day, time(), UTC)
    return UUID(int=int(midnight.timestamp()) * 1000 << 80)


def prepared_days() -> list[date]:
    """The days that have a partition, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass AND c.relname <> %s ORDER BY c.relname",
            [_TABLE, OTHERS],
        )
        return [date.fromisoformat(name.removeprefix("day_")) for (name,) in cursor.fetchall()]


def prepare_days(today: date) -> int:
    """Make the partitions of today and the week to come; returns how many were missing.

    A day that already has samples among the others is left there.
    """
    days = [today + timedelta(days=number) for number in range(PREPARED_DAYS + 1)]
    return sum(map(_prepare, sorted({*days} - {*prepared_days()})))


def drop_empty_days(before: date) -> int:
    """Drop the partitions of earlier days that have no sample left; returns how many."""
    return sum(_drop_if_empty(day) for day in prepared_days() if day < before)


def _prepare(day: date) -> bool:
    names = _names(day)
    bounds = {"first": sql.Literal(str(first_id(day))), "end": sql.Literal(_end(day))}
    with acting_as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_WITHIN}'")
        cursor.execute(_text(_ANY_OF_THE_DAY, **bounds))
        if cursor.fetchone()[0]:
            return False
        cursor.execute(_text(_CREATE, **names))
        cursor.execute(
            _text(
                "ALTER TABLE {table} ATTACH PARTITION {day} FOR VALUES FROM ({first}) TO ({end})",
                **names,
                **bounds,
            )
        )
    return True


def _drop_if_empty(day: date) -> bool:
    names = _names(day)
    try:
        with acting_as_owner(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_WITHIN}'")
            cursor.execute(_text("LOCK TABLE {day} IN ACCESS EXCLUSIVE MODE", **names))
            cursor.execute(_text("SELECT EXISTS (SELECT FROM {day})", **names))
            if cursor.fetchone()[0]:
                return False
            cursor.execute(_text("DROP TABLE {day}", **names))
    except OperationalError:  # somebody else uses it
        return False
    return True


_ANY_OF_THE_DAY = """
    SELECT EXISTS (
        SELECT FROM {others} WHERE session_id >= {first}::uuid AND session_id < {end}::uuid
    )
"""
_CREATE = "CREATE TABLE {day} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"


def _names(day: date) -> dict[str, sql.Composable]:
    return {"day": sql.Identifier(SCHEMA, f"day_{day.isoformat()}")}


def _end(day: date) -> str:
    return str(first_id(day + timedelta(days=1)))


_TABLE = MeterSample._meta.db_table


def _text(text: str, **parts: sql.Composable) -> str:
    parts |= {"table": sql.Identifier(_TABLE), "others": sql.Identifier(SCHEMA, OTHERS)}
    return sql.SQL(text).format(**parts).as_string()
