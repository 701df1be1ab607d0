"""What the operator of the installation decides about billing, read from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings

# Stripe, "Minimum and maximum charge amounts": what a card can be charged at least.
CARD_MINIMUM_MINOR: Final = {
    "CHF": 50,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "NOK": 300,
    "SEK": 300,
    "USD": 50,
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for Stripe.

    `lease`: a call still `sending` after this long lost its worker; longer than a call can take
    (two repeats of 35 s). `first_wait`: pause after the first failure, doubled each time up to
    `longest_wait`. `quiet`: pause before looking up what a replayed error left behind.
    `key_lifetime`: Stripe keeps idempotency keys for at least 24 h; after this a key is not
    trusted any more.
    """

    lease: timedelta
    first_wait: timedelta
    longest_wait: timedelta
    quiet: timedelta
    key_lifetime: timedelta

    def wait_after(self, attempts: int) -> timedelta:
        """The pause after so many attempts (at least one)."""
        doubled: int = 2 ** min(attempts - 1, 30)
        return min(self.first_wait * doubled, self.longest_wait)


def patience() -> Patience:
    """The waiting times in force."""
    return Patience(
        lease=timedelta(milliseconds=settings.STRIPE_LEASE_MS),
        first_wait=timedelta(milliseconds=settings.STRIPE_FIRST_WAIT_MS),
        longest_wait=timedelta(milliseconds=settings.STRIPE_LONGEST_WAIT_MS),
        quiet=timedelta(milliseconds=settings.STRIPE_QUIET_MS),
        key_lifetime=timedelta(hours=settings.STRIPE_KEY_LIFETIME_H),
    )


def invoice_minimum_minor(currency: str) -> int:
    """The smallest amount worth an invoice, in minor units; never below what a card can pay."""
    lowest: int = settings.INVOICE_MINIMUM_MINOR.get(currency, 0)
    return max(lowest, CARD_MINIMUM_MINOR.get(currency, 1))
