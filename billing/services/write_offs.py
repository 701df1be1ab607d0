"""Writing off what nobody will be asked for: a person's decision, an entry in the books."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.models import Charge, WriteOff
from billing.selectors.payments import charges_waiting
from billing.services.charges import place_and_start
from billing.services.invoice_state import debtor_of
from billing.services.invoices import locked_payer
from billing.services.ledger import RECEIVABLE, WRITE_OFF, Line, book
from sessions_app.models import ChargingSession
from tenants.models import User


class WriteOffWithoutReason(ValueError):
    """A write-off says why."""


def write_off_waiting(*, account_id: UUID, reason: str, actor: User, now: datetime) -> int:
    """Write off everything of a customer that waits for a collective invoice; how many charges.

    Raises `WriteOffWithoutReason`. Output VAT stays as booked: whether it may be reclaimed is for
    the accountant.
    """
    if not reason.strip():
        raise WriteOffWithoutReason
    with transaction.atomic():
        account = locked_payer(account_id)
        sessions = charges_waiting(account).values_list("session", flat=True)
        list(ChargingSession.objects.select_for_update(of=("self",)).filter(pk__in=list(sessions)))
        waiting = charges_waiting(account).select_related("session__charge_point__site")
        charges = list(waiting.order_by("pk"))
        for charge in charges:
            _write_off(charge, reason.strip()[:500], actor, now)
    return len(charges)


def _write_off(charge: Charge, reason: str, actor: User, now: datetime) -> None:
    WriteOff.objects.create(
        charge=charge,
        amount_minor=charge.gross_minor,
        currency=charge.currency,
        reason=reason,
        actor=actor,
        written_off_at=now,
    )
    book(
        ref=f"charge:{charge.pk}:written_off",
        description=f"Written off {place_and_start(charge.session)}",
        occurred_at=now,
        postings=[
            Line(WRITE_OFF, charge.gross_minor, charge.currency),
            Line(RECEIVABLE, -charge.gross_minor, charge.currency, debtor_of(charge.pk)),
        ],
    )
