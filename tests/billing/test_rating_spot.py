"""Spot prices: slot by slot against an independent sum, on long, short and broken days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from billing.rating import (
    OverlappingSpotPrices,
    Reading,
    SessionFacts,
    SpotFormula,
    SpotSlot,
    TariffFacts,
    rate,
)
from tests.billing.rating_cases import (
    STOCKHOLM,
    at,
    element,
    energy,
    quarter_slots,
    session,
    tariff,
)

QUARTER = timedelta(minutes=15)


def spot_tariff(fallback: str = "3.00", **formula: str) -> TariffFacts:
    """Return a spot tariff; the formula's numbers are given as text."""
    numbers = {name: Decimal(text) for name, text in formula.items()}
    return tariff(element(energy(fallback, spot=SpotFormula(**numbers))))


HOUR = session("2026-03-04 16:00", "2026-03-04 17:00", 4_000)


def test_each_quarter_hour_has_its_own_price_and_the_line_one_rounding() -> None:
    slots = quarter_slots(at("2026-03-04 16:00"), ["1.00", "-0.20", "0.333", "2.00"])
    charge = rate(HOUR, spot_tariff(markup_pct="10", adder="0.05"), slots)
    line = charge.lines[0]
    assert [step["price"] for step in line.trace[:4]] == ["1.4375", "-0.2125", "0.520375", "2.8125"]
    assert (line.quantity, line.gross_minor, line.unit_price) == (4_000, 456, Decimal("1.139469"))
    assert line.price_is_mean


def test_the_drivers_price_stays_between_floor_and_ceiling() -> None:
    slots = quarter_slots(at("2026-03-04 16:00"), ["-1.00", "0.40", "5.00", "0.80"])
    charge = rate(HOUR, spot_tariff(floor="0.10", ceiling="4.00"), slots)
    prices = [step["price"] for step in charge.lines[0].trace[:4]]
    assert prices == ["0.1", "0.5", "4", "1"]


def test_a_missing_slot_costs_the_fallback_and_is_marked() -> None:
    slots = quarter_slots(at("2026-03-04 16:00"), ["1.00", "1.00", "1.00", "1.00"])
    charge = rate(HOUR, spot_tariff("2.50"), slots[:1] + slots[2:])
    told = [(step["source"], step["price"]) for step in charge.lines[0].trace[:3]]
    assert told == [("spot", "1.25"), ("fallback", "2.5"), ("spot", "1.25")]
    assert charge.gross_minor == 250 + 375


def test_a_negative_price_pays_the_driver() -> None:
    slots = quarter_slots(at("2026-03-04 16:00"), ["-1.00"] * 4)
    line = rate(HOUR, spot_tariff(), slots).lines[0]
    assert (line.gross_minor, line.vat_minor, line.net_minor) == (-500, -100, -400)


def test_two_prices_for_one_slot_are_refused() -> None:
    slots = (
        *quarter_slots(at("2026-03-04 16:00"), ["1.00"]),
        *quarter_slots(at("2026-03-04 16:10"), ["2.00"]),
    )
    with pytest.raises(OverlappingSpotPrices):
        rate(HOUR, spot_tariff(), slots)


def test_slots_outside_the_session_change_neither_bill_nor_hash() -> None:
    few = quarter_slots(at("2026-03-04 16:00"), ["1.00"] * 4)
    many = quarter_slots(at("2026-03-04 14:00"), ["1.00"] * 20)
    assert rate(HOUR, spot_tariff(), few) == rate(HOUR, spot_tariff(), many)


def test_another_spot_price_is_another_hash() -> None:
    one = quarter_slots(at("2026-03-04 16:00"), ["1.00"] * 4)
    other = quarter_slots(at("2026-03-04 16:00"), ["1.00"] * 3 + ["1.01"])
    hashes = {rate(HOUR, spot_tariff(), slots).inputs_hash for slots in (one, other, ())}
    assert len(hashes) == 3


def test_equal_spot_prices_cost_what_a_fixed_price_costs() -> None:
    slots = quarter_slots(at("2026-03-04 16:00"), ["1.3337"] * 4)
    fixed = tariff(element(energy("1.667125")))
    assert rate(HOUR, spot_tariff(), slots).gross_minor == rate(HOUR, fixed).gross_minor


def day_long(day: datetime) -> tuple[SessionFacts, list[int]]:
    """Return a session from midnight to midnight, and the Wh of each of its quarter hours."""
    start = day.astimezone(UTC)
    # Wall-clock arithmetic: the next local midnight, 23 to 25 hours away.
    quarters = ((day + timedelta(days=1)).astimezone(UTC) - start) // QUARTER
    used = [100 + 7 * (i % 13) for i in range(quarters)]
    readings = [Reading(start + i * QUARTER, 50_000 + sum(used[:i])) for i in range(quarters + 1)]
    end = start + quarters * QUARTER
    return SessionFacts(start, end, sum(used), STOCKHOLM, readings=tuple(readings)), used


@pytest.mark.parametrize(
    ("day", "quarters", "missing"),
    [
        (datetime(2026, 3, 29, tzinfo=ZoneInfo(STOCKHOLM)), 92, None),
        (datetime(2026, 10, 25, tzinfo=ZoneInfo(STOCKHOLM)), 100, None),
        (datetime(2026, 6, 1, tzinfo=ZoneInfo(STOCKHOLM)), 96, 40),
    ],
)
def test_a_whole_day_is_the_sum_of_its_quarter_hours(
    day: datetime, quarters: int, missing: int | None
) -> None:
    facts, used = day_long(day)
    assert len(used) == quarters
    spot = [Decimal(i * 37 % 101) / 100 - Decimal("0.2") for i in range(quarters)]
    slots = [SpotSlot(facts.started_at + i * QUARTER, price) for i, price in enumerate(spot)]
    gross = [(price + Decimal("0.1")) * Decimal("1.25") for price in spot]
    if missing is not None:
        del slots[missing]
        gross[missing] = Decimal("3.00")
    charge = rate(facts, spot_tariff(adder="0.1"), slots)
    owed = sum(wh * price for wh, price in zip(used, gross, strict=True)) / 1000
    assert charge.gross_minor == int(owed * 100 + Decimal("0.5"))
    assert sum(step["step"] == "piece" for step in charge.lines[0].trace) == quarters
    assert charge.split_error_minor == 0
