"""Thresholds as data: every number of a detector with its default and the bounds for tenants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, field, fields
from typing import Any, TypeVar, cast

T = TypeVar("T")


class ThresholdUnknown(ValueError):
    """No detector has a threshold of that name."""


class ThresholdOutOfBounds(ValueError):
    """The value would switch a detector off or make it cry at everything."""


def bounded(default: int, low: int, high: int) -> Any:
    """A dataclass field: the default and the range a tenant or model may move it in."""
    return field(default=default, metadata={"low": low, "high": high})


def bounds_of(threshold: Field[Any]) -> tuple[int, int]:
    """The range of a field made by `bounded`."""
    return threshold.metadata["low"], threshold.metadata["high"]


def checked(kind: type[T], values: Mapping[str, int]) -> T:
    """A set of thresholds of one detector with some values changed.

    Raises ThresholdUnknown and ThresholdOutOfBounds.
    """
    known = {threshold.name: threshold for threshold in fields(cast(Any, kind))}
    for name, value in values.items():
        if name not in known:
            raise ThresholdUnknown(f"{kind.__name__} has no {name}")
        low, high = bounds_of(known[name])
        if type(value) is not int or not low <= value <= high:
            raise ThresholdOutOfBounds(f"{name} {value!r} is outside {low} to {high}")
    return kind(**values)


class Thresholds:
    """The thresholds in force for a connector: by detector, defaults where none are given."""

    def __init__(self, sets: Iterable[object] = ()) -> None:
        self._by_type: dict[type, object] = {type(one): one for one in sets}

    def of(self, kind: type[T]) -> T:
        """The thresholds of one detector."""
        known = self._by_type.get(kind)
        if known is None:
            known = self._by_type[kind] = kind()
        return cast(T, known)
