"""The way of an invoice through Stripe: which call follows which, and what each one changes.

customer -> payment method -> default -> draft -> lines -> (totals agree) -> finalize -> pay ->
fetch. Every function runs in the transaction that finishes the call before, and owes the next.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from billing.models import BillingAccount, DunningTerms, Invoice, StripeCommand
from billing.selectors.dunning import dunning_terms
from billing.services.invoice_state import block_invoice, difference_of, open_invoice
from billing.services.owed_calls import owe_call, owe_fetch
from billing.services.printing import invoice_lines
from billing.stripe_gateway import (
    RemoteInvoice,
    RemoteObject,
    WrongAccount,
    attachment_body,
    customer_body,
    default_method_body,
    invoice_body,
    lines_body,
    payment_body,
)
from billing.types import Operation

State = Invoice.State


def begin_collection(account: BillingAccount, now: datetime) -> None:
    """Owe the first call that is missing for the account's invoices; holds the account's lock."""
    if not account.stripe_customer_ref:
        owe_call(
            operation=Operation.CREATE_CUSTOMER,
            entity_id=account.pk,
            generation=_generation_to_try(account),
            account_ref=account.stripe_account_ref,
            body=customer_body(
                name=account.buyer_name or account.driver.name,
                email=account.buyer_email or account.driver.email,
                language=account.driver.language,
                metadata=_metadata(account.tenant_id, billing_account=account.pk),
            ),
            now=now,
        )
    elif not _is_being_set_up(account):
        draft_waiting_invoices(account, now)


def keep_customer(command: StripeCommand, customer: RemoteObject, now: datetime) -> None:
    """The customer exists: give it the payment method, or draft the invoices that waited for it."""
    account = locked_account(command)
    if not account.stripe_customer_ref:
        account.stripe_customer_ref = customer.ref
        account.save(update_fields=("stripe_customer_ref",))
    if not account.payment_method_ref:
        draft_waiting_invoices(account, now)
        return
    owe_call(
        operation=Operation.ATTACH_PAYMENT_METHOD,
        entity_id=account.pk,
        account_ref=account.stripe_account_ref,
        about=account.payment_method_ref,
        body=attachment_body(customer_ref=account.stripe_customer_ref),
        now=now,
    )


def keep_payment_method(command: StripeCommand, method: RemoteObject, now: datetime) -> None:
    """The payment method is the customer's: make it the one invoices are charged to."""
    account = locked_account(command)
    account.payment_method_ref = method.ref
    account.save(update_fields=("payment_method_ref",))
    owe_call(
        operation=Operation.SET_DEFAULT_METHOD,
        entity_id=account.pk,
        account_ref=account.stripe_account_ref,
        about=account.stripe_customer_ref,
        body=default_method_body(payment_method_ref=method.ref),
        now=now,
    )


def draft_after_set_up(command: StripeCommand, now: datetime) -> None:
    """The customer is ready, with or without a payment method: draft what waits."""
    draft_waiting_invoices(locked_account(command), now)


def draft_waiting_invoices(account: BillingAccount, now: datetime) -> None:
    """Owe a draft for every invoice of the account that has none; holds the account's lock."""
    waiting = Invoice.objects.filter(
        billing_account=account, state=State.PREPARING, stripe_invoice_ref=""
    )
    for invoice in waiting.order_by("number"):
        owe_call(
            operation=Operation.CREATE_INVOICE,
            entity_id=invoice.pk,
            account_ref=invoice.stripe_account_ref,
            body=_draft_body(account, invoice),
            now=now,
        )


def keep_draft(command: StripeCommand, draft: RemoteInvoice, now: datetime) -> None:
    """The draft exists: add every line at once."""
    invoice = locked_invoice(command)
    if not invoice.stripe_invoice_ref:
        invoice.stripe_invoice_ref = draft.ref
        invoice.save(update_fields=("stripe_invoice_ref",))
    if invoice.state != State.PREPARING:
        return
    owe_call(
        operation=Operation.ADD_LINES,
        entity_id=invoice.pk,
        account_ref=invoice.stripe_account_ref,
        about=invoice.stripe_invoice_ref,
        body=lines_body(invoice_lines(invoice)),
        now=now,
    )


def compare_totals(command: StripeCommand, draft: RemoteInvoice, now: datetime) -> None:
    """Finalize only what comes to the same öre; a draft that does not is deleted.

    Somebody may have finalized it at Stripe meanwhile, and a fetch seen that it agrees.
    """
    invoice = locked_invoice(command)
    if invoice.state == State.OPEN:
        ask_for_payment(invoice, now)
    if invoice.state != State.PREPARING:
        return
    difference = difference_of(invoice, draft)
    if difference:
        block_invoice(invoice, difference)
    is_chased = dunning_terms().by == DunningTerms.By.STRIPE
    owe_call(
        operation=Operation.DELETE_DRAFT if difference else Operation.FINALIZE_INVOICE,
        entity_id=invoice.pk,
        account_ref=invoice.stripe_account_ref,
        about=invoice.stripe_invoice_ref,
        body={"is_chased": True} if is_chased and not difference else {},
        now=now,
    )


def charge_finalized(command: StripeCommand, document: RemoteInvoice, now: datetime) -> None:
    """The document stands: charge or send it now, unless finalizing settled it.

    A fetch may have opened the invoice first; the payment is still owed once.
    """
    invoice = locked_invoice(command)
    if document.is_paid:
        owe_fetch(invoice=invoice, now=now)
        return
    if invoice.state == State.PREPARING:
        open_invoice(invoice, document.hosted_url)
    if invoice.state == State.OPEN:
        ask_for_payment(invoice, now)


def ask_for_payment(invoice: Invoice, now: datetime) -> StripeCommand:
    """Charge the card, or have Stripe send the document to whoever pays by its due date."""
    if invoice.payment_way == BillingAccount.PaymentWay.CARD:
        return owe_payment(invoice, now)
    return owe_call(
        operation=Operation.SEND_INVOICE,
        entity_id=invoice.pk,
        account_ref=invoice.stripe_account_ref,
        about=invoice.stripe_invoice_ref,
        now=now,
    )


def owe_payment(invoice: Invoice, now: datetime, *, attempt: int = 0) -> StripeCommand:
    """Owe a payment; each attempt has a key of its own, because a no is replayed under the old."""
    return owe_call(
        operation=Operation.PAY_INVOICE,
        entity_id=invoice.pk,
        account_ref=invoice.stripe_account_ref,
        about=invoice.stripe_invoice_ref,
        body=payment_body(),
        generation=attempt,
        now=now,
    )


def retry_payment(*, invoice_id: UUID, now: datetime) -> bool:
    """Charge once more an invoice whose last payment was refused; False for any other invoice.

    The new attempt has a key of its own. One that is still under way is not doubled.
    """
    with transaction.atomic():
        invoice = Invoice.objects.select_for_update().get(pk=invoice_id)
        last = (
            StripeCommand.objects.filter(operation=Operation.PAY_INVOICE, entity_id=invoice.pk)
            .order_by("-generation")
            .first()
        )
        if invoice.state not in (State.PAST_DUE, State.ACTION_REQUIRED):
            return False
        if last is None or last.state != StripeCommand.State.REJECTED:
            return False
        owe_payment(invoice, now, attempt=last.generation + 1)
    return True


def check_payment(command: StripeCommand, now: datetime) -> None:
    """Only what is fetched is booked, whatever the answer to the payment said."""
    owe_fetch(invoice=locked_invoice(command), now=now)


def locked_account(command: StripeCommand) -> BillingAccount:
    """The billing account a call is about, locked. Locks go call, account, invoice, counter."""
    account = BillingAccount.objects.select_for_update().get(pk=command.entity_id)
    _check_account(command, account.stripe_account_ref)
    return account


def locked_invoice(command: StripeCommand) -> Invoice:
    """The invoice a call is about, locked."""
    invoice = Invoice.objects.select_for_update().get(pk=command.entity_id)
    _check_account(command, invoice.stripe_account_ref)
    return invoice


def _check_account(command: StripeCommand, account_ref: str) -> None:
    if command.stripe_account_ref != account_ref:
        raise WrongAccount(f"call {command.pk} of {command.stripe_account_ref!r}: {account_ref!r}")


def _generation_to_try(account: BillingAccount) -> int:
    """The generation under way, or the next one when Stripe refused the last for good."""
    last = (
        StripeCommand.objects.filter(operation=Operation.CREATE_CUSTOMER, entity_id=account.pk)
        .order_by("-generation")
        .first()
    )
    if last is None:
        return 0
    return last.generation + (last.state == StripeCommand.State.REJECTED)


def _is_being_set_up(account: BillingAccount) -> bool:
    """Whether a call about the account will draft the waiting invoices when it is finished."""
    return (
        StripeCommand.objects.filter(entity_id=account.pk)
        .exclude(state__in=(StripeCommand.State.DONE, StripeCommand.State.REJECTED))
        .exists()
    )


def _draft_body(account: BillingAccount, invoice: Invoice) -> dict[str, object]:
    tenant = invoice.tenant
    return invoice_body(
        customer_ref=account.stripe_customer_ref,
        currency=invoice.currency,
        number=str(invoice.number),
        number_name="Fakturanummer" if tenant.language == "sv" else "Invoice number",
        is_own_series=bool(invoice.stripe_account_ref),
        metadata=_metadata(invoice.tenant_id, invoice=invoice.pk),
        days_until_due=(
            invoice.payment_days
            if invoice.payment_way == BillingAccount.PaymentWay.INVOICE
            else None
        ),
        payment_reference=invoice.reference,
    )


def _metadata(tenant_id: object, **about: object) -> dict[str, str]:
    """What lets us find our row again; never anything about the person."""
    notes = {"env": settings.STRIPE_KEY_PREFIX, "tenant": tenant_id, **about}
    return {name: str(value) for name, value in notes.items()}
