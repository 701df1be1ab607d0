"""Ranges of numbers say the same as the set of the numbers."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from sessions_app.sequence import add_number, holds_all

NUMBERS = st.lists(st.integers(0, 30))


@given(NUMBERS, st.integers(0, 30))
def test_ranges_hold_what_a_set_holds(numbers: list[int], last: int) -> None:
    ranges: list[int] = reduce(add_number, numbers, [])
    assert holds_all(ranges, last) == ({*range(last + 1)} <= {*numbers})


@given(st.permutations(range(12)))
def test_a_whole_series_is_one_range(numbers: list[int]) -> None:
    assert reduce(add_number, numbers, []) == [0, 11]


@given(NUMBERS)
def test_a_number_seen_before_changes_nothing(numbers: list[int]) -> None:
    ranges: list[int] = reduce(add_number, numbers, [])
    assert reduce(add_number, numbers, ranges) == ranges


def test_gaps_are_kept_apart() -> None:
    assert reduce(add_number, [5, 1, 2, 9], []) == [1, 2, 5, 5, 9, 9]
