"""Points of health: full penalty while open, half every three days after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies.health import Ailment, health_points
from tests.cast import NOON

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("severity", "ended_days_ago", "acknowledged", "points"),
    [
        (4, None, False, 80),
        (4, 0, False, 80),
        (4, 3, False, 90),
        (4, 6, False, 95),
        (7, None, False, 95),
        (0, 3, False, 60),
        (0, 3, True, 80),
        (3, 3, False, 88),
    ],
)
def test_what_one_incident_costs(
    severity: int, ended_days_ago: int | None, acknowledged: bool, points: int
) -> None:
    ended_at = None if ended_days_ago is None else NOON - ended_days_ago * DAY
    assert health_points([Ailment(severity, ended_at, acknowledged)], NOON) == points


def test_nothing_wrong_is_all_points() -> None:
    assert health_points([], NOON) == 100


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 90), st.booleans())))
def test_points_stay_between_0_and_100_and_recover(
    found: list[tuple[int, int | None, bool]],
) -> None:
    ailments = [Ailment(s, None if d is None else NOON - d * DAY, a) for s, d, a in found]
    now, later = health_points(ailments, NOON), health_points(ailments, NOON + DAY)
    assert 0 <= now <= later <= 100
