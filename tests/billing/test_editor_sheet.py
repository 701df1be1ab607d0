"""A tariff in the fields of its forms, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given

from billing.editor.rows import elements_of, rows_of
from billing.editor.sheet import Sheet
from billing.editor.starts import Start, start_from
from billing.rating import LineKind, PriceComponent, Restrictions, TariffElement, TariffFacts
from tests.billing.rating_cases import random_sessions, tariffs
from tests.console.pages import fields_of


def typed_again(tariff: TariffFacts, language: str = "sv") -> TariffFacts | None:
    """What the editor makes of a tariff that is shown in it and sent back untouched."""
    with translation.override(language):
        shown = render_to_string("billing/tariff_sheet.html", {"sheet": Sheet.of_tariff(tariff)})
        data = QueryDict(mutable=True)
        for name, values in fields_of(shown).items():
            data.setlist(name, values)
        return Sheet.of_post(data).read()


def in_rows(tariff: TariffFacts) -> TariffFacts:
    return replace(tariff, version_id="", elements=elements_of(rows_of(tariff)))


def one_row(**restrictions: object) -> TariffFacts:
    component = PriceComponent(LineKind.ENERGY, Decimal("3.5"))
    element = TariffElement((component,), Restrictions(**restrictions))  # type: ignore[arg-type]
    return TariffFacts("", "SEK", Decimal(25), (element,))


@random_sessions
@given(tariffs())
def test_any_tariff_survives_its_forms(tariff: TariffFacts) -> None:
    expected = _with_room_for_fallbacks(in_rows(tariff))
    got = typed_again(expected)
    assert got is not None
    assert _meaning(got) == _meaning(expected)


def _with_room_for_fallbacks(tariff: TariffFacts) -> TariffFacts:
    """The editor refuses a price without market that is above the ceiling; no ceiling is so low."""
    elements = []
    for component, rule in rows_of(tariff):
        spot = component.spot
        if spot is not None and spot.ceiling is not None:
            # Twice covers every VAT rate.
            spot = replace(spot, ceiling=max(spot.ceiling, 2 * component.price))
        elements.append(TariffElement((replace(component, spot=spot),), rule))
    return replace(tariff, elements=tuple(elements))


def _meaning(tariff: TariffFacts) -> TariffFacts:
    """A tariff without what says nothing: a step of a start fee, the unit of what is no time."""
    elements = []
    for component, rule in rows_of(tariff):
        is_flat = component.kind is LineKind.FLAT
        if is_flat or component.kind in (LineKind.ENERGY, LineKind.POWER):
            component = replace(component, time_unit_s=60)
        if is_flat:
            component = replace(component, step_size=1)
        elements.append(TariffElement((component,), rule))
    fee = tariff.reservation_fee
    return replace(tariff, elements=tuple(elements), reservation_fee=fee)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("start", [Start.ONE_PRICE, Start.DAY_AND_NIGHT, Start.SPOT])
def test_what_one_starts_from_survives_its_forms(start: Start, language: str) -> None:
    tariff = start_from(start, "SEK")
    assert typed_again(tariff, language) == tariff


@pytest.mark.parametrize(
    "rule",
    [
        {"season_from": (11, 1), "season_to": (3, 1)},
        {"season_from": (12, 24), "season_to": (1, 1)},
        {"date_from": date(2026, 12, 24), "date_to": date(2027, 1, 7)},
        {"time_from": time(22, 30), "time_to": time(0, 0)},
        {"min_duration_s": 930, "max_current_ma": 16_500},
    ],
)
def test_conditions_survive_their_fields(rule: dict[str, object]) -> None:
    assert typed_again(one_row(**rule)) == one_row(**rule)


def test_the_last_day_of_a_season_is_shown_as_people_say_it() -> None:
    sheet = Sheet.of_tariff(one_row(season_from=(11, 1), season_to=(4, 1)))
    assert sheet.rows[0]["season_from"].value() == [1, 11]
    assert sheet.rows[0]["season_to"].value() == [31, 3]


@pytest.mark.parametrize(
    ("typed", "meant"), [("3,50", "3.50"), ("1 000.5", "1000.5"), ("−1", "-1")]
)
def test_prices_are_read_in_either_notation(typed: str, meant: str) -> None:
    data = QueryDict(mutable=True)
    data.update({"rows": "1", "row-0-kind": "flat", "row-0-price": typed})
    data.update({"whole-currency": "sek", "whole-vat_rate": "25", "whole-prices_include_vat": "no"})
    tariff = Sheet.of_post(data).read()
    assert tariff is not None
    assert rows_of(tariff)[0].component.price == Decimal(meant)
    assert (tariff.currency, tariff.prices_include_vat) == ("SEK", False)
