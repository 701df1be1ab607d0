"""What-if, the pure part: where energy was, which hours are cheap, what moves, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rating import (
    LineKind,
    PriceComponent,
    SessionFacts,
    SpotFormula,
    SpotSlot,
    TariffFacts,
    rate,
)
from billing.rating.inputs import freeze_inputs
from billing.selectors.tariffs import without_fees
from billing.what_if import (
    Amounts,
    BilledSession,
    OffPeak,
    Replacement,
    Replay,
    Scenario,
    SlotBook,
    cheapest_hours,
    chosen_hours,
    price_curve,
)
from billing.what_if.load import hourly_load
from billing.what_if.moving import Moved, move_session
from tenants.models import new_id
from tests.billing.rating_cases import (
    Drive,
    day_and_night,
    drives,
    element,
    energy,
    quarter_slots,
    random_sessions,
    session,
    spot_slots,
    tariff,
    tariffs,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NIGHT = chosen_hours(22, 6)
SITE, TARIFF, VERSION = new_id(), new_id(), new_id()
FLAT = tariff(element(energy("4.00")))
HOUR = timedelta(hours=1)


def moved(facts: SessionFacts, off_peak: OffPeak = NIGHT) -> Moved | None:
    inputs = freeze_inputs(facts, FLAT)
    return move_session(inputs, hourly_load(inputs), off_peak.hours)


def loads(facts: SessionFacts) -> list[tuple[int, int]]:
    """Hour of the week and Wh."""
    return [(hour.of_week, hour.energy_wh) for hour in hourly_load(freeze_inputs(facts, FLAT))]


def billed(facts: SessionFacts, by: TariffFacts, slots: Sequence[SpotSlot] = ()) -> BilledSession:
    rated = rate(facts, by if facts.energy_wh else without_fees(by), slots)
    return BilledSession(
        site_id=SITE,
        tariff_id=TARIFF,
        version_id=VERSION,
        price_area="SE3",
        week=0,
        currency=rated.currency,
        amounts=Amounts(rated.gross_minor, rated.net_minor, rated.vat_minor),
        document=rated.inputs,
    )


def curve(by: TariffFacts, slots: Sequence[SpotSlot] = (), day: str = "2026-03-02") -> Any:
    first = date.fromisoformat(day)
    return price_curve(
        by,
        zone=STOCKHOLM,
        day_from=first,
        day_to=first + timedelta(days=7),
        book=SlotBook(slots),
    )


def replayed(
    old: TariffFacts,
    new: TariffFacts,
    *facts: SessionFacts,
    off_peak: OffPeak = NIGHT,
    answers: tuple[int, int] = (10, 60),
    slots: Sequence[SpotSlot] = (),
) -> Replay:
    replay = Replay(
        {TARIFF: Replacement(new, without_fees(new))},
        off_peak=off_peak,
        elasticity_pct=answers,
        prices=lambda _billed: (curve(old, slots), curve(new, slots)),
        books={"SE3": SlotBook(slots)},
        currency=new.currency,
    )
    for one in facts:
        replay.add(billed(one, old, slots))
    return replay


def gross(replay: Replay) -> list[int]:
    """By scenario: before, unmoved, low, high."""
    return [replay.totals[scenario].money().gross_minor for scenario in Scenario]


# Wednesday 4 March 2026, 17:30-19:30 in Stockholm, 10 kWh an hour; and the same at night.
EVENING = session("2026-03-04 16:30", "2026-03-04 18:30", 20_000)
AT_NIGHT = session("2026-03-04 21:30", "2026-03-04 23:30", 20_000)
# Plugged in until the morning; charged at once, at 10 kW.
PARKED = session(
    "2026-03-04 16:30",
    "2026-03-05 06:00",
    20_000,
    ("2026-03-04 16:30", 0),
    ("2026-03-04 18:30", 20_000),
    charged_until="2026-03-04 18:30",
)


class TestLoad:
    """Energy by clock hour."""

    def test_it_lies_between_the_readings(self) -> None:
        assert loads(EVENING) == [(65, 5_000), (66, 10_000), (67, 5_000)]

    def test_the_hour_that_happens_twice_is_two(self) -> None:
        autumn = session("2026-10-24 23:30", "2026-10-25 02:30", 3_000)
        # 01:30 summer time to 03:30; Sunday 02 is hour 146 and comes twice.
        assert loads(autumn) == [(145, 500), (146, 1_000), (146, 1_000), (147, 500)]
        began = [hour.hour_s for hour in hourly_load(freeze_inputs(autumn, FLAT))]
        assert len(set(began)) == 4

    def test_a_session_without_duration_has_its_energy(self) -> None:
        assert loads(session("2026-03-04 16:30", "2026-03-04 16:30", 700)) == [(65, 700)]

    @random_sessions
    @given(drives(longest_s=1200), st.integers(5, 300))
    def test_nothing_is_lost(self, drive: Drive, step_s: int) -> None:
        facts = drive.read_every(step_s)
        assert sum(wh for _hour, wh in loads(facts)) == facts.energy_wh


class TestOffPeakHours:
    """Which hours are cheap."""

    def test_chosen_hours_go_over_midnight(self) -> None:
        hours = chosen_hours(22, 6).hours
        assert len(hours) == 56
        assert {0, 5, 22, 23, 24 + 22} <= hours
        assert not {6, 21} & hours

    def test_weekends_may_be_off_peak_all_day(self) -> None:
        assert len(chosen_hours(22, 6, weekends=True).hours) == 5 * 8 + 48

    @pytest.mark.parametrize("hours", [(6, 6), (0, 24), (-1, 6), (24, 6), (22, 25)])
    def test_hours_that_are_none_are_refused(self, hours: tuple[int, int]) -> None:
        with pytest.raises(ValueError, match="off-peak from"):
            chosen_hours(*hours)

    def test_a_price_curve_is_the_price_of_ten_kilowatt_hours(self) -> None:
        by_hour = curve(day_and_night("4.00", "2.00"))
        assert {by_hour[hour] for hour in NIGHT.hours} == {2_000}
        assert {by_hour[hour] for hour in set(range(168)) - NIGHT.hours} == {4_000}

    def test_fees_that_no_hour_avoids_are_not_in_it(self) -> None:
        parts = (
            energy("4.00"),
            PriceComponent(LineKind.FLAT, Decimal(9)),
            PriceComponent(LineKind.TIME, Decimal("0.10")),
        )
        by = tariff(element(*parts), min_price=Decimal(500), free_energy_wh=5_000)
        assert set(curve(by)) == {4_600}

    def test_market_prices_are_in_it_through_both_changes_of_the_clock(self) -> None:
        by = tariff(element(energy("9.00", spot=SpotFormula())))
        first = datetime(2026, 3, 22, 23, tzinfo=UTC)
        prices = [str(Decimal(quarter // 4) / 100) for quarter in range(4 * 167)]
        by_hour = curve(by, quarter_slots(first, prices), "2026-03-23")
        # Monday 10 local is the 11th hour: 0.10 kr; with 25 % VAT ten kWh are 1.25 kr.
        assert by_hour[10] == 125
        # Sunday 04 is 02 UTC, the 148th hour, for an hour was skipped.
        assert by_hour[6 * 24 + 4] == 1_838

    def test_the_cheapest_hours_are_the_lowest_level(self) -> None:
        found = cheapest_hours(curve(day_and_night("4.00", "2.00")))
        assert found is not None
        assert (found.rule, found.hours) == ("cheapest", NIGHT.hours)

    def test_of_prices_that_all_differ_a_quarter_is_cheap(self) -> None:
        found = cheapest_hours([hour * 7 % 168 for hour in range(168)])
        assert found is not None
        assert len(found.hours) == 42

    def test_a_small_lowest_level_is_enough(self) -> None:
        found = cheapest_hours([1] * 30 + [2] * 80 + [3] * 58)
        assert found is not None
        assert found.hours == frozenset(range(30))

    def test_where_no_hour_is_cheaper_there_are_none(self) -> None:
        assert cheapest_hours([400] * 168) is None


class TestMoving:
    """What moves, and where to."""

    def test_a_car_that_is_plugged_in_anyway_waits_for_the_night(self) -> None:
        found = moved(PARKED)
        assert found is not None
        assert not found.is_later
        assert (found.session.started_at, found.session.ended_at) == (
            PARKED.started_at,
            PARKED.ended_at,
        )
        assert [one for one in loads(found.session) if one[1]] == [(70, 10_000), (71, 10_000)]
        assert found.session.charging_ended_at == datetime(2026, 3, 4, 23, tzinfo=UTC)

    def test_a_short_stop_begins_with_the_night_instead(self) -> None:
        found = moved(EVENING)
        assert found is not None
        assert found.is_later
        assert found.session.started_at == datetime(2026, 3, 4, 21, tzinfo=UTC)
        assert loads(found.session) == [(70, 10_000), (71, 10_000)]

    def test_readings_and_the_end_of_charging_go_along(self) -> None:
        short = replace(PARKED, ended_at=PARKED.started_at + 3 * HOUR)
        found = moved(short)
        assert found is not None
        delay = timedelta(hours=4, minutes=30)
        assert found.session.charging_ended_at == datetime(2026, 3, 4, 23, tzinfo=UTC)
        assert [one.at for one in found.session.readings] == [
            one.at + delay for one in PARKED.readings
        ]

    def test_what_is_off_peak_stays(self) -> None:
        assert moved(AT_NIGHT) is None
        assert moved(EVENING, OffPeak("chosen", frozenset(range(168)))) is None

    def test_without_off_peak_hours_nothing_can_move(self) -> None:
        assert moved(EVENING, OffPeak("chosen", frozenset())) is None

    @random_sessions
    @given(drives(longest_s=40_000), st.integers(300, 3_000), st.integers(0, 23), st.integers(1, 9))
    def test_energy_is_conserved_and_fits_the_session(
        self, drive: Drive, step_s: int, from_hour: int, length: int
    ) -> None:
        facts = drive.read_every(step_s)
        found = moved(facts, chosen_hours(from_hour, (from_hour + length) % 24 or 24))
        if found is not None:
            assert found.session.energy_wh == facts.energy_wh
            assert sum(wh for _hour, wh in loads(found.session)) == facts.energy_wh
            lasted = facts.ended_at - facts.started_at
            assert found.session.ended_at - found.session.started_at == lasted
        if found is not None and not found.is_later:
            cheap = chosen_hours(from_hour, (from_hour + length) % 24 or 24).hours
            assert {hour for hour, wh in loads(found.session) if wh} <= cheap


class TestReplay:
    """Money, peaks and shares, before and after."""

    @random_sessions
    @given(st.lists(drives(), min_size=1, max_size=3), tariffs(), spot_slots())
    def test_the_unchanged_tariff_gives_what_was_billed(
        self, some: list[Drive], by: TariffFacts, slots: tuple[SpotSlot, ...]
    ) -> None:
        facts = [drive.read_every(60) for drive in some]
        replay = replayed(by, by, *facts, slots=slots)
        actual = [billed(one, by, slots).amounts for one in facts]
        for scenario in Scenario:
            assert replay.totals[scenario].money() == sum(actual, Amounts())

    @random_sessions
    @given(drives(), tariffs(), tariffs(), spot_slots())
    def test_unmoved_is_the_new_tariff_on_the_old_session(
        self, drive: Drive, old: TariffFacts, new: TariffFacts, slots: tuple[SpotSlot, ...]
    ) -> None:
        facts = drive.read_every(60)
        new = replace(new, currency=old.currency)
        unmoved = replayed(old, new, facts, slots=slots).totals[Scenario.UNMOVED].money()
        assert unmoved == billed(facts, new, slots).amounts

    @random_sessions
    @given(st.lists(drives(), min_size=1, max_size=3), tariffs(), tariffs(), st.integers(0, 100))
    def test_every_answer_between_lies_between(
        self, some: list[Drive], old: TariffFacts, new: TariffFacts, answer: int
    ) -> None:
        facts = [drive.read_every(60) for drive in some]
        new = replace(new, currency=old.currency)
        ends = gross(replayed(old, new, *facts, answers=(0, 100)))
        assert ends[2] == ends[1]
        between = gross(replayed(old, new, *facts, answers=(answer, answer)))[2]
        assert min(ends[2:]) <= between <= max(ends[2:])
        energies = {one.energy_wh() for one in replayed(old, new, *facts).totals.values()}
        assert energies == {sum(one.energy_wh for one in facts)}

    @pytest.mark.parametrize(
        ("night", "expected"),
        [
            # Twice as dear by day: a tenth, or six tenths, of 80.00 become 40.00.
            ("2.00", [8_000, 8_000, 7_600, 5_600]),
            # Four times: the answer is no greater than at twice.
            ("1.00", [8_000, 8_000, 7_400, 4_400]),
            # A quarter dearer: a fortieth, or three twentieths, of 80.00 become 64.00.
            ("3.20", [8_000, 8_000, 7_960, 7_760]),
            # Cheaper by day: nobody moves to the day.
            ("6.00", [8_000, 8_000, 8_000, 8_000]),
        ],
    )
    def test_the_answer_follows_the_price_of_day_to_night(
        self, night: str, expected: list[int]
    ) -> None:
        assert gross(replayed(FLAT, day_and_night("4.00", night), EVENING)) == expected

    def test_a_higher_price_at_every_hour_moves_nobody(self) -> None:
        dearer = tariff(element(energy("8.00")))
        assert gross(replayed(FLAT, dearer, EVENING)) == [8_000, 16_000, 16_000, 16_000]

    def test_a_night_that_costs_nothing_moves_no_more_than_the_range(self) -> None:
        assert gross(replayed(FLAT, day_and_night("4.00", "0"), EVENING)) == [
            8_000,
            8_000,
            7_200,
            3_200,
        ]

    def test_peak_and_off_peak_move_with_the_sessions(self) -> None:
        replay = replayed(FLAT, day_and_night("4.00", "2.00"), EVENING)
        found: Any = replay.document()
        assert found["energy_wh"] == 20_000
        assert found["off_peak_wh"] == {"before": 0, "unmoved": 0, "low": 2_000, "high": 12_000}
        peaks = {name: one["power_w"] for name, one in found["peak"].items()}
        assert peaks == {"before": 10_000, "unmoved": 10_000, "low": 9_000, "high": 6_000}
        # 18:00 and 22:00 in Stockholm.
        assert found["peak"]["before"]["hour_s"] == 1_772_643_600
        assert found["peak"]["high"]["hour_s"] == 1_772_658_000
        assert found["sites"] == {str(SITE): found["peak"]}

    def test_sessions_side_by_side_make_one_peak(self) -> None:
        replay = replayed(FLAT, FLAT, EVENING, EVENING, AT_NIGHT)
        assert replay.totals[Scenario.BEFORE].peak().document()["power_w"] == 20_000

    def test_another_tariffs_sessions_keep_their_price_and_their_load(self) -> None:
        replay = replayed(FLAT, day_and_night("9.00", "2.00"), EVENING)
        replay.add(replace(billed(EVENING, FLAT), tariff_id=new_id()))
        assert gross(replay)[:2] == [16_000, 26_000]
        assert (replay.counts["replayed"], replay.counts["kept"]) == (1, 1)

    def test_another_currencys_money_is_not_mixed_in(self) -> None:
        replay = replayed(FLAT, FLAT, EVENING)
        replay.add(billed(EVENING, replace(FLAT, currency="EUR")))
        assert gross(replay) == [8_000] * 4
        assert replay.counts["other_currency"] == 1
        assert replay.totals[Scenario.BEFORE].energy_wh() == 40_000

    def test_other_rules_keep_the_price_and_are_counted(self) -> None:
        replay = replayed(FLAT, day_and_night("9.00", "2.00"))
        old = billed(EVENING, FLAT)
        replay.add(replace(old, document={**old.document, "rules_version": "0"}))
        assert gross(replay) == [8_000] * 4
        assert replay.counts["unknown_rules"] == 1

    def test_a_bill_at_market_prices_is_replayed_at_its_own(self) -> None:
        by = tariff(element(energy("9.00", spot=SpotFormula())))
        known = quarter_slots(EVENING.started_at, ["1.00"] * 8)
        revised = quarter_slots(EVENING.started_at, ["7.00"] * 8)
        replay = replayed(by, by, slots=revised)
        replay.add(billed(EVENING, by, known))
        assert gross(replay) == [2_500] * 4

    def test_a_tariff_that_begins_to_follow_the_market_takes_what_is_known_now(self) -> None:
        by = tariff(element(energy("9.00", spot=SpotFormula())))
        slots = quarter_slots(EVENING.started_at, ["1.00"] * 8)
        assert gross(replayed(FLAT, by, EVENING, slots=slots))[1] == 2_500
        assert gross(replayed(FLAT, by, EVENING))[1] == 18_000

    def test_a_session_without_energy_costs_nothing_by_any_tariff(self) -> None:
        idle = session("2026-03-04 16:30", "2026-03-04 18:30", 0)
        dear = tariff(element(energy("9.00")), min_price=Decimal(50))
        assert gross(replayed(FLAT, dear, idle)) == [0] * 4

    def test_weeks_are_kept_apart_and_add_up(self) -> None:
        replay = replayed(FLAT, day_and_night("4.00", "2.00"), EVENING)
        replay.add(replace(billed(AT_NIGHT, FLAT), week=3))
        found: Any = replay.document()
        assert [(one["week"], one["unmoved"]["gross"]) for one in found["weeks"]] == [
            (0, 8_000),
            (3, 4_000),
        ]
        assert found["money"]["unmoved"] == {"gross": 12_000, "net": 9_600, "vat": 2_400}
        assert [hour for hour, count in enumerate(found["starts"]) if count] == [65, 70]
        assert found["gross_by_start"]["unmoved"][70] == 4_000
