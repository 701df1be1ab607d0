"""A call's content as flat fields, and examples of it, out of OCPP's own schemas."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from chargepoints.schemas import answer_schema, call_schema

DEEPEST = 4
LARGEST_NUMBER = 2**31 - 1
LONG_TEXT = 500
# Numbers by which an answer or a later message names this very call.
OWN_NUMBERS = frozenset({"requestId", "reservationId", "remoteStartId"})


class Kind(StrEnum):
    """What is entered into a field."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    TIME = "time"
    CHOICE = "choice"
    CHOICES = "choices"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a call; `path` joins the names on the way to it with dots."""

    path: str
    kind: Kind
    is_required: bool
    choices: tuple[str, ...] = ()
    longest: int | None = None


@cache
def fields_of(version: str, action: str) -> tuple[Field, ...]:
    """The fields of a call in the schema's order; lists of objects are one JSON field each."""
    schema = call_schema(version, action)
    return tuple(_fields(schema, schema, (), is_required=True))


def example_call(version: str, action: str, now: datetime) -> dict[str, Any]:
    """The shortest call of its kind that fits the schema; times are an hour after `now`."""
    schema = call_schema(version, action)
    example: dict[str, Any] = _example("", schema, schema, now + timedelta(hours=1))
    return example


def example_answer(version: str, action: str, now: datetime) -> dict[str, Any]:
    """The shortest answer that fits the schema; the first choice is always the friendly one."""
    schema = answer_schema(version, action)
    example: dict[str, Any] = _example("", schema, schema, now)
    return example


def payload_of(values: Mapping[str, Any], objects: Iterable[str] = ()) -> dict[str, Any]:
    """The call's content from its fields by path; empty ones are left out, `objects` never."""
    payload: dict[str, Any] = {name: {} for name in objects}
    for path, value in values.items():
        if value in (None, "", []):
            continue
        *parents, name = path.split(".")
        place = payload
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = value
    return payload


def needed_objects(version: str, action: str) -> list[str]:
    """Objects that a call must have even when they are empty."""
    schema = call_schema(version, action)
    parts = schema.get("properties", {})
    return [
        name
        for name in schema.get("required", ())
        if _resolved(parts[name], schema).get("type") == "object"
    ]


def values_of(version: str, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The fields by path from a call's content: `payload_of` backwards."""
    found: dict[str, Any] = {}
    for field in fields_of(version, action):
        value: Any = payload
        for name in field.path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            found[field.path] = value
    return found


def in_schema_order(version: str, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The same call with its names in the schema's order: the database does not keep any."""
    schema = call_schema(version, action)
    ordered: dict[str, Any] = _ordered(payload, schema, schema)
    return ordered


def _ordered(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Any:
    schema = _resolved(schema, root)
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        names = [*(n for n in parts if n in value), *(n for n in value if n not in parts)]
        return {name: _ordered(value[name], parts.get(name, {}), root) for name in names}
    if isinstance(value, list):
        return [_ordered(item, schema.get("items", {}), root) for item in value]
    return value


def _fields(
    schema: dict[str, Any], root: dict[str, Any], path: tuple[str, ...], *, is_required: bool
) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        if name == "customData":
            continue
        inner = _resolved(part, root)
        here = (*path, name)
        needed = is_required and name in required
        if inner.get("type") == "object" and len(here) < DEEPEST and inner.get("properties"):
            yield from _fields(inner, root, here, is_required=needed)
        else:
            yield _field(".".join(here), inner, root, is_required=needed)


def _field(path: str, schema: dict[str, Any], root: dict[str, Any], *, is_required: bool) -> Field:
    choices = tuple(schema.get("enum", ()))
    kind = Kind.JSON
    match schema.get("type"):
        case "string" if choices:
            kind = Kind.CHOICE
        case "string" if schema.get("format") == "date-time":
            kind = Kind.TIME
        case "string":
            kind = Kind.LONG_TEXT if schema.get("maxLength", 0) > LONG_TEXT + 100 else Kind.TEXT
        case "integer":
            kind = Kind.INTEGER
        case "number":
            kind = Kind.NUMBER
        case "boolean":
            kind = Kind.FLAG
        case "array":
            choices = tuple(_resolved(schema["items"], root).get("enum", ()))
            kind = Kind.CHOICES if choices else Kind.JSON
    return Field(path, kind, is_required, choices, schema.get("maxLength"))


def _example(name: str, schema: dict[str, Any], root: dict[str, Any], at: datetime) -> Any:
    schema = _resolved(schema, root)
    if "enum" in schema:
        return next((c for c in schema["enum"] if c in ("Accepted", "UTF8")), schema["enum"][0])
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            parts = schema.get("properties", {})
            return {key: _example(key, parts[key], root, at) for key in parts if key in required}
        case "array":
            return [_example(name, schema["items"], root, at)]
        case "string":
            return _example_text(name, schema, at)
        case "integer":
            return secrets.randbelow(LARGEST_NUMBER) + 1 if name in OWN_NUMBERS else 1
        case "number":
            return 1
        case "boolean":
            return False
    return "example"


def _example_text(name: str, schema: dict[str, Any], at: datetime) -> str:
    if schema.get("format") == "date-time":
        return f"{at:%Y-%m-%dT%H:%M:%SZ}"
    if schema.get("format") == "uri" or "location" in name.lower() or name.endswith("Url"):
        return "https://example.com/file"
    return "example"


def _resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = root["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    return found
