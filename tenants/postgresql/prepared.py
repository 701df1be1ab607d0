"""Statements for many rows at once: prepared by the server, their columns sent as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from psycopg import Cursor

# Planned anew this often, then the plan is kept with the connection.
PREPARED_AFTER = 2


@contextmanager
def prepared_cursor() -> Iterator[Cursor[Any]]:
    """A cursor that sends parameters beside the statement; the row policies see the scope in force.

    Django's own writes them into the text, which both sides then parse anew each time.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    wrapper: Any = connection
    wrapper.follow_scope()
    wrapper.connection.prepare_threshold = PREPARED_AFTER
    with connection.wrap_database_errors, Cursor(wrapper.connection) as cursor:
        yield cursor


def array_of(values: Iterable[object]) -> str:
    """PostgreSQL's text for an array of what needs no quotes: numbers, ids, times, booleans."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def text_array_of(values: Iterable[str | None]) -> str:
    """PostgreSQL's text for an array of texts."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
