"""What is said of a tariff: its week, its gaps, its differences, a session's cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from billing.editor.calendar import Situation, holding_rows
from billing.editor.differences import compare_tariffs
from billing.editor.findings import find_problems
from billing.editor.grid import draw_week
from billing.editor.preview import Sketch, charge_in_words, facts_of
from billing.editor.rows import rows_of
from billing.editor.words import tariff_in_words
from billing.rating import (
    IdleFee,
    LineKind,
    PriceComponent,
    QuietHours,
    SpotFormula,
    TariffFacts,
    rate,
)
from tests.billing.rating_cases import element, energy, random_sessions, tariff, tariffs

MONDAY = date(2026, 6, 1)
WEEKDAYS = (0, 1, 2, 3, 4)
DAY = element(energy("3.50"), time_from=time(6), time_to=time(22), days_of_week=WEEKDAYS)
NIGHT = element(energy("2.25"), time_from=time(22), time_to=time(6))
REST = element(energy("3.00"))


@pytest.fixture(autouse=True)
def _in_english() -> object:
    with translation.override("en"):
        yield


def plain(*words: str) -> tuple[str, ...]:
    """Words with ordinary spaces."""
    return tuple(str(word).replace("\xa0", " ") for word in words)


def texts(*elements: object) -> list[str]:
    """What is found in a tariff, plainly."""
    return [
        f"{one.weight}: {one.text}"
        for one in find_problems(tariff(*elements), MONDAY)  # type: ignore[arg-type]
    ]


def test_a_gap_is_named_by_its_days_and_hours() -> None:
    assert texts(DAY, NIGHT) == ["warning: No energy price Sat, Sun 06–22: energy is free then."]


def test_a_complete_week_has_nothing_to_warn_of() -> None:
    assert texts(replace(DAY, restrictions=replace(DAY.restrictions, days_of_week=())), NIGHT) == []


def test_a_general_row_after_a_special_one_is_only_noted() -> None:
    assert texts(NIGHT, REST) == ["note: Row 2 is hidden by row 1 every day 00–06, 22–24."]


def test_rows_that_cross_are_warned_of() -> None:
    early = element(energy("1"), time_from=time(4), time_to=time(8))
    assert texts(early, DAY, REST)[0] == "warning: Row 2 is hidden by row 1 Mon–Fri 06–08."


def test_a_row_that_never_holds_is_named() -> None:
    assert texts(REST, NIGHT) == ["warning: Row 2 never holds: row 1 always comes first."]
    past = element(energy("1"), date_to=date(2026, 1, 1))
    assert texts(past, REST) == ["warning: Row 1 never holds: no day and hour fits it."]


def test_a_gap_after_a_threshold_is_found() -> None:
    assert texts(element(energy("3"), max_energy_wh=20_000)) == [
        "warning: No energy price all week, after 20 kWh: energy is free then."
    ]


def test_a_gap_of_a_season_is_named_with_its_days() -> None:
    winter = element(energy("4"), season_from=(11, 1), season_to=(4, 1))
    (found,) = texts(winter)
    days = "1 Jun 2026–31 Oct 2026, 1 Apr 2027–1 Jun 2027"
    assert found == f"warning: No energy price all week ({days}): energy is free then."


def test_a_tariff_without_energy_price_says_so() -> None:
    flat = element(PriceComponent(LineKind.FLAT, Decimal(10)))
    assert texts(flat) == ["warning: No row prices energy: kilowatt-hours are free."]


def test_the_week_has_a_block_for_every_price() -> None:
    week = draw_week(tariff(DAY, NIGHT), LineKind.ENERGY, MONDAY)
    blocks = [[(b.hours, b.text, b.row) for b in day.blocks] for day in week.days]
    night = [("00–06", "2.25", 2)]
    assert blocks[0] == [*night, ("06–22", "3.50", 1), ("22–24", "2.25", 2)]
    assert blocks[6] == [*night, ("06–22", "", 0), ("22–24", "2.25", 2)]
    assert week.has_gap
    assert [row for _shade, row, _text in week.legend] == [1, 2]


def test_the_week_is_that_of_its_season_and_of_how_far_a_session_has_come() -> None:
    summer = element(energy("1"), season_from=(6, 1), season_to=(9, 1))
    late = element(energy("9"), min_energy_wh=50_000)
    both = tariff(late, summer, REST)

    def price(day: date, now: Situation) -> str:
        return draw_week(both, LineKind.ENERGY, day, now).days[0].blocks[0].text

    assert price(MONDAY, Situation()) == "1.00"
    assert price(date(2026, 9, 7), Situation()) == "3.00"
    assert price(MONDAY, Situation(energy_wh=50_000)) == "9.00"


@random_sessions
@given(tariffs(load=False), st.integers(0, 6), st.integers(0, 1439))
def test_the_week_shows_the_row_that_rating_uses(some: TariffFacts, day: int, minute: int) -> None:
    week = draw_week(some, LineKind.ENERGY, MONDAY).days[day]
    shown = next(b for b in week.blocks if b.from_min <= minute < b.from_min + b.length_min)
    rows = rows_of(some)
    holding = holding_rows(rows, week.date, minute * 60, Situation())
    priced = [n + 1 for n in holding if rows[n].component.kind is LineKind.ENERGY]
    assert shown.row == (priced[0] if priced else 0)


def test_a_changed_price_is_one_line() -> None:
    dearer = replace(DAY, components=(energy("3.90"),))
    changes = compare_tariffs(tariff(DAY, NIGHT), tariff(dearer, NIGHT))
    assert [plain(*each) for each in changes] == [
        ("changed", "Energy Mon–Fri 06–22", "SEK 3.50/kWh", "SEK 3.90/kWh")
    ]


def test_changed_hours_added_removed_and_moved_rows_are_told() -> None:
    longer = replace(DAY, restrictions=replace(DAY.restrictions, time_to=time(23)))
    fee = element(PriceComponent(LineKind.FLAT, Decimal(5)))
    changes = compare_tariffs(tariff(DAY, NIGHT, fee), tariff(NIGHT, longer, REST))
    assert [plain(*each) for each in changes] == [
        ("changed", "Energy", "Mon–Fri 06–22", "Mon–Fri 06–23"),
        ("removed", "Start fee", "SEK 5.00", ""),
        ("added", "Energy", "", "SEK 3.00/kWh"),
        ("moved", "Energy 22–06: SEK 2.25/kWh", "row 2", "row 1"),
    ]


def test_changed_terms_are_told() -> None:
    before = replace(tariff(REST), min_price=Decimal(20))
    after = replace(tariff(REST), idle_fee=IdleFee(Decimal("1.5"), 900, Decimal(60)))
    assert [plain(*each) for each in compare_tariffs(before, after)] == [
        ("added", "Idle fee", "", "SEK 1.50/min, from 15 min after charging on, at most SEK 60.00"),
        ("removed", "Least price of a session", "SEK 20.00", ""),
    ]


@random_sessions
@given(tariffs())
def test_equal_tariffs_have_no_differences(some: TariffFacts) -> None:
    assert compare_tariffs(some, some) == []


def test_a_tariff_is_told_in_sentences() -> None:
    spot = replace(energy("2.50"), spot=SpotFormula(Decimal(5), Decimal("0.1"), None, Decimal(6)))
    quiet = (QuietHours(time(22), time(7)),)
    some = replace(
        tariff(element(spot, time_from=time(23), time_to=time(6), days_of_week=(5, 6))),
        idle_fee=IdleFee(Decimal(1), quiet_hours=quiet),
    )
    spot_words, idle_words = plain(*tariff_in_words(some)[:2])
    assert spot_words == (
        "Energy Sat, Sun 23–06: spot price + 5 % + SEK 0.10/kWh before VAT, at most "
        "SEK 6.00/kWh, without a market price SEK 2.50/kWh"
    )
    assert idle_words == "Idle fee: SEK 1.00/min, not 22–07"


def a_sketch(**more: object) -> Sketch:
    """22 kWh on a Tuesday, 21:00 to 23:00, charging until 22:30."""
    zone = ZoneInfo("Europe/Stockholm")
    times = [datetime(2026, 6, 2, hour, minute, tzinfo=zone) for hour, minute in TIMES]
    known: dict[str, object] = {"time_zone": "Europe/Stockholm", "energy_wh": 22_500}
    known |= dict(zip(("start_at", "charging_ends_at", "end_at"), times, strict=True))
    return Sketch(**{**known, **more})  # type: ignore[arg-type]


TIMES = ((21, 0), (22, 30), (23, 0))


def test_a_made_up_session_charges_evenly() -> None:
    facts = facts_of(a_sketch())
    assert facts.started_at == datetime(2026, 6, 2, 19, tzinfo=UTC)
    assert [r.register_wh for r in facts.readings[:3]] == [0, 250, 500]
    assert facts.readings[-1][1:3] == (22_500, 0)
    assert {r.power_w for r in facts.readings[:-1]} == {15_000}


def test_the_preview_says_what_each_hour_cost() -> None:
    some = replace(tariff(DAY, NIGHT), idle_fee=IdleFee(Decimal(1), grace_s=900))
    shown = charge_in_words(rate(facts_of(a_sketch()), some), some)
    # 15 kWh at 3.50 until 22, 7.5 kWh at 2.25 after it, 15 of 30 idle minutes at 1.00.
    assert [plain(line.name, line.amount) for line in shown.lines] == [
        ("Energy", "SEK 52.50"),
        ("Energy", "SEK 16.88"),
        ("Idle fee", "SEK 15.00"),
    ]
    assert plain(shown.total) == ("SEK 84.38",)
    (reason,) = plain(shown.lines[0].reasons[0].text)
    assert reason == "21:00–22:00 · 15 kWh × SEK 3.50/kWh (row 1: Mon–Fri 06–22)"


def test_a_missing_market_price_is_counted_and_said() -> None:
    spot = tariff(element(replace(energy("2.50"), spot=SpotFormula())))
    shown = charge_in_words(rate(facts_of(a_sketch()), spot), spot)
    assert (shown.fallback_count, shown.spot_count) == (1, 0)
    assert "no market price is known: the fallback holds" in shown.lines[0].reasons[0].text
