"""Market days: as many slots as the local day has quarters, in every zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.spot.days import day_bounds, day_of, day_slots
from tests.billing.spot_feeds import AUTUMN_DAY, PLAIN_DAY, SPRING_DAY, STOCKHOLM

ZONES = st.sampled_from(
    ["Europe/Stockholm", "Europe/Helsinki", "Europe/Lisbon", "UTC", "Australia/Adelaide"]
).map(ZoneInfo)
DATES = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("day", "known"),
    [
        (date(2026, 3, 29), SPRING_DAY),
        (date(2026, 6, 2), PLAIN_DAY),
        (date(2026, 10, 25), AUTUMN_DAY),
    ],
)
def test_swedish_days_have_92_96_or_100_quarters(day: date, known: tuple[datetime, int]) -> None:
    quarters = day_slots(day, 900, STOCKHOLM)
    assert (quarters[0], len(quarters)) == known
    assert len(day_slots(day, 3600, STOCKHOLM)) == known[1] // 4


@settings(deadline=None)
@given(ZONES, DATES)
def test_days_follow_each_other_without_a_gap(zone: ZoneInfo, day: date) -> None:
    assert day_bounds(day, zone)[1] == day_bounds(day + timedelta(days=1), zone)[0]


@settings(deadline=None)
@given(ZONES, DATES, st.sampled_from([900, 3600]))
def test_every_slot_lies_in_its_day_and_they_fill_it(
    zone: ZoneInfo, day: date, duration_s: int
) -> None:
    slots = day_slots(day, duration_s, zone)
    step = timedelta(seconds=duration_s)
    assert {day_of(slot, zone) for slot in slots} == {day}
    assert (slots[0], slots[-1] + step) == day_bounds(day, zone)
    assert {later - earlier for earlier, later in pairwise(slots)} == {step}


def test_a_utc_instant_belongs_to_the_local_day() -> None:
    assert day_of(datetime(2026, 3, 28, 23, 0, tzinfo=UTC), STOCKHOLM) == date(2026, 3, 29)
