"""Money: exact minor units, one rounding rule, VAT out of gross, how amounts are written."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import (
    MixedCurrencies,
    Money,
    UnknownCurrency,
    charge_step_minor,
    format_decimal,
    format_money,
    format_price,
    minor_exponent,
    payout_step_minor,
    round_minor,
    round_ratio,
    sum_money,
    vat_part,
)

amounts = st.integers(-(10**12), 10**12)
rates = st.decimals(0, 100, places=2)


@pytest.mark.parametrize(
    ("currency", "exponent", "charge_step", "payout_step"),
    [
        ("SEK", 2, 1, 1),
        ("JPY", 0, 1, 1),
        ("KRW", 0, 1, 1),
        ("KWD", 3, 10, 10),
        ("ISK", 2, 100, 100),
        ("HUF", 2, 1, 100),
    ],
)
def test_each_currency_has_its_minor_unit(
    currency: str, exponent: int, charge_step: int, payout_step: int
) -> None:
    assert minor_exponent(currency) == exponent
    assert charge_step_minor(currency) == charge_step
    assert payout_step_minor(currency) == payout_step


@pytest.mark.parametrize("code", ["SKE", "sek", "", "XXX"])
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, code)


@pytest.mark.parametrize("amount", [1.0, Decimal(1), "1", True])
def test_minor_units_are_whole_numbers(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "SEK")  # type: ignore[arg-type]


def test_currencies_never_mix() -> None:
    with pytest.raises(MixedCurrencies):
        Money(1, "SEK") + Money(1, "EUR")
    with pytest.raises(MixedCurrencies):
        assert Money(1, "SEK") <= Money(1, "EUR")
    assert Money(1, "SEK") != Money(1, "EUR")


def test_money_adds_up() -> None:
    fifteen, ten = Money(1500, "SEK"), Money(1000, "SEK")
    assert fifteen + ten == Money(2500, "SEK")
    assert ten - fifteen == -Money(500, "SEK") == Money(-500, "SEK")
    assert sum_money([fifteen, ten * 2], "SEK") == Money(3500, "SEK")
    assert ten < fifteen
    assert not sum_money([], "SEK")


@pytest.mark.parametrize(
    ("major", "currency", "minor"),
    [
        (Decimal("12.345"), "SEK", 1235),
        (Decimal("12.3449999"), "SEK", 1234),
        (Decimal("-12.345"), "SEK", -1235),
        (Fraction(1, 3), "SEK", 33),
        (Decimal("549.5"), "JPY", 550),
        (550, "JPY", 550),
        (Decimal("1.2345"), "KWD", 1230),
        (Decimal("1.235"), "KWD", 1240),
        (Decimal("1234.50"), "ISK", 123500),
        (Decimal("0.005"), "SEK", 1),
    ],
)
def test_a_half_is_rounded_away_from_zero(
    major: Decimal | Fraction, currency: str, minor: int
) -> None:
    assert round_minor(major, currency) == minor


@given(amounts, st.integers(1, 10**6), st.sampled_from([1, 10, 100]))
def test_rounding_is_nearest_and_symmetric(numerator: int, denominator: int, step: int) -> None:
    rounded = round_ratio(numerator, denominator, step)
    assert abs(rounded - Fraction(numerator, denominator)) <= Fraction(step, 2)
    assert rounded % step == 0
    assert round_ratio(-numerator, denominator, step) == -rounded


@pytest.mark.parametrize(
    ("gross", "rate", "vat"),
    [(12500, "25", 2500), (1, "25", 0), (3, "25", 1), (1000, "0", 0), (4321, "25.5", 878)],
)
def test_vat_is_taken_out_of_the_gross(gross: int, rate: str, vat: int) -> None:
    assert vat_part(gross, Decimal(rate)) == vat
    assert vat_part(-gross, Decimal(rate)) == -vat


@given(amounts, rates)
def test_vat_is_within_half_a_minor_unit_of_exact(gross: int, rate: Decimal) -> None:
    exact = Fraction(gross) * Fraction(rate) / (100 + Fraction(rate))
    assert abs(vat_part(gross, rate) - exact) <= Fraction(1, 2)


def test_a_negative_vat_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        vat_part(100, Decimal(-25))


@given(amounts, st.sampled_from(["SEK", "JPY", "KWD"]))
def test_major_units_lead_back_to_the_same_money(minor: int, currency: str) -> None:
    minor *= charge_step_minor(currency)
    assert Money.rounded(Money(minor, currency).major, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "swedish", "english"),
    [
        (123450, "SEK", "1 234,50 kr", "SEK 1,234.50"),
        (5, "SEK", "0,05 kr", "SEK 0.05"),
        (-1250, "SEK", "−12,50 kr", "-SEK 12.50"),
        (0, "SEK", "0,00 kr", "SEK 0.00"),
        (123456700, "EUR", "1 234 567,00 €", "€1,234,567.00"),
        (550, "JPY", "550 JPY", "JPY 550"),
        (1230, "KWD", "1,230 KWD", "KWD 1.230"),
        (123500, "ISK", "1 235 ISK", "ISK 1,235"),
    ],
)
def test_amounts_are_written_for_people(
    minor: int, currency: str, swedish: str, english: str
) -> None:
    money = Money(minor, currency)
    assert format_money(money, "sv").replace("\N{NO-BREAK SPACE}", " ") == swedish
    assert format_money(money, "en").replace("\N{NO-BREAK SPACE}", " ") == english


def test_a_price_keeps_its_extra_decimals() -> None:
    assert format_price(Decimal("0.0125"), "SEK", "sv") == "0,0125\N{NO-BREAK SPACE}kr"
    assert format_price(Decimal("3.5"), "SEK", "sv-se") == "3,50\N{NO-BREAK SPACE}kr"
    assert format_decimal(Decimal("12.300"), "en") == "12.3"
    assert format_decimal(Decimal("1E+3"), "en") == "1,000"


def test_a_number_that_is_none_is_not_written() -> None:
    with pytest.raises(ValueError, match="not a number"):
        format_decimal(Decimal("NaN"), "sv")
