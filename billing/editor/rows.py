"""A tariff as ordered rows of one price each, which is how it is written and compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from billing.rating import PriceComponent, Restrictions, TariffElement, TariffFacts


class Row(NamedTuple):
    """One price and when it holds; of each kind the first row that matches wins."""

    component: PriceComponent
    restrictions: Restrictions = Restrictions()


def rows_of(tariff: TariffFacts) -> tuple[Row, ...]:
    """Return a tariff's prices in their order; an element of several prices becomes several rows.

    For each kind the first match is the same one, so both tariffs cost the same.
    """
    return tuple(
        Row(component, element.restrictions)
        for element in tariff.elements
        for component in element.components
    )


def elements_of(rows: Iterable[Row]) -> tuple[TariffElement, ...]:
    """Return the elements that rows are saved as: one each."""
    return tuple(TariffElement((row.component,), row.restrictions) for row in rows)
