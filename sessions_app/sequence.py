"""The sequence numbers seen of a transaction, kept as ranges so that they stay short; pure."""

from __future__ import annotations

from collections.abc import Sequence


def add_number(ranges: Sequence[int], number: int) -> list[int]:
    """`ranges` (low, high, low, high, ..., both included) with `number` in them as well."""
    pairs = sorted([*zip(ranges[::2], ranges[1::2], strict=True), (number, number)])
    merged: list[int] = []
    for low, high in pairs:
        if merged and low <= merged[-1] + 1:
            merged[-1] = max(merged[-1], high)
        else:
            merged += [low, high]
    return merged


def holds_all(ranges: Sequence[int], last: int) -> bool:
    """Whether every number from 0 to `last` was seen."""
    return bool(ranges) and ranges[0] == 0 and ranges[1] >= last
