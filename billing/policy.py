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

# So long an entry may be ahead of Stripe's list of movements before it counts as unknown there.
BOOKING_MAY_LEAD: Final = timedelta(hours=1)


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


@dataclass(frozen=True, slots=True)
class AdHocPatience:
    """How long payments on the spot wait, and how often they are looked at.

    `pay_within`: a payment page is open (Stripe allows 30 min at least; the rest is for our own
    delays). `start_within`: from the remote start to the car charging. `start_look`,
    `watch_every`, `look_again`: pauses between looks while starting, while charging, and while
    waiting for Stripe. `stop_again`: pause before a stop that did not stop is asked for again.
    `before_lapse`: before its end a hold is captured or released whatever is still open.
    `hold_lasts`: where Stripe does not say when a hold lapses. `meter_interval`: a station
    reports at least this often.
    """

    pay_within: timedelta = timedelta(minutes=45)
    start_within: timedelta = timedelta(minutes=5)
    start_look: timedelta = timedelta(seconds=2)
    watch_every: timedelta = timedelta(seconds=10)
    look_again: timedelta = timedelta(minutes=3)
    stop_again: timedelta = timedelta(seconds=30)
    before_lapse: timedelta = timedelta(hours=6)
    hold_lasts: timedelta = timedelta(days=6)
    meter_interval: timedelta = timedelta(seconds=60)


def ad_hoc_patience() -> AdHocPatience:
    """The waiting times in force."""
    return AdHocPatience(start_within=timedelta(seconds=settings.AD_HOC_START_WITHIN_S))
