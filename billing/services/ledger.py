"""Booking into the double-entry ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from django.db import transaction

from billing.models import JournalEntry, LedgerAccount, Posting

RECEIVABLE: Final = "receivable"
STRIPE_PENDING: Final = "stripe_pending"
VAT_OUTPUT: Final = "vat_output"
BANK: Final = "bank"
WRITE_OFF: Final = "write_off"
STRIPE_FEES: Final = "stripe_fees"
PLATFORM_FEES: Final = "platform_fees"
DISPUTES: Final = "disputes"
ROUNDING: Final = "rounding"
# The owner of the receivable of everybody who pays on the spot: nobody knows who they are.
ON_THE_SPOT_OWNER: Final = "on_the_spot"
REVENUE_PREFIX: Final = "revenue:"

# The chart of accounts; an owner (a driver's id) makes one account of the code per owner.
ACCOUNT_CODES: Final = frozenset(
    {
        RECEIVABLE,
        "wallet",
        "wallet_hold",
        STRIPE_PENDING,
        "stripe_balance",
        BANK,
        "revenue:energy",
        "revenue:time",
        "revenue:idle",
        "revenue:fee",
        "revenue:subscription",
        VAT_OUTPUT,
        STRIPE_FEES,
        PLATFORM_FEES,
        "refunds",
        DISPUTES,
        WRITE_OFF,
        ROUNDING,
    }
)


class UnknownAccountCode(ValueError):
    """The code is not in the chart of accounts."""


class EntryOutOfBalance(ValueError):
    """Debits and credits of a currency differ, or there is nothing to book."""


class EntryDiffers(ValueError):
    """The reference was booked before, with other amounts."""


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be made: debit above zero, credit below, in minor units."""

    code: str
    amount_minor: int
    currency: str
    owner: str = ""

    @property
    def account(self) -> tuple[str, str, str]:
        """Which account it is booked on."""
        return (self.code, self.currency, self.owner)


def book(
    *, ref: str, description: str, occurred_at: datetime, postings: Iterable[Line]
) -> JournalEntry:
    """Book an entry once per tenant and `ref`; a repeated call returns the first one's entry.

    Lines of zero are left out and lines on one account joined. Raises `EntryOutOfBalance`,
    `UnknownAccountCode`, and `EntryDiffers` when the same `ref` comes with other lines. The
    database refuses an unbalanced entry as well, at the commit.
    """
    lines = _joined(postings)
    with transaction.atomic():
        entry, is_new = JournalEntry.objects.get_or_create(
            ref=ref,
            defaults={
                "description": description,
                "occurred_at": occurred_at,
                "posting_count": len(lines),
            },
        )
        if is_new:
            _write_postings(entry, lines)
        elif booked_lines(entry) != lines:
            raise EntryDiffers(ref)
    return entry


def booked_lines(entry: JournalEntry) -> list[Line]:
    """What an entry says, by account."""
    postings = Posting.objects.filter(entry=entry).select_related("account")
    lines = [
        Line(p.account.code, p.amount_minor, p.account.currency, p.account.owner) for p in postings
    ]
    return sorted(lines, key=attrgetter("account"))


def _joined(postings: Iterable[Line]) -> list[Line]:
    sums: dict[tuple[str, str, str], int] = {}
    for line in postings:
        if line.code not in ACCOUNT_CODES:
            raise UnknownAccountCode(line.code)
        sums[line.account] = sums.get(line.account, 0) + line.amount_minor
    lines = [
        Line(code, amount_minor, currency, owner)
        for (code, currency, owner), amount_minor in sorted(sums.items())
        if amount_minor
    ]
    _check_balance(lines)
    return lines


def _check_balance(lines: list[Line]) -> None:
    if not lines:
        raise EntryOutOfBalance("an entry without postings")
    for currency in {line.currency for line in lines}:
        total_minor = sum(line.amount_minor for line in lines if line.currency == currency)
        if total_minor:
            raise EntryOutOfBalance(f"{total_minor} {currency}")


def _write_postings(entry: JournalEntry, lines: list[Line]) -> None:
    # Accounts are made in one order everywhere, so that two bookings cannot wait for each other.
    accounts = [
        LedgerAccount.objects.get_or_create(
            code=line.code, owner=line.owner, currency=line.currency
        )[0]
        for line in lines
    ]
    Posting.objects.bulk_create(
        Posting(entry=entry, account=account, amount_minor=line.amount_minor)
        for account, line in zip(accounts, lines, strict=True)
    )
