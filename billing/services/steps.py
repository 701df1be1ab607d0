"""What each operation sends, how its outcome is looked up, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from billing.models import BillingAccount, Invoice, StripeCommand
from billing.services import collection, refunds, settlements
from billing.services.ad_hoc.steps import AD_HOC_STEPS
from billing.services.invoice_state import (
    block_invoice,
    converge_invoice,
    note_refusal,
    withdraw_invoice,
)
from billing.services.owed_calls import owe_fetch
from billing.services.portal import PORTAL_STEPS
from billing.services.step import CLOCK_SLACK, Step
from billing.stripe_gateway import (
    CallFor,
    Declined,
    NotFound,
    Rejected,
    RemoteCreditNote,
    RemoteInvoice,
    RemoteObject,
    StripeFailure,
    StripeGateway,
)
from billing.types import Operation


def find_customer(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteObject]:
    """Customers that carry this billing account's id, made since the first try."""
    made_from = (command.first_sent_at or command.created_at) - CLOCK_SLACK
    return [
        customer
        for customer in gateway.customers_since(call, made_from)
        if customer.metadata.get("billing_account") == str(command.entity_id)
    ]


def find_draft(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteInvoice]:
    """Invoices of the customer that carry our invoice's id, made since the first try."""
    made_from = (command.first_sent_at or command.created_at) - CLOCK_SLACK
    customer_ref = command.params["body"]["customer"]
    return [
        invoice
        for invoice in gateway.invoices_of(call, customer_ref, made_from)
        if invoice.metadata.get("invoice") == str(command.entity_id) and invoice.status != "void"
    ]


def find_attached_method(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteObject]:
    """The payment method, when it is the customer's already."""
    method = gateway.fetch_payment_method(call, command.params["about"])
    return [method] if method.customer_ref == command.params["body"]["customer"] else []


def find_nothing(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteObject]:
    """Doing it twice is doing it once, so nobody needs to look."""
    return []


def find_invoice(
    holds: Callable[[RemoteInvoice], bool],
) -> Callable[[StripeGateway, CallFor, StripeCommand], list[RemoteInvoice]]:
    """A look-up: the invoice itself, if what was to be done to it shows."""

    def look_up(
        gateway: StripeGateway, call: CallFor, command: StripeCommand
    ) -> list[RemoteInvoice]:
        invoice = gateway.fetch_invoice(call, command.params["about"])
        return [invoice] if holds(invoice) else []

    return look_up


def find_deleted(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteObject]:
    """The draft's place, when the draft is gone."""
    try:
        gateway.fetch_invoice(call, command.params["about"])
    except NotFound:
        return [RemoteObject(command.params["about"])]
    return []


def find_credit_note(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteCreditNote]:
    """Credit notes of the invoice that carry our refund's id."""
    return [
        note
        for note in gateway.credit_notes_of(call, _about(command))
        if note.metadata.get("refund") == str(command.entity_id)
    ]


def delete_draft(gateway: StripeGateway, call: CallFor, command: StripeCommand) -> RemoteObject:
    """Delete the draft; one that is gone is deleted."""
    with suppress(NotFound):
        gateway.delete_draft(call, command.params["about"])
    return RemoteObject(command.params["about"])


def conclude_set_up(command: StripeCommand, _remote: RemoteObject, now: datetime) -> None:
    """The payment method is the default one."""
    collection.draft_after_set_up(command, now)


def conclude_payment(command: StripeCommand, _remote: RemoteInvoice, now: datetime) -> None:
    """Stripe took the payment, it says."""
    collection.check_payment(command, now)


def conclude_fetch(command: StripeCommand, remote: RemoteInvoice, now: datetime) -> None:
    """The invoice as Stripe has it; a correction may have waited for it to be paid or void."""
    invoice = collection.locked_invoice(command)
    converge_invoice(invoice, remote, now)
    settlements.note_closed(invoice, now)


def conclude_void(command: StripeCommand, _remote: RemoteInvoice, now: datetime) -> None:
    """The document is withdrawn."""
    invoice = collection.locked_invoice(command)
    withdraw_invoice(invoice)
    settlements.note_closed(invoice, now)


def look_why(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """Not withdrawn: paid in that moment, most likely."""
    owe_fetch(invoice=collection.locked_invoice(command), now=now)


def refuse_nothing(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """What could not be fetched changes nothing; the call says why."""


def conclude_nothing(command: StripeCommand, remote: RemoteObject, now: datetime) -> None:
    """Nothing follows."""


def block_account(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """No customer: none of the driver's invoices can go on."""
    account = BillingAccount.objects.select_for_update().get(pk=command.entity_id)
    waiting = Invoice.objects.select_for_update().filter(
        billing_account=account, state=Invoice.State.PREPARING, stripe_invoice_ref=""
    )
    for invoice in waiting:
        block_invoice(invoice, _words(failure))


def go_on_without_method(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """No payment method: the invoices go out, and the driver pays by link."""
    collection.draft_after_set_up(command, now)


def block(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """A person must look at the invoice."""
    block_invoice(collection.locked_invoice(command), _words(failure))


def refuse_payment(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """The bank said no, or there is no card to charge; in the latter case the driver must act.

    Anything else that goes wrong with a payment is for a person.
    """
    invoice = collection.locked_invoice(command)
    if isinstance(failure, Declined):
        needs_action = failure.needs_action
    elif isinstance(failure, Rejected) and not isinstance(failure, NotFound):
        needs_action = True
    else:
        block_invoice(invoice, _words(failure))
        return
    note_refusal(invoice, needs_action=needs_action, problem=_words(failure), now=now)


def _words(failure: StripeFailure) -> str:
    return f"{failure.code}: {failure}"[:255] if failure.code else str(failure)[:255]


def _about(command: StripeCommand) -> str:
    return str(command.params["about"])


STEPS: Final[dict[str, Step]] = {
    **AD_HOC_STEPS,
    **PORTAL_STEPS,
    Operation.CREATE_CUSTOMER: Step(
        send=lambda gateway, call, command: gateway.create_customer(call, command.params["body"]),
        look_up=find_customer,
        conclude=collection.keep_customer,
        refuse=block_account,
    ),
    Operation.ATTACH_PAYMENT_METHOD: Step(
        send=lambda gateway, call, command: gateway.attach_payment_method(
            call, _about(command), command.params["body"]
        ),
        look_up=find_attached_method,
        conclude=collection.keep_payment_method,
        refuse=go_on_without_method,
        may_be_done=True,
    ),
    Operation.SET_DEFAULT_METHOD: Step(
        send=lambda gateway, call, command: gateway.update_customer(
            call, _about(command), command.params["body"]
        ),
        look_up=find_nothing,
        conclude=conclude_set_up,
        refuse=go_on_without_method,
    ),
    Operation.CREATE_INVOICE: Step(
        send=lambda gateway, call, command: gateway.create_invoice(call, command.params["body"]),
        look_up=find_draft,
        conclude=collection.keep_draft,
        refuse=block,
    ),
    Operation.ADD_LINES: Step(
        send=lambda gateway, call, command: gateway.add_lines(
            call, _about(command), command.params["body"]
        ),
        look_up=find_invoice(lambda invoice: invoice.line_count > 0),
        conclude=collection.compare_totals,
        refuse=block,
        may_be_done=True,
    ),
    Operation.FINALIZE_INVOICE: Step(
        send=lambda gateway, call, command: gateway.finalize_invoice(
            call, _about(command), is_chased=bool(command.params["body"].get("is_chased"))
        ),
        look_up=find_invoice(lambda invoice: invoice.status in {"open", "paid"}),
        conclude=collection.charge_finalized,
        refuse=block,
        may_be_done=True,
    ),
    Operation.PAY_INVOICE: Step(
        send=lambda gateway, call, command: gateway.pay_invoice(
            call, _about(command), command.params["body"]
        ),
        look_up=find_invoice(lambda invoice: invoice.is_paid),
        conclude=conclude_payment,
        refuse=refuse_payment,
        may_be_done=True,
    ),
    # A look cannot tell whether it was mailed; twice is better than never.
    Operation.SEND_INVOICE: Step(
        send=lambda gateway, call, command: gateway.send_invoice(call, _about(command)),
        look_up=find_nothing,
        conclude=conclude_nothing,
        refuse=look_why,
    ),
    Operation.DELETE_DRAFT: Step(
        send=delete_draft,
        look_up=find_deleted,
        conclude=conclude_nothing,
        refuse=block,
    ),
    Operation.FETCH_INVOICE: Step(
        send=lambda gateway, call, command: gateway.fetch_invoice(call, _about(command)),
        look_up=lambda gateway, call, command: [gateway.fetch_invoice(call, _about(command))],
        conclude=conclude_fetch,
        refuse=block,
    ),
    Operation.VOID_INVOICE: Step(
        send=lambda gateway, call, command: gateway.void_invoice(call, _about(command)),
        look_up=find_invoice(lambda invoice: invoice.status == "void"),
        conclude=conclude_void,
        refuse=look_why,
        may_be_done=True,
    ),
    Operation.FETCH_PAYMENT: Step(
        send=lambda gateway, call, command: gateway.fetch_payment(call, _about(command)),
        look_up=lambda gateway, call, command: [gateway.fetch_payment(call, _about(command))],
        conclude=refunds.follow_payment,
        refuse=refunds.refuse_waiting,
    ),
    Operation.CREATE_CREDIT_NOTE: Step(
        send=lambda gateway, call, command: gateway.create_credit_note(
            call, command.params["body"]
        ),
        look_up=find_credit_note,
        conclude=refunds.keep_credit_note,
        refuse=refunds.refuse_credit_note,
        may_be_done=True,
    ),
    Operation.FETCH_REFUND: Step(
        send=lambda gateway, call, command: gateway.fetch_refund(call, _about(command)),
        look_up=lambda gateway, call, command: [gateway.fetch_refund(call, _about(command))],
        conclude=refunds.follow_refund,
        refuse=refuse_nothing,
    ),
}
