"""Issuing invoices: the document with its number, and the first call owed for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.events import InvoiceIssued, InvoicePaid
from billing.models import BillingAccount, Charge, Invoice, InvoiceCounter, StripeAccount
from billing.selectors.payments import collection_of
from billing.services.collection import begin_collection
from billing.stripe_gateway import Json
from outbox.services import publish
from sessions_app.models import Driver
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
    """Issue a charge's invoice once; a repeated call returns the first one.

    None when there is nothing to pay, nobody to send it to, or less than the minimum, as things
    are now, and when it was paid on the spot; what they were at rating stands in the charge's
    `collection`. Seller and buyer are copied in as they are now. `settled_minor` of it was paid
    with an earlier invoice of the session; only the rest is collected, and when there is none
    the invoice is paid at once.
    """
    with transaction.atomic():
        charge = Charge.objects.select_related("session__driver").get(pk=charge_id)
        if charge.collection == Charge.Collection.ON_THE_SPOT:
            return None
        driver_id = charge.session.driver_id
        collection = collection_of(
            driver_id=driver_id, gross_minor=charge.gross_minor, currency=charge.currency
        )
        if collection != Charge.Collection.INVOICE and not settled_minor:
            return None
        account = BillingAccount.objects.select_for_update().get(driver=charge.session.driver)
        invoice = Invoice.objects.filter(charge=charge).first()
        if invoice is not None:
            return invoice
        invoice = _write_invoice(charge, account, now, settled_minor)
        publish(InvoiceIssued(invoice_id=invoice.pk, occurred_at=now))
        if invoice.state == Invoice.State.PAID:
            publish(InvoicePaid(invoice_id=invoice.pk, occurred_at=now))
        else:
            begin_collection(account, now)
    return invoice


def _write_invoice(
    charge: Charge, account: BillingAccount, now: datetime, settled_minor: int
) -> Invoice:
    is_paid = settled_minor == charge.gross_minor
    return Invoice.objects.create(
        charge=charge,
        billing_account=account,
        number=_next_number(),
        currency=charge.currency,
        total_minor=charge.gross_minor,
        vat_minor=charge.vat_minor,
        settled_minor=settled_minor,
        state=Invoice.State.PAID if is_paid else Invoice.State.PREPARING,
        paid_at=now if is_paid else None,
        seller=_seller(),
        buyer=_buyer(account.driver),
        issued_at=now,
        stripe_account_ref=account.stripe_account_ref,
    )


def _next_number() -> int:
    """The next number of the tenant's unbroken series; its row stays locked until the commit."""
    InvoiceCounter.objects.get_or_create()
    counter = InvoiceCounter.objects.select_for_update().get()
    counter.last_number += 1
    counter.save(update_fields=("last_number",))
    return counter.last_number


def _seller() -> Json:
    tenant = Tenant.objects.get(pk=required_tenant_id())
    return {
        "name": tenant.name,
        "organisation_number": tenant.organisation_number,
        "vat_number": tenant.vat_number,
        "address": tenant.address,
    }


def _buyer(driver: Driver) -> Json:
    return {"id": str(driver.pk), "name": driver.name, "email": driver.email}
