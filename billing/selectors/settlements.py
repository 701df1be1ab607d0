"""What of a session's money is at Stripe, and what a new total makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from billing.models import Correction, Invoice, Refund, Settlement

_GOING_BACK = (
    Refund.State.PENDING,
    Refund.State.GIVEN,
    Refund.State.IN_DASHBOARD,
    Refund.State.ELSEWHERE,
)


@dataclass(frozen=True, slots=True)
class Held:
    """What is left of an invoice's payment, in minor units."""

    invoice: Invoice
    amount_minor: int


@dataclass(frozen=True, slots=True)
class MoneyMove:
    """What a new total makes of what was paid; all in minor units.

    `settled_minor` of the new invoice needs no payment: `held` money stays for it, and
    `written_off_minor` is too little to ask for. `collect_minor` is the rest of it.
    """

    refund_minor: int
    settled_minor: int
    collect_minor: int
    written_off_minor: int


def money_move(
    *, held_minor: int, total_minor: int, minimum_minor: int, same_payer: bool = True
) -> MoneyMove:
    """One movement on the card at most: the difference back, or the difference more.

    A difference below the minimum is written off. What somebody else paid all goes back.
    """
    if not same_payer or not held_minor:
        return MoneyMove(held_minor, 0, total_minor, 0)
    if held_minor >= total_minor:
        return MoneyMove(held_minor - total_minor, total_minor, 0, 0)
    more_minor = total_minor - held_minor
    if more_minor < minimum_minor:
        return MoneyMove(0, total_minor, 0, more_minor)
    return MoneyMove(0, held_minor, more_minor, 0)


def held_payments(session_id: UUID) -> list[Held]:
    """What Stripe took for a session and was not given back, the latest payment first."""
    invoices = (
        Invoice.objects.filter(charge__session=session_id, state=Invoice.State.PAID)
        .select_related("billing_account")
        .annotate(back=Sum("refunds__amount_minor", filter=Q(refunds__state__in=_GOING_BACK)))
        .order_by("-number")
    )
    held = [Held(invoice, invoice.due_minor - (invoice.back or 0)) for invoice in invoices]
    return [one for one in held if one.amount_minor]


def written_off_minor(session_id: UUID) -> int:
    """What corrections of a session wrote off and none took up again."""
    found = Settlement.objects.filter(correction__session=session_id).aggregate(
        total=Sum("written_off_minor")
    )
    return int(found["total"] or 0)


def settlements_open() -> QuerySet[Settlement]:
    """Corrections whose money is still on its way or waits for a person."""
    return Settlement.objects.exclude(state=Settlement.State.DONE)


def corrections_of(session_id: UUID) -> QuerySet[Correction]:
    """A session's corrections, the latest first, with their documents."""
    return (
        Correction.objects.filter(session=session_id)
        .select_related("credit_note", "settlement", "actor")
        .order_by("-id")
    )
