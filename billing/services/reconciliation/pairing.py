"""Which movement at Stripe is which booking: the pure part of reconciliation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from billing.models import StripeMovement
from billing.selectors.bookings import Booking

Purpose = StripeMovement.Purpose
Key = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class Pairing:
    """What belongs together, and what was left on either side."""

    matched: list[tuple[StripeMovement, Booking]] = field(default_factory=list)
    movements: list[StripeMovement] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)


def pair(movements: Iterable[StripeMovement], bookings: Iterable[Booking]) -> Pairing:
    """Pair what names the same thing at Stripe and moves the same amount, each once."""
    waiting: dict[Key, list[Booking]] = defaultdict(list)
    left = {booking.entry_id: booking for booking in bookings}
    for booking in left.values():
        for key in _keys_of_booking(booking):
            waiting[key].append(booking)
    result = Pairing()
    for movement in movements:
        found = next(_candidates(movement, waiting, left), None)
        if found is None:
            result.movements.append(movement)
        else:
            del left[found.entry_id]
            result.matched.append((movement, found))
    result.bookings.extend(left.values())
    return result


def name_of(movement: StripeMovement) -> str:
    """What a booking calls the movement: the payment for a charge, else the object itself."""
    if movement.purpose == Purpose.PAYMENT:
        return movement.intent_ref or movement.source_ref
    return movement.source_ref


def _candidates(
    movement: StripeMovement, waiting: dict[Key, list[Booking]], left: dict[UUID, Booking]
) -> Iterator[Booking]:
    names = [name_of(movement), f"of {movement.intent_ref}"]
    for name in names:
        key = (movement.purpose, name, movement.amount_minor, movement.currency)
        yield from (booking for booking in waiting.get(key, ()) if booking.entry_id in left)


def _keys_of_booking(booking: Booking) -> Iterator[Key]:
    source = booking.source
    if source is None:
        return
    if source.name:
        yield (source.purpose, source.name, booking.amount_minor, booking.currency)
    elif source.intent_ref:
        name = f"of {source.intent_ref}"
        yield (source.purpose, name, booking.amount_minor, booking.currency)
