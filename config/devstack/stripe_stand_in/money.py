"""Currencies the stand-in takes, their smallest charges, and what a card charge costs."""

from config.devstack.stripe_stand_in.errors import InvalidRequest, ParameterRefused
from config.devstack.stripe_stand_in.parameters import Raw, Text

# Smallest charge per currency in minor units, as Stripe's currency page listed them; the
# figures may be out of date, nothing here could be compared with the live service.
LEAST_CHARGE_MINOR = {
    "chf": 50,
    "czk": 1500,
    "dkk": 250,
    "eur": 50,
    "gbp": 30,
    "huf": 17500,
    "jpy": 50,
    "nok": 300,
    "pln": 200,
    "sek": 300,
    "usd": 50,
}
MOST_CHARGE_MINOR = 99_999_999

# An invented price list with the shape of Stripe's: a share in tenths of a per cent, and a sum.
FEE_PERMILLE = 15
FEE_FIXED_MINOR = {"sek": 180, "nok": 200, "dkk": 180, "eur": 25}
FEE_FIXED_ELSEWHERE_MINOR = 30


class Currency(Text):
    """A three-letter code of a currency that is supported."""

    def read(self, name: str, raw: Raw) -> str:
        code = super().read(name, raw).lower()
        if code not in LEAST_CHARGE_MINOR:
            raise ParameterRefused(
                f"Invalid currency: {code}. Stripe currently supports these currencies: "
                f"{', '.join(LEAST_CHARGE_MINOR)}",
                param=name,
            )
        return code


CURRENCY = Currency(longest=3)


def check_chargeable(amount: int, currency: str, param: str = "amount") -> None:
    """Raise InvalidRequest for an amount (minor units) below or above what can be charged."""
    least = LEAST_CHARGE_MINOR[currency]
    if amount < least:
        raise InvalidRequest(
            f"Amount must be at least {format_minor(least, currency)}",
            code="amount_too_small",
            param=param,
        )
    if amount > MOST_CHARGE_MINOR:
        raise InvalidRequest(
            f"Amount must be no more than {format_minor(MOST_CHARGE_MINOR, currency)}",
            code="amount_too_large",
            param=param,
        )


def format_minor(amount: int, currency: str) -> str:
    """An amount in minor units as Stripe's messages write it."""
    if currency == "jpy":
        return f"{amount} {currency}"
    return f"{amount // 100}.{amount % 100:02d} {currency}"


def card_fee(amount: int, currency: str) -> int:
    """What Stripe keeps of a charge, in minor units, rounded half up."""
    fixed = FEE_FIXED_MINOR.get(currency, FEE_FIXED_ELSEWHERE_MINOR)
    return (amount * FEE_PERMILLE + 500) // 1000 + fixed
