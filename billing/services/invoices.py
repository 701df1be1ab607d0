"""Issuing invoices: the document with its number, and the first call owed for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from billing.check_digits import ocr_reference
from billing.events import InvoiceIssued, InvoicePaid
from billing.models import BillingAccount, Charge, Invoice, StripeAccount
from billing.selectors.payments import collection_of, payer_of
from billing.services.collection import begin_collection
from billing.services.invoice_lines import day_of, write_session_lines
from billing.services.parties import buyer_as_now, next_invoice_number, seller_as_now
from outbox.services import publish
from tenants.models import Tenant
from tenants.scope import required_tenant_id


def connect_stripe_account(*, account_ref: str) -> StripeAccount:
    """Say where the tenant's payments go from now on; rows made before keep their account."""
    account, _ = StripeAccount.objects.update_or_create(defaults={"account_ref": account_ref})
    return account


def open_billing_account(*, driver_id: UUID, payment_method_ref: str = "") -> BillingAccount:
    """Let a driver be invoiced; a repeated call returns the account there is.

    `payment_method_ref` is a payment method of the tenant's Stripe account, if one is known.
    """
    account = StripeAccount.objects.first()
    return BillingAccount.objects.get_or_create(
        driver_id=driver_id,
        defaults={
            "stripe_account_ref": "" if account is None else account.account_ref,
            "payment_method_ref": payment_method_ref,
        },
    )[0]


def issue_invoice(*, charge_id: UUID, now: datetime, settled_minor: int = 0) -> Invoice | None:
    """Issue a charge's own invoice once; a repeated call returns the first one.

    None when there is nothing to pay, nobody to send it to, less than the minimum, when it was
    paid on the spot or waits for a collective invoice, as things are now; what they were at
    rating stands in the charge's `collection`. Seller and buyer are copied in as they are now.
    `settled_minor` of it was paid with an earlier invoice of the session; only the rest is
    collected, and when there is none the invoice is paid at once.
    """
    with transaction.atomic():
        charge = Charge.objects.select_related(
            "session__driver", "session__charge_point__site"
        ).get(pk=charge_id)
        if charge.collection == Charge.Collection.ON_THE_SPOT:
            return None
        driver_id = charge.session.driver_id
        collection = collection_of(
            driver_id=driver_id, gross_minor=charge.gross_minor, currency=charge.currency
        )
        payer = payer_of(driver_id)
        if payer is None or (collection != Charge.Collection.INVOICE and not settled_minor):
            return None
        account = locked_payer(payer.pk)
        invoice = Invoice.objects.filter(charge=charge).first()
        if invoice is not None:
            return invoice
        invoice = _write_session_invoice(charge, account, now, settled_minor)
        publish(InvoiceIssued(invoice_id=invoice.pk, occurred_at=now))
        if invoice.state == Invoice.State.PAID:
            publish(InvoicePaid(invoice_id=invoice.pk, occurred_at=now))
        else:
            begin_collection(account, now)
    return invoice


def locked_payer(account_id: UUID) -> BillingAccount:
    """The account that is invoiced, locked; before its invoices and the counter."""
    return (
        BillingAccount.objects.select_for_update(of=("self",))
        .select_related("driver")
        .get(pk=account_id)
    )


def new_invoice(account: BillingAccount, now: datetime, **more: Any) -> Invoice:
    """A numbered invoice with seller and buyer as they are now; the caller holds the lock.

    Dates are the seller's. What is sent is due after the account's days; a card is charged at
    once.
    """
    tenant = Tenant.objects.get(pk=required_tenant_id())
    number = next_invoice_number()
    issued_on = now.astimezone(ZoneInfo(tenant.time_zone)).date()
    is_sent = account.payment_way == BillingAccount.PaymentWay.INVOICE
    payment_days = account.payment_days if is_sent else 0
    return Invoice.objects.create(
        billing_account=account,
        number=number,
        seller=seller_as_now(tenant),
        buyer=buyer_as_now(account),
        issued_at=now,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=payment_days),
        payment_way=account.payment_way,
        payment_days=payment_days,
        reference=ocr_reference(number) if is_sent else "",
        stripe_account_ref=account.stripe_account_ref,
        **more,
    )


def _write_session_invoice(
    charge: Charge, account: BillingAccount, now: datetime, settled_minor: int
) -> Invoice:
    is_paid = settled_minor == charge.gross_minor
    day_on = day_of(charge)
    invoice = new_invoice(
        account,
        now,
        charge=charge,
        supplied_from_on=day_on,
        supplied_to_on=day_on,
        currency=charge.currency,
        total_minor=charge.gross_minor,
        vat_minor=charge.vat_minor,
        settled_minor=settled_minor,
        state=Invoice.State.PAID if is_paid else Invoice.State.PREPARING,
        paid_at=now if is_paid else None,
    )
    write_session_lines(invoice, charge)
    return invoice
