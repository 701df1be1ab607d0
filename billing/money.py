"""Money in integer minor units: currencies, the one rounding rule, VAT out of gross, text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_TWO_DECIMALS_TEXT: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
    CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ
    GYD HKD HNL HTG HUF IDR ILS INR IRR ISK JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD
    MDL MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES WST XCD YER ZAR ZMW
"""
_ZERO_DECIMALS_TEXT: Final = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE_DECIMALS_TEXT: Final = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS: Final = (
    dict.fromkeys(_TWO_DECIMALS_TEXT.split(), 2)
    | dict.fromkeys(_ZERO_DECIMALS_TEXT.split(), 0)
    | dict.fromkeys(_THREE_DECIMALS_TEXT.split(), 3)
)

# Stripe's special cases: these are counted in hundredths although no coin below 1 exists, and the
# last digit of a three-decimal amount must be 0.
_WHOLE_UNITS_IN_HUNDREDTHS: Final = frozenset({"ISK", "UGX"})
_WHOLE_UNITS_IN_PAYOUTS: Final = frozenset({"HUF", "ISK", "TWD", "UGX"})

_NO_BREAK_SPACE: Final = "\N{NO-BREAK SPACE}"
_MINUS_SIGN: Final = "\N{MINUS SIGN}"
_SYMBOLS_SV: Final = {"SEK": "kr", "EUR": "€", "USD": "US$", "GBP": "£"}
_PREFIXES_EN: Final = {"EUR": "€", "USD": "$", "GBP": "£"}


class UnknownCurrency(ValueError):
    """The code is not an ISO 4217 currency this house keeps accounts in."""


class MixedCurrencies(ValueError):
    """Two amounts of different currencies met in one sum or comparison."""


def minor_exponent(currency: str) -> int:
    """Return how many decimals the minor unit has (SEK 2, JPY 0, KWD 3).

    Raises `UnknownCurrency`. ISK and UGX are kept in hundredths as Stripe counts them.
    """
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def charge_step_minor(currency: str) -> int:
    """Return the smallest amount a charge may differ by, in minor units (SEK 1, ISK 100, KWD 10).

    Source: Stripe, "Supported currencies", special cases and three-decimal currencies.
    """
    if currency in _WHOLE_UNITS_IN_HUNDREDTHS:
        return 100
    return 10 if minor_exponent(currency) == 3 else 1


def payout_step_minor(currency: str) -> int:
    """Return the smallest amount a payout may differ by, in minor units (HUF 100, SEK 1)."""
    return 100 if currency in _WHOLE_UNITS_IN_PAYOUTS else charge_step_minor(currency)


def round_ratio(numerator: int, denominator: int, step: int = 1) -> int:
    """Round numerator/denominator to the nearest multiple of `step`, a half away from zero.

    This is the house's only rounding of money (ROUND_HALF_UP): a credit is the charge negated.
    `denominator` and `step` are positive.
    """
    unit = denominator * step
    rounded = (2 * abs(numerator) + unit) // (2 * unit) * step
    return -rounded if numerator < 0 else rounded


def round_minor(major: Decimal | Fraction | int, currency: str) -> int:
    """Round an exact amount in major units to chargeable minor units (12.345 SEK -> 1235)."""
    numerator, denominator = major.as_integer_ratio()
    return round_ratio(
        numerator * 10 ** minor_exponent(currency), denominator, charge_step_minor(currency)
    )


def vat_part(gross_minor: int, vat_rate: Decimal, step_minor: int = 1) -> int:
    """Return the VAT contained in a gross amount, in minor units; `vat_rate` is in percent.

    gross * r / (100 + r), rounded half up. Net is gross minus this, never rounded by itself.
    """
    if vat_rate < 0:
        raise ValueError(f"a VAT rate is never negative: {vat_rate}")
    numerator, denominator = vat_rate.as_integer_ratio()
    return round_ratio(gross_minor * numerator, 100 * denominator + numerator, step_minor)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency in integer minor units; refuses floats and mixed currencies."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"minor units are whole numbers, not {self.amount_minor!r}")
        minor_exponent(self.currency)

    @classmethod
    def rounded(cls, major: Decimal | Fraction | int, currency: str) -> Money:
        """Make money of an exact amount in major units, by the house's rounding rule."""
        return cls(round_minor(major, currency), currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, exactly (1234 öre -> Decimal("12.34"))."""
        return Decimal(self.amount_minor).scaleb(-minor_exponent(self.currency))

    def _minor_of(self, other: Money) -> int:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self.currency} with {other.currency}")
        return other.amount_minor

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._minor_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._minor_of(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount_minor * times, self.currency)

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def __lt__(self, other: Money) -> bool:
        return self.amount_minor < self._minor_of(other)

    def __le__(self, other: Money) -> bool:
        return self.amount_minor <= self._minor_of(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount_minor > self._minor_of(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount_minor >= self._minor_of(other)


def sum_money(amounts: Iterable[Money], currency: str) -> Money:
    """Add amounts of one currency; an empty sum is 0 of `currency`. Raises `MixedCurrencies`."""
    total = Money(0, currency)
    for amount in amounts:
        total += amount
    return total


def format_decimal(value: Decimal, language: str, min_decimals: int = 0) -> str:
    """Write a number with at least `min_decimals` decimals and none rounded away.

    Swedish: "1 234,5" with no-break spaces; every other language: "1,234.5".
    """
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} is not a number to show")
    text = f"{abs(value):f}" if exponent < 0 else f"{int(abs(value))}"
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0").ljust(min_decimals, "0")
    swedish = _is_swedish(language)
    grouped = f"{int(whole):,}"
    if swedish:
        grouped = grouped.replace(",", _NO_BREAK_SPACE)
    shown = grouped + (("," if swedish else ".") + decimals if decimals else "")
    if not sign or not any(digits):
        return shown
    return (_MINUS_SIGN if swedish else "-") + shown


def format_money(money: Money, language: str) -> str:
    """Write an amount for people: "1 234,50 kr" in Swedish, "SEK 1,234.50" in English."""
    return format_price(money.major, money.currency, language)


def format_price(major: Decimal, currency: str, language: str) -> str:
    """Write a price in major units with the currency; extra decimals stay ("0,0125 kr")."""
    whole_only = currency in _WHOLE_UNITS_IN_HUNDREDTHS and major == major.to_integral_value()
    decimals = 0 if whole_only else minor_exponent(currency)
    if _is_swedish(language):
        symbol = _SYMBOLS_SV.get(currency, currency)
        return format_decimal(major, language, decimals) + _NO_BREAK_SPACE + symbol
    number = format_decimal(abs(major), language, decimals)
    prefix = _PREFIXES_EN.get(currency, currency + _NO_BREAK_SPACE)
    return ("-" if major < 0 else "") + prefix + number


def _is_swedish(language: str) -> bool:
    return language.lower().partition("-")[0] == "sv"
