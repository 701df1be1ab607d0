"""The calls we make, on one Stripe account at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import stripe
from django.conf import settings

from billing.stripe_gateway.errors import WrongAccount, translated
from billing.stripe_gateway.readings import (
    read_balance,
    read_checkout,
    read_credit_note,
    read_customer,
    read_event,
    read_intent,
    read_invoice,
    read_made,
    read_movement,
    read_payment,
    read_payment_method,
    read_payout,
    read_refund,
)
from billing.stripe_gateway.types import (
    CallFor,
    Json,
    RemoteCheckout,
    RemoteCreditNote,
    RemoteEvent,
    RemoteInvoice,
    RemoteMovement,
    RemoteObject,
    RemotePayment,
    RemotePaymentMethod,
    RemotePayout,
    RemoteRefund,
)

if TYPE_CHECKING:
    from stripe import RequestOptions

T = TypeVar("T")

CONNECT_TIMEOUT_S: Final = 5
READ_TIMEOUT_S: Final = 30
REPEATS: Final = 2
PAGE_SIZE: Final = 100


class StripeGateway:
    """Stripe as one account: a connected one (direct charges), or (blank) the platform's own.

    Every method raises `StripeFailure`, and `WrongAccount` for a row of another account. Bodies
    are those of `params`, frozen when the call was decided.
    """

    def __init__(self, account_ref: str) -> None:
        self.account_ref = account_ref
        self._v1 = _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE).v1

    def create_customer(self, call: CallFor, body: Json) -> RemoteObject:
        """Make a customer."""
        return read_customer(self._write(call, self._v1.customers.create, body))

    def update_customer(self, call: CallFor, ref: str, body: Json) -> RemoteObject:
        """Change a customer."""
        return read_customer(self._write(call, self._v1.customers.update, ref, body))

    def attach_payment_method(self, call: CallFor, ref: str, body: Json) -> RemotePaymentMethod:
        """Give a payment method to a customer."""
        return read_payment_method(self._write(call, self._v1.payment_methods.attach, ref, body))

    def create_invoice(self, call: CallFor, body: Json) -> RemoteInvoice:
        """Make an empty draft."""
        return read_invoice(self._write(call, self._v1.invoices.create, body))

    def add_lines(self, call: CallFor, ref: str, body: Json) -> RemoteInvoice:
        """Add lines to a draft."""
        return read_invoice(self._write(call, self._v1.invoices.add_lines, ref, body))

    def finalize_invoice(
        self, call: CallFor, ref: str, *, is_chased: bool = False
    ) -> RemoteInvoice:
        """Make a draft a document that never changes again; `is_chased` by Stripe if refused."""
        body = {"auto_advance": is_chased}
        return read_invoice(self._write(call, self._v1.invoices.finalize_invoice, ref, body))

    def send_invoice(self, call: CallFor, ref: str) -> RemoteInvoice:
        """Have Stripe mail a document that is paid by its due date."""
        return read_invoice(self._write(call, self._v1.invoices.send_invoice, ref, {}))

    def create_portal_link(self, call: CallFor, body: Json) -> str:
        """An address under which a customer sees to cards and documents for a short while."""
        url: str = self._write(call, self._v1.billing_portal.sessions.create, body).url
        return url

    def create_portal(self, call: CallFor, body: Json) -> RemoteObject:
        """Say what customers may do at the portal of this account."""
        return read_made(self._write(call, self._v1.billing_portal.configurations.create, body))

    def portals_since(self, call: CallFor, created_from: datetime) -> list[RemoteObject]:
        """Settings of the portal made at or after an instant; Stripe cannot filter by it."""
        earliest = int(created_from.timestamp())
        found = self._list(call, self._v1.billing_portal.configurations.list, {})
        return [read_made(one) for one in found if one.created >= earliest]

    def pay_invoice(self, call: CallFor, ref: str, body: Json) -> RemoteInvoice:
        """Charge the customer's payment method now; raises `Declined`."""
        return read_invoice(self._write(call, self._v1.invoices.pay, ref, body))

    def delete_draft(self, call: CallFor, ref: str) -> None:
        """Remove a draft that must never become a document."""
        self._write(call, self._v1.invoices.delete, ref, {})

    def void_invoice(self, call: CallFor, ref: str) -> RemoteInvoice:
        """Withdraw a document that is not paid."""
        return read_invoice(self._write(call, self._v1.invoices.void_invoice, ref, {}))

    def create_credit_note(self, call: CallFor, body: Json) -> RemoteCreditNote:
        """Take back part of a paid invoice and give the money back."""
        return read_credit_note(self._write(call, self._v1.credit_notes.create, body))

    def create_checkout(self, call: CallFor, body: Json) -> RemoteCheckout:
        """Open a page on which somebody leaves a hold on a card."""
        return read_checkout(self._write(call, self._v1.checkout.sessions.create, body))

    def expire_checkout(self, call: CallFor, ref: str) -> RemoteCheckout:
        """Close a page nobody has paid on."""
        return read_checkout(self._write(call, self._v1.checkout.sessions.expire, ref, {}))

    def capture_payment(self, call: CallFor, ref: str, body: Json) -> RemoteObject:
        """Take a part of what is held, or all of it, and release the rest."""
        return read_intent(self._write(call, self._v1.payment_intents.capture, ref, body))

    def cancel_payment(self, call: CallFor, ref: str, body: Json) -> RemoteObject:
        """Release what is held."""
        return read_intent(self._write(call, self._v1.payment_intents.cancel, ref, body))

    def create_refund(self, call: CallFor, body: Json) -> RemoteRefund:
        """Give back a part of what was taken, or all of it."""
        return read_refund(self._write(call, self._v1.refunds.create, body))

    def fetch_checkout(self, call: CallFor, ref: str) -> RemoteCheckout:
        """The page as it is now, with its payment and the charge of that."""
        wanted = {"expand": ["payment_intent.latest_charge"]}
        return read_checkout(self._read(call, self._v1.checkout.sessions.retrieve, ref, wanted))

    def checkouts_since(self, call: CallFor, created_from: datetime) -> list[RemoteCheckout]:
        """Payment pages made at or after an instant."""
        filters = {"created": {"gte": int(created_from.timestamp())}}
        pages = self._list(call, self._v1.checkout.sessions.list, filters)
        return [read_checkout(one) for one in pages]

    def refunds_of(self, call: CallFor, intent_ref: str) -> list[RemoteRefund]:
        """What was given back of a payment."""
        filters = {"payment_intent": intent_ref}
        return [read_refund(one) for one in self._list(call, self._v1.refunds.list, filters)]

    def fetch_customer(self, call: CallFor, ref: str) -> RemoteObject:
        """The customer as it is now."""
        return read_customer(self._read(call, self._v1.customers.retrieve, ref, {}))

    def fetch_payment_method(self, call: CallFor, ref: str) -> RemotePaymentMethod:
        """The payment method as it is now."""
        return read_payment_method(self._read(call, self._v1.payment_methods.retrieve, ref, {}))

    def fetch_invoice(self, call: CallFor, ref: str) -> RemoteInvoice:
        """The invoice as it is now, with what paid it."""
        wanted = {"expand": ["payments"]}
        return read_invoice(self._read(call, self._v1.invoices.retrieve, ref, wanted))

    def fetch_payment(self, call: CallFor, invoice_ref: str) -> RemotePayment:
        """What paid an invoice, as it is now: refunded how far, disputed or not."""
        filters = {
            "invoice": invoice_ref,
            "status": "paid",
            "expand": ["data.payment.payment_intent.latest_charge"],
        }
        return read_payment(self._read(call, self._v1.invoice_payments.list, filters))

    def fetch_refund(self, call: CallFor, ref: str) -> RemoteRefund:
        """The refund as it is now."""
        return read_refund(self._read(call, self._v1.refunds.retrieve, ref, {}))

    def credit_notes_of(self, call: CallFor, invoice_ref: str) -> list[RemoteCreditNote]:
        """An invoice's credit notes."""
        filters = {"invoice": invoice_ref}
        return [
            read_credit_note(one) for one in self._list(call, self._v1.credit_notes.list, filters)
        ]

    def fetch_event(self, call: CallFor, ref: str) -> RemoteEvent:
        """An event as Stripe keeps it (30 days)."""
        return read_event(self._read(call, self._v1.events.retrieve, ref, {}))

    def customers_since(self, call: CallFor, created_from: datetime) -> list[RemoteObject]:
        """Customers made at or after an instant."""
        filters = {"created": {"gte": int(created_from.timestamp())}}
        return [read_customer(one) for one in self._list(call, self._v1.customers.list, filters)]

    def invoices_of(
        self, call: CallFor, customer_ref: str, created_from: datetime
    ) -> list[RemoteInvoice]:
        """A customer's invoices made at or after an instant."""
        filters = {"customer": customer_ref, "created": {"gte": int(created_from.timestamp())}}
        return [read_invoice(one) for one in self._list(call, self._v1.invoices.list, filters)]

    def events_since(self, call: CallFor, created_from: datetime) -> list[RemoteEvent]:
        """Events at or after an instant, oldest first."""
        filters = {"created": {"gte": int(created_from.timestamp())}}
        found = [read_event(one) for one in self._list(call, self._v1.events.list, filters)]
        return found[::-1]

    def movements_since(self, call: CallFor, created_from: datetime) -> list[RemoteMovement]:
        """Balance transactions made at or after an instant, with what moved."""
        filters = {
            "created": {"gte": int(created_from.timestamp())},
            "expand": ["data.source"],
        }
        found = self._list(call, self._v1.balance_transactions.list, filters)
        return [read_movement(one) for one in found]

    def movements_of_payout(self, call: CallFor, payout_ref: str) -> list[RemoteMovement]:
        """What a payout is made of, itself among it."""
        filters = {"payout": payout_ref}
        found = self._list(call, self._v1.balance_transactions.list, filters)
        return [read_movement(one) for one in found]

    def payouts_since(self, call: CallFor, created_from: datetime) -> list[RemotePayout]:
        """Payouts made at or after an instant."""
        filters = {"created": {"gte": int(created_from.timestamp())}}
        return [read_payout(one) for one in self._list(call, self._v1.payouts.list, filters)]

    def balance_minor(self, call: CallFor) -> dict[str, int]:
        """What the account has, at hand and on its way, by currency."""
        return read_balance(self._read(call, self._v1.balance.retrieve, {}))

    def invoice_paid_by(self, call: CallFor, intent_ref: str) -> str:
        """The invoice a payment was made for; blank when it was made for none."""
        about = {"type": "payment_intent", "payment_intent": intent_ref}
        found = self._read(call, self._v1.invoice_payments.list, {"payment": about})
        refs = [payment.invoice for payment in found.data]
        return (refs[0] if isinstance(refs[0], str) else refs[0].id) if refs else ""

    def _write(self, call: CallFor, method: Callable[..., T], *arguments: Any) -> T:
        if not call.idempotency_key:
            raise ValueError("a call that changes something needs an idempotency key")
        return self._send(call, method, *arguments)

    def _read(self, call: CallFor, method: Callable[..., T], *arguments: Any) -> T:
        return self._send(CallFor(call.account_ref), method, *arguments)

    def _list(self, call: CallFor, method: Callable[..., Any], filters: Json) -> Iterator[Any]:
        """Every object of every page, newest first."""
        last_ref = ""
        while True:
            page = {**filters, "limit": PAGE_SIZE}
            if last_ref:
                page["starting_after"] = last_ref
            found = self._read(call, method, page)
            yield from found.data
            if not found.has_more or not found.data:
                return
            last_ref = found.data[-1].id

    def _send(self, call: CallFor, method: Callable[..., T], *arguments: Any) -> T:
        """Call the SDK with the key and the account among the options, never in the body."""
        if call.account_ref != self.account_ref:
            raise WrongAccount(f"a row of {call.account_ref!r} at {self.account_ref!r}")
        options: RequestOptions = {}
        if call.idempotency_key:
            options["idempotency_key"] = call.idempotency_key
        if self.account_ref:
            options["stripe_account"] = self.account_ref
        try:
            return method(*arguments, options)
        except stripe.StripeError as error:
            raise translated(error) from error


@lru_cache(maxsize=8)
def _client(api_key: str, api_base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        api_key,
        base_addresses=cast("Any", {"api": api_base}),
        max_network_retries=REPEATS,
        http_client=stripe.RequestsClient(timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S)),
    )
