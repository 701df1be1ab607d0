"""Made-up market prices for the demo."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from billing.spot.checks import check_days
from config.devstack.demo.spot import ZONE, demo_spot_prices


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 6, 2), date(2026, 10, 25)])
def test_made_up_days_are_whole_and_the_same_every_time(day: date) -> None:
    slots = demo_spot_prices("SE3", day)
    check_days(slots, ZONE)
    assert slots == demo_spot_prices("SE3", day)
    assert slots != demo_spot_prices("SE4", day)


def test_a_year_has_prices_below_zero_and_none_beyond_what_markets_see() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 365, 7)]
    prices = [slot.price for day in days for slot in demo_spot_prices("SE4", day)]
    assert -2 < min(prices) < 0
    assert 1 < max(prices) < 8
