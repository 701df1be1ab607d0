"""Numbers that check themselves, against published examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.check_digits import (
    is_bankgiro,
    is_ocr_reference,
    is_swedish_organisation_number,
    is_vat_number,
    luhn_digit,
    ocr_reference,
)


def test_the_check_digit_of_the_standards_example() -> None:
    assert luhn_digit("7992739871") == "3"


@given(st.integers(min_value=1, max_value=10**12))
def test_a_reference_is_right_and_no_other_digit_would_be(number: int) -> None:
    reference = ocr_reference(number)
    assert reference.startswith(str(number))
    last = int(reference[-1])
    accepted = [is_ocr_reference(f"{reference[:-1]}{digit}") for digit in range(10)]
    assert accepted == [digit == last for digit in range(10)]


def test_a_reference_that_lost_a_digit_is_not_right() -> None:
    assert ocr_reference(1234) == "123463"
    assert not is_ocr_reference("12363")


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("556036-0793", True),
        ("5560360793", True),
        ("556036-0794", False),
        ("", False),
        ("5a", False),
    ],
)
def test_organisation_numbers(text: str, is_right: bool) -> None:
    assert is_swedish_organisation_number(text) is is_right


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("SE556036079301", True),
        ("se 556036 0793 01", True),
        ("SE556036079302", False),
        ("SE556036079401", False),
        ("DE136695976", True),
        ("136695976", False),
    ],
)
def test_vat_numbers(text: str, is_right: bool) -> None:
    assert is_vat_number(text) is is_right


@pytest.mark.parametrize(
    ("text", "is_right"), [("5050-1055", True), ("5050-1056", False), ("12", False)]
)
def test_bankgiro_numbers(text: str, is_right: bool) -> None:
    assert is_bankgiro(text) is is_right
