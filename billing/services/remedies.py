"""What may be done about stuck money with one press; pressing twice does no harm."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.models import Invoice, Payment
from billing.selectors.stuck import Remedy
from billing.services.ad_hoc.opening import owe_fetch_of, refund_again
from billing.services.collection import retry_payment
from billing.services.owed_calls import owe_fetch
from billing.services.stripe_commands import retry_command


def apply_remedy(*, remedy: Remedy, row_id: UUID, now: datetime) -> bool:
    """Do it; False when the row is none to which it applies any more."""
    if remedy is Remedy.SEND_AGAIN:
        return retry_command(command_id=row_id)
    if remedy is Remedy.CHARGE_AGAIN:
        return _is_there(Invoice, row_id) and retry_payment(invoice_id=row_id, now=now)
    if remedy is Remedy.REFUND_AGAIN:
        return _is_there(Payment, row_id) and bool(refund_again(payment_id=row_id, now=now))
    if remedy is Remedy.LOOK:
        return look_at_stripe(row_id, now)
    return False


def look_at_stripe(row_id: UUID, now: datetime) -> bool:
    """Owe a fetch of an invoice or of a payment on the spot."""
    with transaction.atomic():
        invoice = Invoice.objects.select_for_update().filter(pk=row_id).first()
        payment = Payment.objects.select_for_update(of=("self",)).filter(pk=row_id).first()
        if invoice is not None and invoice.stripe_invoice_ref:
            owe_fetch(invoice=invoice, now=now)
        elif payment is not None and payment.stripe_checkout_ref:
            owe_fetch_of(payment, now)
        else:
            return False
    return True


def _is_there(model: type[Invoice | Payment], row_id: UUID) -> bool:
    return model.objects.filter(pk=row_id).exists()
