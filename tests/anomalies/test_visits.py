"""Which attempts are one visit, and whether it charged at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from anomalies.visits import Attempt, visits_of
from tests.cast import NOON

PLACE = UUID(int=1)


def attempt(minute: float, lasted: float, energy_wh: int, token: str = "AABB") -> Attempt:
    started_at = NOON + timedelta(minutes=minute)
    ended_at = started_at + timedelta(minutes=lasted)
    return Attempt(uuid4(), PLACE, token, started_at, ended_at, energy_wh)


def counts(*attempts: Attempt) -> list[tuple[int, bool, bool]]:
    return [(len(v.attempts), v.first_charged, v.charged) for v in visits_of(attempts)]


def test_a_second_try_within_ten_minutes_is_the_same_visit() -> None:
    assert counts(attempt(0, 2, 0), attempt(12, 30, 9_000)) == [(2, False, True)]


def test_a_second_try_after_more_than_ten_minutes_is_another_visit() -> None:
    found = counts(attempt(0, 2, 0), attempt(12.1, 30, 9_000))
    assert found == [(1, False, False), (1, True, True)]


def test_after_a_charge_the_driver_has_come_back() -> None:
    assert counts(attempt(0, 30, 9_000), attempt(35, 1, 0)) == [(1, True, True), (1, False, False)]


def test_another_driver_is_another_visit() -> None:
    found = counts(attempt(0, 2, 0), attempt(3, 30, 9_000, token="CCDD"))
    assert found == [(1, False, False), (1, True, True)]


def test_without_a_token_every_attempt_stands_alone() -> None:
    found = counts(attempt(0, 2, 0, token=""), attempt(3, 2, 0, token=""))
    assert found == [(1, False, False), (1, False, False)]


def test_half_a_kilowatt_hour_is_a_charge_and_less_is_none() -> None:
    assert counts(attempt(0, 9, 500)) == [(1, True, True)]
    assert counts(attempt(0, 9, 499)) == [(1, False, False)]


def test_the_order_in_which_attempts_are_told_changes_nothing() -> None:
    one, two, three = attempt(0, 2, 0), attempt(5, 2, 100), attempt(9, 40, 7_000)
    assert counts(three, one, two) == [(3, False, True)]
