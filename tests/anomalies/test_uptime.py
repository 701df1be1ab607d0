"""Seconds of a day by what an outlet was: hand-computed days, and that they always add up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies.selectors.figures import UseFigures
from anomalies.selectors.timelines import midnight
from anomalies.uptime import Excuse, Span, StatusChange, Tally, Timeline, tally_of

DAY = datetime(2026, 6, 1, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)
LONG_AGO = DAY - timedelta(days=400)
HOUR = 3600
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def day_of(*statuses: tuple[float, str], known_h: float = -999, **more: object) -> Tally:
    changes = [StatusChange(at(hours), status) for hours, status in statuses]
    timeline = Timeline(at(known_h), changes, **more)  # type: ignore[arg-type]
    return tally_of(timeline, DAY, NEXT)


def test_a_status_lasts_until_the_next_one() -> None:
    tally = day_of((-5, "available"), (6, "faulted"), (8.5, "charging"))
    assert (tally.up_s, tally.down_s, tally.total_s) == (21.5 * HOUR, 2.5 * HOUR, 24 * HOUR)


def test_before_the_first_status_it_is_unknown() -> None:
    tally = day_of((10, "available"))
    assert (tally.unknown_s, tally.up_s) == (10 * HOUR, 14 * HOUR)


def test_an_outlet_that_never_reported_is_unknown_all_day() -> None:
    tally = day_of()
    assert (tally.unknown_s, tally.outage_s) == (24 * HOUR, 24 * HOUR)


def test_what_was_before_it_was_known_counts_as_nothing() -> None:
    tally = day_of((12, "available"), known_h=9)
    assert (tally.total_s, tally.unknown_s, tally.up_s) == (15 * HOUR, 3 * HOUR, 12 * HOUR)


def test_a_silent_station_is_offline_whatever_it_said_last() -> None:
    tally = day_of((-1, "available"), (3, "faulted"), offline=[Span(at(2), at(5))])
    assert (tally.up_s, tally.offline_s, tally.down_s) == (2 * HOUR, 3 * HOUR, 19 * HOUR)


def test_what_has_not_ended_lasts_to_the_end_of_the_day() -> None:
    tally = day_of((-1, "available"), offline=[Span(at(20), None), Span(at(21), at(22))])
    assert (tally.up_s, tally.offline_s) == (20 * HOUR, 4 * HOUR)


def test_an_outlet_that_gives_no_power_is_not_up_for_nevi_but_for_the_uk() -> None:
    tally = day_of((-1, "available"), failing=[Span(at(0), at(6))])
    figures = UseFigures(None, "", 1, tally)
    assert (str(figures.nevi_percent), str(figures.uk_percent)) == ("75.00", "100.00")


def test_planned_work_is_excused_for_nevi_alone() -> None:
    work = [(Excuse.MAINTENANCE, Span(at(0), at(12)))]
    tally = day_of((-1, "available"), (6, "unavailable"), (18, "available"), excuses=work)
    figures = UseFigures(None, "", 1, tally)
    assert (tally.down_s, tally.excused_maintenance_s) == (12 * HOUR, 6 * HOUR)
    # of 24 h, 6 h count as an outage there and 12 h here
    assert (str(figures.nevi_percent), str(figures.uk_percent)) == ("75.00", "50.00")


def test_of_several_excuses_one_second_is_excused_once() -> None:
    both = [(Excuse.VANDALISM, Span(at(0), at(6))), (Excuse.UTILITY, Span(at(3), at(9)))]
    tally = day_of((-1, "faulted"), excuses=both)
    assert (tally.excused_utility_s, tally.excused_vandalism_s) == (6 * HOUR, 3 * HOUR)
    assert tally.excluded_s == 9 * HOUR


def test_outside_opening_hours_nothing_is_measured_in_the_uk() -> None:
    closed = [(Excuse.CLOSED, Span(at(0), at(8)))]
    tally = day_of((-1, "faulted"), (10, "available"), excuses=closed)
    figures = UseFigures(None, "", 1, tally)
    # 16 h open, 2 h of them out of order; 10 h of outage, 8 h of it while closed
    assert (str(figures.uk_percent), str(figures.nevi_percent)) == ("87.50", "91.67")


def test_a_silent_station_is_an_outage_for_nevi_and_ineligible_in_the_uk() -> None:
    tally = day_of((-1, "available"), offline=[Span(at(0), at(6))])
    figures = UseFigures(None, "", 1, tally)
    assert (str(figures.nevi_percent), str(figures.uk_percent)) == ("75.00", "100.00")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_days_of_changing_clocks_have_their_own_length(day: str, hours: int) -> None:
    first = date.fromisoformat(day)
    from_at, to_at = midnight(first, STOCKHOLM), midnight(first + timedelta(days=1), STOCKHOLM)
    broken_at = datetime(first.year, first.month, first.day, 4, tzinfo=STOCKHOLM)
    statuses = [StatusChange(LONG_AGO, "available"), StatusChange(broken_at, "faulted")]
    tally = tally_of(Timeline(LONG_AGO, statuses), from_at, to_at)
    assert (tally.total_s, tally.down_s) == (hours * HOUR, 20 * HOUR)


SECONDS = st.integers(-86_400, 2 * 86_400)
STATUSES = st.sampled_from(["available", "charging", "faulted", "unavailable", "unknown"])
SPANS = st.lists(st.tuples(SECONDS, st.one_of(st.none(), st.integers(1, 90_000))), max_size=3)


def spans_of(drawn: list[tuple[int, int | None]]) -> list[Span]:
    begins = [(DAY + timedelta(seconds=start), lasted) for start, lasted in drawn]
    return [Span(at, None if s is None else at + timedelta(seconds=s)) for at, s in begins]


@given(
    statuses=st.lists(st.tuples(SECONDS, STATUSES), max_size=6),
    offline=SPANS,
    failing=SPANS,
    excused=SPANS,
    cut=st.integers(0, 86_400),
)
def test_parts_add_up_and_two_halves_are_the_whole(
    statuses: list[tuple[int, str]],
    offline: list[tuple[int, int | None]],
    failing: list[tuple[int, int | None]],
    excused: list[tuple[int, int | None]],
    cut: int,
) -> None:
    changes = [StatusChange(DAY + timedelta(seconds=s), status) for s, status in statuses]
    excuses = [(Excuse.MAINTENANCE, span) for span in spans_of(excused)]
    line = Timeline(LONG_AGO, changes, spans_of(offline), spans_of(failing), excuses)
    whole = tally_of(line, DAY, NEXT)
    middle = DAY + timedelta(seconds=cut)
    halves = tally_of(line, DAY, middle), tally_of(line, middle, NEXT)
    assert whole.up_s + whole.outage_s == whole.total_s == 86_400
    assert whole.excluded_s <= whole.outage_s
    for name in Tally.__slots__:
        assert getattr(whole, name) == sum(getattr(half, name) for half in halves)
