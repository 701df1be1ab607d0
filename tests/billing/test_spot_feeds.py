"""Reading prices out of feeds and files, and refusing what is none."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.spot.checks import check_days
from billing.spot.feeds import Wanted, read_prices
from billing.spot.slots import Slot, WrongSpotPrices
from billing.spot.units import Unit
from tests.billing.spot_feeds import (
    AUTUMN_DAY,
    PLAIN_DAY,
    QUARTER,
    SPRING_DAY,
    STOCKHOLM,
    as_compact,
    as_csv,
    as_list,
    some_prices,
)

SEK = Wanted("SE3", "SEK", STOCKHOLM)
DAYS = pytest.mark.parametrize("day", [SPRING_DAY, PLAIN_DAY, AUTUMN_DAY], ids=["92", "96", "100"])
SHAPES = pytest.mark.parametrize("shape", [as_list, as_compact, as_csv])


def wanted(currency: str = "SEK", unit: str = "") -> Wanted:
    return Wanted("SE3", currency, STOCKHOLM, Unit.read(unit) if unit else None)


def refusal(content: bytes | str, what: Wanted = SEK) -> str:
    """Why a content is refused."""
    with pytest.raises(WrongSpotPrices) as raised:
        read_prices(content.encode() if isinstance(content, str) else content, what)
    return str(raised.value)


def told(slots: list[Slot]) -> list[tuple[datetime, int, Decimal]]:
    return [(slot.starts_at, slot.duration_s, slot.price) for slot in slots]


@DAYS
@SHAPES
def test_every_shape_gives_the_same_prices(shape, day) -> None:  # type: ignore[no-untyped-def]
    start_at, count = day
    prices = some_prices(count)
    slots = read_prices(shape(start_at, prices), SEK)
    check_days(slots, STOCKHOLM)
    assert told(slots) == [
        (start_at + number * QUARTER, 900, Decimal(price)) for number, price in enumerate(prices)
    ]


@SHAPES
def test_a_slot_without_a_price_is_left_out(shape) -> None:  # type: ignore[no-untyped-def]
    start_at, count = PLAIN_DAY
    slots = read_prices(shape(start_at, [*some_prices(count - 1), None]), SEK)
    assert len(slots) == 95
    with pytest.raises(WrongSpotPrices, match=r"2026-06-02 has 96 slots, here are 95.* 23:45"):
        check_days(slots, STOCKHOLM)
    check_days(slots, STOCKHOLM, allow_gaps=True)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.decimals(-100, 100, places=9), min_size=96, max_size=96))
def test_prices_come_through_unchanged(prices: list[Decimal]) -> None:
    texts = [f"{price:f}" for price in prices]
    for shape in (as_list, as_compact, as_csv):
        slots = read_prices(shape(PLAIN_DAY[0], list(texts)), SEK)
        assert [slot.price for slot in slots] == prices


def test_numbers_are_decimals_and_noise_after_nine_of_them_is_rounded_off() -> None:
    first = ["0.30541000000000004", "1e-1", "0.0000000005", "-0.0000000005", "3"]
    slots = read_prices(as_compact(PLAIN_DAY[0], first + ["0"] * 91), SEK)
    shown = ["0.30541", "0.1", "0.000000001", "-0.000000001", "3"]
    assert [slot.price for slot in slots[:5]] == [Decimal(text) for text in shown]


def test_the_currency_chooses_the_column() -> None:
    slots = read_prices(as_list(PLAIN_DAY[0], some_prices(96)), wanted("EUR"))
    assert {slot.price for slot in slots} == {Decimal("0.01")}


@pytest.mark.parametrize(
    ("unit", "currency", "raw", "price"),
    [
        ("EUR/MWh", "EUR", "45.21", "0.04521"),
        ("SEK/MWh", "SEK", "-500", "-0.5"),
        ("öre/kWh", "SEK", "30.541", "0.30541"),
        ("ct/kWh", "EUR", "4.5", "0.045"),
        ("SEK_per_kWh", "SEK", "0.5", "0.5"),
    ],
)
def test_units_are_exact_powers_of_ten(unit: str, currency: str, raw: str, price: str) -> None:
    stated = read_prices(as_compact(PLAIN_DAY[0], [raw] * 96, unit), wanted(currency))
    beside = read_prices(as_csv(PLAIN_DAY[0], [raw] * 96), wanted(currency, unit))
    assert {slot.price for slot in stated + beside} == {Decimal(price)}


def test_a_table_may_name_its_unit_and_area() -> None:
    lines = ["time_start,area,EUR_per_MWh", "2026-06-02T00:00:00+02:00,SE3,45.21"]
    slots = read_prices("\n".join(lines).encode(), wanted("EUR"))
    assert told(slots) == [(PLAIN_DAY[0], 900, Decimal("0.04521"))]


def test_starts_an_hour_apart_are_hours() -> None:
    rows = [f"2026-06-02T{hour:02}:00+02:00,0.5" for hour in range(24)]
    slots = read_prices("\n".join(["time,price", *rows]).encode(), SEK)
    check_days(slots, STOCKHOLM)
    assert {slot.duration_s for slot in slots} == {3600}


def test_compact_prices_may_begin_at_a_unix_second() -> None:
    content = json.dumps({"t0": int(PLAIN_DAY[0].timestamp()), "p": [1] * 96})
    assert read_prices(content.encode(), SEK)[0].starts_at == PLAIN_DAY[0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "nothing in it"),
        ("[]", "no prices"),
        ("[1, 2]", "slot 1: this is no price"),
        ("{}", "neither a list"),
        ('{"p": "all"}', "neither a list"),
        ("[" * 100_000, "not JSON"),
        ("[{", "not JSON"),
        ("<html>Not found</html>", "no prices"),
        ("<html>\n<p>Not found", "the start is missing"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        ("time,price\n2026-06-02T00:00,1", "line 2: the start 2026-06-02T00:00 has no offset"),
        ("time,price\nyesterday,1", "line 2: the start 'yesterday' is not a time"),
        ("time,price\n0001-01-01T00:00+23:00,1", "is in no year"),
        ("time,price\n2026-06-02T00:00+02:00,dear", r"line 2 \(2026-06-02 00:00\): 'dear' is not"),
        ("time,price\n2026-06-02T00:00+02:00,1e999", "1e999 SEK/kWh is more than"),
        ("time,EUR_per_kWh\n2026-06-02T00:00+02:00,1", "no price in SEK per kWh; there is EUR_per"),
        ("time,area,price\n2026-06-02T00:00+02:00,SE4,1", "of area SE4, not of SE3"),
        ("time,to,price\n2026-06-02T00:00Z,2026-06-02T00:30Z,1", "lasts 1800 s"),
        ('[{"time": "2026-06-02T00:00Z", "price": NaN}]', "NaN is not a number"),
        ('[{"time": "2026-06-02T00:00Z", "price": true}]', "True' is not a number"),
        ('[{"time": "2026-06-02T00:00Z", "price": {}}]', "is not a number"),
        ('{"t0": "2026-06-01T22:00Z", "s": 1800, "p": [1]}', "1800 s per slot"),
        ('{"t0": "2026-06-01T22:00Z", "s": [], "p": [1]}', "per slot"),
        ('{"t0": "2026-06-01T22:00Z", "u": "apples", "p": [1]}', "'apples' is no unit"),
        ('{"t0": "2026-06-01T22:00Z", "u": "EUR/MWh", "p": [1]}', "not exchanged"),
        ('{"t0": "2026-06-01T22:15Z", "p": [1]}', "is not the start of a local day"),
        ("time,price\n9999-12-31T23:59Z,1", "is in no year"),
        ('{"t0": 5, "p": [1]}', "t0 5 is not a time"),
        ('{"p": [1]}', "t0 is missing"),
        ('{"area": "SE4", "p": [1]}', "of area SE4, not of SE3"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused_with_place_and_reason(content: str | bytes, why: str) -> None:
    with pytest.raises(WrongSpotPrices, match=why):
        read_prices(content.encode() if isinstance(content, str) else content, SEK)


def test_every_wrong_entry_is_named_up_to_twenty() -> None:
    bad = [f'"{number}x"' for number in range(96)]
    lines = refusal(as_compact(PLAIN_DAY[0], bad)).split("\n")
    assert lines[0] == "slot 1 (2026-06-02 00:00): '0x' is not a number"
    assert (len(lines), lines[-1]) == (21, "and 76 more like these")


@pytest.mark.parametrize("raw", ["100.01", "-4500"])
def test_a_price_beyond_all_markets_is_a_mistaken_unit(raw: str) -> None:
    why = refusal(as_csv(PLAIN_DAY[0], [raw]))
    assert why.startswith(f"line 2 (2026-06-02 00:00): {raw} SEK/kWh is more than 100 per kWh")
    assert "öre/kWh, EUR/MWh" in why


@DAYS
@pytest.mark.parametrize("off_by", [-4, 4])
def test_a_compact_day_of_a_wrong_length_is_refused(day: tuple[datetime, int], off_by: int) -> None:
    start_at, count = day
    local_day = start_at.astimezone(STOCKHOLM).date()
    why = refusal(as_compact(start_at, some_prices(count + off_by)))
    assert why == f"{local_day} has {count} slots, here are {count + off_by}"


@DAYS
def test_a_listed_day_of_a_wrong_length_is_refused(day: tuple[datetime, int]) -> None:
    start_at, count = day
    slots = read_prices(as_list(start_at, some_prices(count - 1)), SEK)
    with pytest.raises(WrongSpotPrices, match=f"has {count} slots, here are {count - 1}"):
        check_days(slots, STOCKHOLM)


def a_slot(quarters: int, duration_s: int = 900, seconds: int = 0) -> Slot:
    at = PLAIN_DAY[0] + quarters * QUARTER + timedelta(seconds=seconds)
    return Slot(at, duration_s, Decimal(1), f"line {quarters + 2}")


@pytest.mark.parametrize(
    ("slots", "why"),
    [
        ([a_slot(0), a_slot(1), a_slot(1)], "line 3: it begins before line 3 ends"),
        ([a_slot(0, 3600), a_slot(2)], "line 4: it begins before line 2 ends"),
        ([a_slot(0, 3600), a_slot(4)], "quarters and hours in one day"),
        ([a_slot(0, seconds=60)], "line 2: no slot of the market begins then"),
        ([a_slot(1, 3600)], "line 3: no slot of the market begins then"),
        ([], "no prices"),
    ],
)
def test_slots_that_are_not_the_markets_are_refused(slots: list[Slot], why: str) -> None:
    with pytest.raises(WrongSpotPrices, match=why):
        check_days(slots, STOCKHOLM, allow_gaps=True)


def test_a_contradicted_unit_is_refused() -> None:
    assert "contradicts" in refusal(as_compact(PLAIN_DAY[0], ["1"] * 96), wanted(unit="SEK/MWh"))
    assert "contradicts" in refusal(as_list(PLAIN_DAY[0], ["1"] * 96), wanted(unit="öre/kWh"))
    assert "not exchanged" in refusal(as_csv(PLAIN_DAY[0], ["1"]), wanted(unit="EUR/kWh"))


def test_a_stated_unit_holds_where_the_feed_says_something_else_than_a_unit() -> None:
    content = as_compact(PLAIN_DAY[0], ["50"] * 96, "updated 13:02")
    assert read_prices(content, wanted(unit="öre/kWh"))[0].price == Decimal("0.5")


def test_the_days_of_a_year_in_one_file_pass() -> None:
    start_at, prices = datetime(2025, 12, 31, 23, tzinfo=UTC), ["0.5"] * 365 * 96
    slots = read_prices(as_compact(start_at, prices), SEK)
    check_days(slots, STOCKHOLM)
    assert slots[-1].ends_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert {slot.starts_at.astimezone(STOCKHOLM).date().year for slot in slots} == {2026}
    assert date(2026, 12, 31) == slots[-1].starts_at.astimezone(STOCKHOLM).date()
