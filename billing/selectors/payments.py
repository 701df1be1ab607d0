"""Where a session's money is, what nobody was asked for, and what is stuck."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import (
    BillingAccount,
    Charge,
    CorrectionKind,
    Invoice,
    InvoicedLine,
    StripeCommand,
)
from billing.policy import invoice_minimum_minor
from sessions_app.models import ChargingSession

NOT_RATED: Final = "not_rated"
HELD: Final = "held"
VOIDED: Final = "voided"

STUCK_AFTER: Final = timedelta(hours=1)

# What waits for a collective invoice.
GATHERED: Final = (Charge.Collection.BY_PERIOD, Charge.Collection.BELOW_MINIMUM)


@dataclass(frozen=True, slots=True)
class SessionPayment:
    """A session's payment in one word (`state`) and in the reader's language (`label`).

    `state` is `not_rated`, `held`, `voided`, a `Charge.Collection` while there is no invoice, or an
    `Invoice.State`. Amounts are minor units including VAT, None before rating.
    """

    state: str
    label: str | Promise
    gross_minor: int | None = None
    currency: str = ""
    invoice_id: UUID | None = None
    invoice_number: int | None = None
    hosted_url: str = ""
    problem: str = ""

    @property
    def is_paid(self) -> bool:
        """The money is at Stripe."""
        return self.state == Invoice.State.PAID


def payment_state_of(session: ChargingSession) -> SessionPayment:
    """Where one session's money is."""
    return payment_states([session])[session.pk]


def payment_states(sessions: Iterable[ChargingSession]) -> dict[UUID, SessionPayment]:
    """Where the money of several sessions is, by session id, in one query.

    One more where sessions are paid with others, by a collective invoice.
    """
    wanted = list(sessions)
    charges = (
        Charge.objects.filter(session__in=wanted)
        .select_related("invoice", "correction")
        .order_by("revision")
    )
    found = {charge.session_id: charge for charge in charges}
    invoices = live_invoices(found.values())
    return {session.pk: _payment(session, found.get(session.pk), invoices) for session in wanted}


def live_invoices(charges: Iterable[Charge]) -> dict[UUID, Invoice]:
    """The collective invoices that charges are on, by charge id; only for those that may be."""
    maybe = [charge.pk for charge in charges if charge.collection in GATHERED]
    if not maybe:
        return {}
    parts = InvoicedLine.objects.filter(charge__in=maybe, is_live=True)
    return {part.charge_id: part.invoice for part in parts.select_related("invoice")}


def current_charge(session: ChargingSession) -> Charge | None:
    """What the session costs now: the latest revision among `session.charges`, if not voided."""
    latest = max(session.charges.all(), key=lambda charge: charge.revision, default=None)
    return None if latest is None or hasattr(latest, "correction") else latest


def charges_not_invoiced() -> QuerySet[Charge]:
    """Charges in force with money nobody was asked for; `collection` says why at rating."""
    asked = InvoicedLine.objects.filter(charge=OuterRef("pk"), is_live=True)
    return Charge.objects.filter(
        ~Exists(asked),
        invoice__isnull=True,
        correction__isnull=True,
        write_off__isnull=True,
        gross_minor__gt=0,
    ).exclude(collection=Charge.Collection.ON_THE_SPOT)


def charges_waiting(account: BillingAccount) -> QuerySet[Charge]:
    """Charges the account pays for that wait for a collective invoice, also of whom it pays for."""
    mine = Q(session__driver__billing_account=account) & Q(
        session__driver__billing_account__paid_by__isnull=True
    )
    theirs = Q(session__driver__billing_account__paid_by=account)
    return charges_not_invoiced().filter(mine | theirs, collection__in=GATHERED)


def payer_of(driver_id: UUID | None) -> BillingAccount | None:
    """Whose account pays for a driver now; None when nobody's does."""
    if driver_id is None:
        return None
    account = (
        BillingAccount.objects.select_related("paid_by", "driver")
        .filter(driver_id=driver_id)
        .first()
    )
    return account.paid_by or account if account is not None else None


def collection_of(*, driver_id: UUID | None, gross_minor: int, currency: str) -> Charge.Collection:
    """How an amount can be had from a driver as things are now."""
    if gross_minor == 0:
        return Charge.Collection.NOTHING_TO_PAY
    if driver_id is None:
        return Charge.Collection.UNIDENTIFIED
    payer = payer_of(driver_id)
    if payer is None:
        return Charge.Collection.NO_BILLING_ACCOUNT
    if payer.collection != BillingAccount.Collection.PER_SESSION:
        return Charge.Collection.BY_PERIOD
    if gross_minor < invoice_minimum_minor(currency):
        return Charge.Collection.BELOW_MINIMUM
    return Charge.Collection.INVOICE


def invoices_unpaid() -> QuerySet[Invoice]:
    """Invoices on their way, or waiting for a driver or a person."""
    return Invoice.objects.exclude(state__in=(Invoice.State.PAID, Invoice.State.VOID))


def stuck_commands(*, now: datetime) -> QuerySet[StripeCommand]:
    """Calls to Stripe that wait for a person, or have been owed for more than an hour."""
    states = StripeCommand.State
    waiting = Q(state__in=(states.PENDING, states.SENDING, states.UNKNOWN))
    return StripeCommand.objects.filter(
        Q(state=states.MANUAL) | (waiting & Q(created_at__lt=now - STUCK_AFTER))
    )


def _payment(
    session: ChargingSession, charge: Charge | None, collective: dict[UUID, Invoice]
) -> SessionPayment:
    if charge is None:
        if session.gate == ChargingSession.Gate.HELD:
            return SessionPayment(HELD, _("Held"), problem=session.gate_reason)
        return SessionPayment(NOT_RATED, _("Not priced yet"))
    correction = getattr(charge, "correction", None)
    if correction is not None and correction.kind == CorrectionKind.VOID:
        return SessionPayment(VOIDED, _("Costs nothing: voided"), 0, charge.currency)
    invoice = getattr(charge, "invoice", None) or collective.get(charge.pk)
    if invoice is None:
        collection = Charge.Collection(charge.collection)
        return SessionPayment(
            collection.value, collection.label, charge.gross_minor, charge.currency
        )
    state = Invoice.State(invoice.state)
    return SessionPayment(
        state.value,
        state.label,
        charge.gross_minor,
        charge.currency,
        invoice_id=invoice.pk,
        invoice_number=invoice.number,
        hosted_url=invoice.hosted_url,
        problem=invoice.problem,
    )
