"""What the detectors remember of a session, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, TypeVar, cast

from sessions_app.registers import RegisterTrack

STATE_VERSION = 1

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class State:
    """The last sample seen, the register, and one memory per detector.

    `last_order` is the place of the sample's context among samples of one instant.
    """

    last_at_ms: int | None = None
    last_order: int = 0
    register: RegisterTrack = field(default_factory=RegisterTrack)
    memories: Mapping[str, object] = field(default_factory=dict)


def encode(memory: object) -> dict[str, Any]:
    """The fields that differ from their defaults: plain numbers, booleans, None, lists."""
    return {
        name: value
        for name, (_, default) in _shape(cast(Any, type(memory))).items()
        if (value := getattr(memory, name)) != default
    }


def decode(kind: type[P], data: object) -> P:
    """The memory that was encoded, or a fresh one where the data does not fit (any more)."""
    if not data or not isinstance(data, dict):
        return kind()
    values = {name: _frozen(value) for name, value in data.items()}
    known = _shape(cast(Any, kind))
    if all(name in known and _fits(value, known[name][0]) for name, value in values.items()):
        return kind(**values)
    return kind()


@lru_cache(maxsize=128)
def _shape(kind: type[Any]) -> Mapping[str, tuple[str, object]]:
    """The fields of a memory: their annotations and what a fresh one holds."""
    fresh = kind()
    return {one.name: (str(one.type), getattr(fresh, one.name)) for one in fields(cast(Any, kind))}


def _frozen(value: Any) -> Any:
    return tuple([_frozen(one) for one in value]) if isinstance(value, list | tuple) else value


def _fits(value: Any, annotation: str) -> bool:
    if value is None:
        return "None" in annotation
    if isinstance(value, bool):
        return annotation == "bool"
    if isinstance(value, int):
        return annotation.startswith("int")
    if annotation.startswith("tuple[int"):
        return isinstance(value, tuple) and all(type(one) is int for one in value)
    return annotation.startswith("tuple") and _is_pairs(value)


def _is_pairs(value: Any) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(pair, tuple) and len(pair) == 2 and all(type(one) is int for one in pair)
        for pair in value
    )
