"""What one tariff says otherwise than another, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext as _

from billing.editor.rows import Row, rows_of
from billing.editor.words import (
    KINDS,
    component_in_words,
    row_in_words,
    row_name,
    terms_in_words,
    when_in_words,
)
from billing.rating import TariffFacts


class Change(StrEnum):
    """What became of a price or a rule."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"


class Difference(NamedTuple):
    """One thing that is otherwise: its name, what it was and what it is."""

    change: Change
    name: str
    before: str = ""
    after: str = ""


Pairs = list[tuple[Row, Row]]


def compare_tariffs(before: TariffFacts, after: TariffFacts) -> list[Difference]:
    """Return what a person has to know to see every difference; none for equal prices."""
    old, new = rows_of(before), rows_of(after)
    left, right = list(old), list(new)
    same_time = _pair_off(left, right, lambda row: (row.component.kind, row.restrictions))
    same_price = _pair_off(left, right, lambda row: row.component)
    found = [*_prices(same_time, before.currency, after.currency), *_times(same_price)]
    found += [_one_sided(Change.REMOVED, row, before.currency) for row in left]
    found += [_one_sided(Change.ADDED, row, after.currency) for row in right]
    found += _moves(same_time + same_price, old, new, after.currency)
    return found + list(_terms(before, after))


def _one_sided(change: Change, row: Row, currency: str) -> Difference:
    price = component_in_words(row.component, currency)
    is_new = change is Change.ADDED
    return Difference(change, row_name(row), "" if is_new else price, price if is_new else "")


def _pair_off(left: list[Row], right: list[Row], key: Callable[[Row], object]) -> Pairs:
    """Take rows with the same key out of both lists, in order."""
    pairs: Pairs = []
    for row in tuple(left):
        other = next((each for each in right if key(each) == key(row)), None)
        if other is not None:
            left.remove(row)
            right.remove(other)
            pairs.append((row, other))
    return pairs


def _prices(pairs: Pairs, old_currency: str, new_currency: str) -> Iterator[Difference]:
    for old, new in pairs:
        before = component_in_words(old.component, old_currency)
        after = component_in_words(new.component, new_currency)
        if before != after:
            yield Difference(Change.CHANGED, row_name(new), before, after)


def _times(pairs: Pairs) -> Iterator[Difference]:
    for old, new in pairs:
        name = str(KINDS[new.component.kind])
        before = when_in_words(old.restrictions) or _("always")
        after = when_in_words(new.restrictions) or _("always")
        if before != after:
            yield Difference(Change.CHANGED, name, before, after)


def _moves(
    pairs: Pairs, old: Sequence[Row], new: Sequence[Row], currency: str
) -> Iterator[Difference]:
    """Name the rows that now come before another of their kind that they came after."""
    for row, now in pairs:
        has_passed = any(
            old.index(other) < old.index(row) and new.index(now) < new.index(other_now)
            for other, other_now in pairs
            if other.component.kind is row.component.kind
        )
        if has_passed:
            before, after = old.index(row) + 1, new.index(now) + 1
            yield Difference(
                Change.MOVED,
                row_in_words(now, currency),
                _("row %(number)s") % {"number": before},
                _("row %(number)s") % {"number": after},
            )


def _terms(before: TariffFacts, after: TariffFacts) -> Iterator[Difference]:
    old, new = terms_in_words(before), terms_in_words(after)
    for name, was in old.items():
        now = new[name]
        if was != now:
            change = Change.ADDED if not was else Change.REMOVED if not now else Change.CHANGED
            yield Difference(change, name, was, now)
