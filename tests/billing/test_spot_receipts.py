"""Spot receipts slot by slot, against a calculation of its own in fractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest

from billing.rating import (
    LineKind,
    PriceComponent,
    RatedCharge,
    Reading,
    SessionFacts,
    SpotFormula,
    TariffElement,
    TariffFacts,
    plain_tariff,
    rate,
)
from billing.selectors.spot_prices import spot_slots
from billing.services.spot_prices import record_prices
from billing.spot.feeds import Wanted, read_prices
from billing.spot.receipt import SpotRow, spot_receipt
from tests.billing.spot_feeds import (
    AUTUMN_DAY,
    PLAIN_DAY,
    QUARTER,
    SPRING_DAY,
    STOCKHOLM,
    as_list,
    some_prices,
)

MINUTE = timedelta(minutes=1)
FORMULA = SpotFormula(
    markup_pct=Decimal("7.5"),
    adder=Decimal("0.0835"),
    floor=Decimal("0.10"),
    ceiling=Decimal("2.75"),
)


@dataclass(frozen=True)
class Expected:
    """What one slot must show; everything is a fraction."""

    starts_at: datetime
    energy_wh: int
    price: Fraction
    amount: Fraction
    is_fallback: bool


def price_by_hand(spot: str | None, fallback: str = "3.10") -> Fraction:
    """(spot + 7.5 % + 8.35 öre) + 25 % VAT, between 10 öre and 2.75 kr; 3.10 kr without spot."""
    if spot is None:
        return Fraction(fallback)
    with_vat = (Fraction(spot) * Fraction(215, 200) + Fraction(835, 10_000)) * Fraction(5, 4)
    return min(max(with_vat, Fraction(1, 10)), Fraction(11, 4))


def slots_by_hand(
    day: tuple[datetime, int], prices: Sequence[str | None], register: dict[datetime, int]
) -> list[Expected]:
    """Each slot's energy is the difference of two readings, one at either end."""
    expected = []
    for number, spot in enumerate(prices):
        starts_at = day[0] + number * QUARTER
        inside = [wh for at, wh in register.items() if starts_at <= at <= starts_at + QUARTER]
        energy_wh = max(inside) - min(inside) if len(inside) > 1 else 0
        if energy_wh:
            price = price_by_hand(spot)
            expected.append(
                Expected(starts_at, energy_wh, price, energy_wh * price / 1000, spot is None)
            )
    return expected


def register_of(start_at: datetime, minutes: int) -> dict[datetime, int]:
    """The register every five minutes: faster, slower and not at all, in whole Wh."""
    register, wh = {start_at: 1_000_000}, 1_000_000
    for number in range(minutes // 5):
        wh += (number * 37 + 11) % 614 if number % 20 < 18 else 0
        register[start_at + (number + 1) * 5 * MINUTE] = wh
    return register


def a_charge(
    day: tuple[datetime, int], prices: list[str | None], register: dict[datetime, int]
) -> RatedCharge:
    """Record a day's prices out of a feed, read them back, and rate a session on it."""
    content = as_list(day[0], prices)
    record_prices(
        area="SE3",
        currency="SEK",
        slots=read_prices(content, Wanted("SE3", "SEK", STOCKHOLM)),
        source="test",
        zone=STOCKHOLM,
        allow_gaps=None in prices,
    )
    start_at, end_at = min(register), max(register)
    facts = SessionFacts(
        started_at=start_at,
        ended_at=end_at,
        energy_wh=register[end_at] - register[start_at],
        time_zone="Europe/Stockholm",
        readings=[Reading(at, wh) for at, wh in register.items()],
        meter_start_wh=register[start_at],
    )
    energy = PriceComponent(LineKind.ENERGY, Decimal("3.10"), spot=FORMULA)
    tariff = TariffFacts("spot", "SEK", Decimal(25), (TariffElement((energy,)),))
    slots = spot_slots(area="SE3", currency="SEK", start_at=start_at, end_at=end_at)
    return rate(facts, tariff, slots)


def require_same(rows: Sequence[SpotRow], expected: Sequence[Expected]) -> None:
    told = [
        (row.from_at, row.energy_wh, Fraction(row.price), Fraction(row.amount), row.is_fallback)
        for row in rows
    ]
    assert told == [tuple(vars(slot).values()) for slot in expected]


def require_sums(charge: RatedCharge, rows: Sequence[SpotRow], expected: list[Expected]) -> None:
    """Total, line and rows agree to the öre with the exact sum, rounded once, half up."""
    ore = floor(sum(slot.amount for slot in expected) * 100 + Fraction(1, 2))
    assert charge.gross_minor == ore
    assert [line.gross_minor for line in charge.lines] == [ore]
    assert sum(row.amount_minor for row in rows) == ore
    assert sum(Fraction(row.amount) for row in rows) == sum(slot.amount for slot in expected)


DAYS = {
    "spring, 92 slots": (SPRING_DAY, ()),
    "autumn, 100 slots": (AUTUMN_DAY, ()),
    "a missing slot": (PLAIN_DAY, (41,)),
    "autumn with slots missing in the hour that comes twice": (AUTUMN_DAY, (9, 14)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", DAYS)
def test_a_whole_day_is_billed_slot_by_slot(name: str) -> None:
    day, missing = DAYS[name]
    prices: list[str | None] = list(some_prices(day[1]))
    for number in missing:
        prices[number] = None
    register = register_of(day[0], day[1] * 15)
    charge = a_charge(day, prices, register)
    rows = spot_receipt(charge.explanation)
    expected = slots_by_hand(day, prices, register)
    assert len(expected) == day[1]
    require_same(rows, expected)
    require_sums(charge, rows, expected)
    assert [row.spot_price for row in rows] == [price and Decimal(price) for price in prices]
    assert sum(row.is_fallback for row in rows) == len(missing)
    assert charge.split_error_wh == 0


def test_the_day_has_prices_below_zero_and_beyond_both_bounds() -> None:
    """So the days above do test the bounds and negative prices."""
    by_hand = [price_by_hand(text) for text in some_prices(92)]
    assert by_hand.count(Fraction(1, 10)) > 5
    assert by_hand.count(Fraction(11, 4)) > 5
    assert sum(text.startswith("-") for text in some_prices(92)) > 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-10-25 00:05", "2026-10-25 01:55"), ("2026-10-25 00:20", "2026-10-25 00:40")],
)
def test_a_session_in_the_hour_that_comes_twice_pays_each_slot_its_own(
    first: str, last: str
) -> None:
    start_at, end_at = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last))
    prices: list[str | None] = list(some_prices(100))
    register = register_of(start_at, int((end_at - start_at) / MINUTE))
    charge = a_charge(AUTUMN_DAY, prices, register)
    rows = spot_receipt(charge.explanation)
    expected = slots_by_hand(AUTUMN_DAY, prices, register)
    require_same(rows, [replace(one, starts_at=max(one.starts_at, start_at)) for one in expected])
    require_sums(charge, rows, expected)


@pytest.mark.django_db
def test_local_times_on_the_receipt_tell_the_two_hours_apart() -> None:
    charge = a_charge(AUTUMN_DAY, list(some_prices(100)), register_of(AUTUMN_DAY[0], 1500))
    texts = [row.from_at.isoformat() for row in spot_receipt(charge.explanation) if row.from_at]
    assert texts[8:10] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:15:00+02:00"]
    assert texts[12:14] == ["2026-10-25T02:00:00+01:00", "2026-10-25T02:15:00+01:00"]


def explained(*pieces: tuple[int, str], step: int = 0, gross: int = 0) -> dict[str, object]:
    """An explanation with pieces of (Wh, price)."""
    trace: list[dict[str, object]] = [
        {"step": "piece", "quantity": wh, "price": price, "per": 1000, "source": "spot"}
        for wh, price in pieces
    ]
    trace += [{"step": "step_size", "size": 1000, "added": step}] if step else []
    line = {"kind": "energy", "price_is_mean": True, "per": 1000, "trace": trace}
    return {"currency": "SEK", "lines": [line | {"gross_minor": gross}]}


def test_ore_are_given_out_so_that_the_rows_sum_to_the_line() -> None:
    rows = spot_receipt(explained((333, "1.00"), (333, "1.01"), (334, "1.02")))
    assert [str(row.amount) for row in rows] == ["0.333", "0.33633", "0.34068"]
    assert [row.amount_minor for row in rows] == [33, 34, 34]


def test_energy_added_by_a_step_is_a_row_without_times() -> None:
    rows = spot_receipt(explained((1500, "2.00"), step=500))
    assert [(row.energy_wh, row.amount_minor) for row in rows] == [(1500, 300), (500, 100)]
    assert rows[1].from_at is rows[1].to_at is None


def test_other_tariffs_have_no_spot_receipt() -> None:
    facts = SessionFacts(PLAIN_DAY[0], PLAIN_DAY[0] + QUARTER, 1000, "Europe/Stockholm")
    flat = plain_tariff("flat", "SEK", vat_rate=Decimal(25), per_kwh=Decimal(4))
    assert spot_receipt(rate(facts, flat).explanation) == ()
