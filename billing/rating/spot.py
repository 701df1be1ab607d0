"""Spot prices over one session: which slot an instant lies in, and where slots change."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from billing.rating.meter import whole_second

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from billing.rating.types import SpotSlot


class OverlappingSpotPrices(ValueError):
    """Two spot prices claim the same instant; the caller chooses the revision that holds."""


class SpotSpan(NamedTuple):
    """A slot in Unix seconds, end exclusive; the price is per kWh without VAT."""

    from_s: int
    to_s: int
    price: Decimal


def select_slots(slots: Iterable[SpotSlot], start_s: int, end_s: int) -> list[SpotSpan]:
    """Return the slots that touch a session, in time order. Raises `OverlappingSpotPrices`."""
    spans = set()
    for starts_at, price, duration in slots:
        from_s = whole_second(starts_at)
        to_s = from_s + duration.days * 86400 + duration.seconds
        if from_s < max(end_s, start_s + 1) and to_s > start_s:
            spans.add(SpotSpan(from_s, to_s, price))
    ordered = sorted(spans)
    for earlier, later in pairwise(ordered):
        if later.from_s < earlier.to_s:
            raise OverlappingSpotPrices(f"{earlier.price} and {later.price} at {later.from_s}")
    return ordered


class SpotPrices:
    """The spot prices of one session."""

    def __init__(self, spans: list[SpotSpan]) -> None:
        self._spans = spans
        self._starts_s = [span.from_s for span in spans]

    def price_at(self, at_s: int) -> Decimal | None:
        """Return the price of the slot a Unix second lies in, or None where there is none."""
        index = bisect_right(self._starts_s, at_s) - 1
        if index < 0 or at_s >= self._spans[index].to_s:
            return None
        return self._spans[index].price

    def edges(self) -> set[int]:
        """Return every Unix second at which a slot starts or ends."""
        return {span.from_s for span in self._spans} | {span.to_s for span in self._spans}

    def prices(self) -> list[Decimal]:
        """Return every price of the session, in time order."""
        return [span.price for span in self._spans]
