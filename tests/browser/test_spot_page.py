"""The page of market prices in a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.services.spot_prices import record_prices
from config.devstack.demo.spot import ZONE, demo_spot_prices
from tests.browser.visitor import PHONE, Visitor

pytestmark = pytest.mark.django_db(transaction=True)
SPRING = date(2026, 3, 29)


def record_a_broken_day() -> None:
    """A day of 92 slots: an hour without prices, and three prices that were corrected."""
    known = [
        slot for n, slot in enumerate(demo_spot_prices("SE3", SPRING)) if n not in range(40, 44)
    ]
    corrected = [
        replace(slot, price=slot.price + Decimal("0.35")) if n in range(66, 69) else slot
        for n, slot in enumerate(known)
    ]
    for slots, source in ((known, "prices.example"), (corrected, "SE3.csv")):
        record_prices(
            area="SE3", currency="SEK", slots=slots, source=source, zone=ZONE, allow_gaps=True
        )


@pytest.mark.parametrize(
    ("language", "heading", "count"),
    [("sv", "Priser som saknas", "88 av 92"), ("en", "Missing prices", "88 of 92")],
)
def test_a_day_shows_its_bars_gaps_and_corrections(
    owner: Visitor, language: str, heading: str, count: str
) -> None:
    record_a_broken_day()
    owner.speak(language)
    owner.open("/admin/billing/spotprice/?area=SE3+SEK&day=2026-03-29")
    assert owner.sees(heading)
    assert owner.charts_painted() == 1
    assert owner.text_of("known") == count
    assert owner.text_of("missing") == "11:00–12:00"
    assert "SE3.csv" in owner.text_of("revised")
    owner.use_screen(PHONE)
    assert not owner.is_wider_than_the_screen()
