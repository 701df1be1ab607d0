"""What is said about a spot price before charging begins."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from billing.rating import (
    LineKind,
    PriceComponent,
    Restrictions,
    SpotFormula,
    SpotSlot,
    TariffElement,
    TariffFacts,
    plain_tariff,
)
from billing.spot.announcement import NoSpotPrice, announce
from tests.billing.spot_feeds import QUARTER, STOCKHOLM

AT = datetime(2026, 6, 2, 12, 5, tzinfo=STOCKHOLM)
SLOT_NOW = datetime(2026, 6, 2, 10, 0, tzinfo=UTC)


def spot_energy(fallback: str = "3.00", **formula: str) -> PriceComponent:
    numbers = {name: Decimal(text) for name, text in formula.items()}
    return PriceComponent(LineKind.ENERGY, Decimal(fallback), spot=SpotFormula(**numbers))


def a_tariff(*elements: TariffElement, include_vat: bool = True) -> TariffFacts:
    return TariffFacts("v1", "SEK", Decimal(25), elements, prices_include_vat=include_vat)


def simple(fallback: str = "3.00", **formula: str) -> TariffFacts:
    return a_tariff(TariffElement((spot_energy(fallback, **formula),)))


def slots(*prices: str | None, start_at: datetime = SLOT_NOW) -> list[SpotSlot]:
    return [
        SpotSlot(start_at + number * QUARTER, Decimal(price))
        for number, price in enumerate(prices)
        if price is not None
    ]


def test_the_driver_hears_the_price_now_the_highest_ahead_the_ceiling_and_the_fallback() -> None:
    said = announce(simple(adder="0.10", ceiling="5.00"), slots("0.70", "1.10", "0.30"), AT)
    assert (said.price_now, said.is_fallback_now) == (Decimal("1.00"), False)
    assert (said.highest_ahead, said.highest_from) == (Decimal("1.50"), SLOT_NOW + QUARTER)
    assert said.known_until == SLOT_NOW + 3 * QUARTER
    assert (said.ceiling, said.fallback, said.currency) == (Decimal(5), Decimal(3), "SEK")


def test_slots_that_are_over_do_not_count() -> None:
    said = announce(simple(), slots("4.00", "0.40", start_at=SLOT_NOW - QUARTER), AT)
    assert said.price_now == said.highest_ahead == Decimal("0.50")


def test_the_fallback_is_said_to_be_one() -> None:
    said = announce(simple("2.50"), slots(None, "1.00", "1.20"), AT)
    assert (said.price_now, said.is_fallback_now) == (Decimal("2.50"), True)
    assert (said.highest_ahead, said.known_until) == (Decimal("1.50"), None)


def test_prices_are_known_up_to_the_first_gap() -> None:
    said = announce(simple(), slots("1", "1", None, "2"), AT)
    assert said.known_until == SLOT_NOW + 2 * QUARTER
    assert (said.highest_ahead, said.highest_from) == (Decimal("2.5"), SLOT_NOW + 3 * QUARTER)


def test_without_any_prices_only_fallback_and_ceiling_are_known() -> None:
    said = announce(simple(ceiling="4"), [], AT)
    assert (said.price_now, said.is_fallback_now) == (Decimal(3), True)
    assert (said.highest_ahead, said.highest_from, said.known_until) == (None, None, None)
    assert said.ceiling == Decimal(4)


def test_without_a_ceiling_nothing_bounds_the_price() -> None:
    assert announce(simple(), [], AT).ceiling is None


def test_a_fallback_above_the_ceiling_is_what_is_announced() -> None:
    assert announce(simple("6.00", ceiling="5.00"), [], AT).ceiling == Decimal(6)


def test_the_ceiling_holds_for_the_prices_announced() -> None:
    said = announce(simple(ceiling="2.00", floor="0.20"), slots("-3", "9"), AT)
    assert (said.price_now, said.highest_ahead) == (Decimal("0.20"), Decimal("2.00"))


def test_fixed_hours_count_at_their_price() -> None:
    night = TariffElement(
        (PriceComponent(LineKind.ENERGY, Decimal("1.00")),),
        Restrictions(time_from=time(12, 20), time_to=time(6)),
    )
    day = TariffElement((spot_energy(ceiling="5.00"),))
    tariff = a_tariff(night, day, include_vat=False)
    said = announce(tariff, slots("0.40", "0.60", "2.00"), AT)
    assert (said.price_now, said.fallback) == (Decimal("0.50"), Decimal("3.75"))
    # The fixed price, 1.25 with VAT, begins inside the second slot; the third never comes to hold.
    assert (said.highest_ahead, said.highest_from) == (Decimal("1.25"), SLOT_NOW + QUARTER)
    later = AT + timedelta(minutes=20)
    assert announce(tariff, [], later).price_now == Decimal("1.25")
    assert announce(tariff, [], later).fallback == Decimal("3.75")


def test_what_hangs_on_the_session_is_taken_to_come() -> None:
    fast = TariffElement((spot_energy(adder="1.00"),), Restrictions(min_power_w=50_000))
    said = announce(a_tariff(fast, TariffElement((spot_energy(),))), slots("0.40", "0.60"), AT)
    assert (said.price_now, said.highest_ahead) == (Decimal("0.50"), Decimal("2.00"))


def test_no_energy_price_at_all_is_no_price() -> None:
    weekend = TariffElement((spot_energy(),), Restrictions(days_of_week=(5, 6)))
    said = announce(a_tariff(weekend), slots("1"), AT)
    assert (said.price_now, said.is_fallback_now, said.highest_ahead) == (None, False, None)


def test_a_tariff_without_a_spot_price_has_nothing_to_announce() -> None:
    with pytest.raises(NoSpotPrice):
        announce(plain_tariff("v1", "SEK", vat_rate=Decimal(25), per_kwh=Decimal(4)), [], AT)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        announce(simple(), [], AT.replace(tzinfo=None))
