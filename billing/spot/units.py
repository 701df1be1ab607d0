"""Units prices are quoted in, and the exact way from each to major units per kWh."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Final, Self

from billing.spot.slots import LARGEST_PRICE, PRICE_DECIMALS, WrongSpotPrices

_UNIT: Final = re.compile(r"(?P<money>[A-Za-z]{3}|[öøo]re|cent|ct) ?(?:/|_per_)(?P<energy>[kM]Wh)")
_HUNDREDTHS: Final = {
    "öre": ("SEK",),
    "ore": ("SEK", "NOK", "DKK"),
    "øre": ("NOK", "DKK"),
    "cent": ("EUR",),
    "ct": ("EUR",),
}
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_WIDE: Final = Context(prec=100, rounding=ROUND_HALF_UP)
_LAST_DECIMAL: Final = Decimal(1).scaleb(-PRICE_DECIMALS)


@dataclass(frozen=True, slots=True)
class Unit:
    """A price unit: `shift` powers of ten lie between it and major units per kWh."""

    name: str
    currencies: tuple[str, ...]
    shift: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `SEK/kWh`, `EUR/MWh`, `EUR_per_kWh`, `öre/kWh` or `ct/kWh`.

        Raises `WrongSpotPrices`.
        """
        found = _UNIT.fullmatch(text.strip())
        if not found:
            raise WrongSpotPrices(
                f"{text!r} is no unit of a price: SEK/kWh, EUR/MWh and öre/kWh are some"
            )
        money, shift = found["money"], 3 if found["energy"] == "MWh" else 0
        hundredths_of = _HUNDREDTHS.get(money.lower())
        if hundredths_of:
            return cls(text.strip(), hundredths_of, shift + 2)
        return cls(text.strip(), (money.upper(),), shift)

    def require_currency(self, currency: str) -> None:
        """Raise `WrongSpotPrices` unless prices of this unit are in a currency."""
        if currency not in self.currencies:
            raise WrongSpotPrices(
                f"the prices are in {self.name}, {currency} was asked for;"
                " currencies are not exchanged here"
            )

    def price_of(self, raw: object, place: str) -> Decimal:
        """Return a number as major units per kWh, to nine decimals, half up.

        Raises `WrongSpotPrices` for what is no number, and for a price that only a wrong unit
        explains.
        """
        text = str(raw).strip()
        if isinstance(raw, bool) or not _NUMBER.fullmatch(text):
            raise WrongSpotPrices(f"{place}: {text[:40]!r} is not a number")
        try:
            price = _WIDE.scaleb(Decimal(text), -self.shift)
            if abs(price) > LARGEST_PRICE:
                raise WrongSpotPrices(
                    f"{place}: {text[:40]} {self.name} is more than {LARGEST_PRICE} per kWh;"
                    " is the unit another (öre/kWh, EUR/MWh)?"
                )
            return price.quantize(_LAST_DECIMAL, context=_WIDE) + 0
        except InvalidOperation:
            raise WrongSpotPrices(f"{place}: {text[:40]!r} is not a number") from None
