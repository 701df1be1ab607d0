"""Invoices: from an empty draft through finalizing to paid, void or uncollectible."""

from config.devstack.stripe_stand_in.errors import CardRefused, InvalidRequest
from config.devstack.stripe_stand_in.money import CURRENCY
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.finalizing import abandon_payment, finalize
from config.devstack.stripe_stand_in.nouns.invoice_lines import refresh_totals
from config.devstack.stripe_stand_in.nouns.metadata import change_row, merge_metadata
from config.devstack.stripe_stand_in.nouns.payment_methods import resolve_method
from config.devstack.stripe_stand_in.nouns.settlement import collect, settle_invoice
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    FLAG,
    METADATA,
    MOMENT,
    NATURAL,
    PAGE,
    POSITIVE,
    TEXT,
    Clearable,
    Field,
    ListOf,
    OneOf,
    Record,
    Required,
    Text,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

PATH = "/v1/invoices/{invoice}"
STATUSES = OneOf("draft", "open", "paid", "uncollectible", "void")
METHODS = OneOf("charge_automatically", "send_invoice")
DETAILS: dict[str, Field] = {
    "application_fee_amount": NATURAL,
    "auto_advance": FLAG,
    "collection_method": METHODS,
    "custom_fields": Clearable(
        ListOf(Record(name=Required(Text(longest=40)), value=Required(Text(longest=140))), most=4)
    ),
    "days_until_due": NATURAL,
    "default_payment_method": TEXT,
    "description": TEXT,
    "due_date": POSITIVE,
    "footer": TEXT,
    "metadata": Clearable(METADATA),
    "number": Text(longest=26),
    "payment_settings": Record(payment_method_types=Clearable(ListOf(TEXT))),
    "statement_descriptor": Text(longest=22),
}
COPIED = (
    "auto_advance",
    "collection_method",
    "custom_fields",
    "description",
    "due_date",
    "footer",
    "number",
    "statement_descriptor",
)


@endpoint(
    "POST",
    "/v1/invoices",
    **DETAILS,
    customer=Required(TEXT),
    currency=CURRENCY,
    pending_invoice_items_behavior=OneOf("exclude", "include"),
)
def create_invoice(call: Call) -> Json:
    """Make an empty draft; there are no pending items here that could be swept into it."""
    customer = call.from_param("customer", "customer", call.params["customer"])
    row_id = call.make_id("in")
    invoice = new_object(
        "invoice",
        row_id,
        call.now,
        currency=call.params.get("currency") or customer["currency"] or "sek",
        customer=customer["id"],
        period_end=call.now,
        period_start=call.now,
    )
    refresh_totals(call, invoice)
    change_invoice(call, invoice)
    if customer["currency"] is None:
        customer["currency"] = invoice["currency"]
        call.books.put(customer)
    call.emit("invoice.created", invoice)
    return invoice


@endpoint("POST", PATH, **DETAILS)
def update_invoice(call: Call) -> Json:
    """Change a draft; later only its metadata, description and automatic collection."""
    invoice = call.from_path("invoice", "invoice")
    if set(call.params) - {"metadata", "auto_advance", "description"}:
        check_status(invoice, {"draft"}, "edit")
    previous = change_invoice(call, invoice)
    call.emit("invoice.updated", invoice, previous)
    return invoice


@endpoint("GET", PATH)
def retrieve_invoice(call: Call) -> Json:
    """One invoice."""
    return call.from_path("invoice", "invoice")


@endpoint(
    "GET",
    "/v1/invoices",
    **PAGE,
    customer=TEXT,
    status=STATUSES,
    collection_method=METHODS,
    created=MOMENT,
)
def list_invoices(call: Call) -> Json:
    """Invoices, newest first."""
    equal = ("customer", "status", "collection_method")
    return list_page(call, "invoice", "/v1/invoices", equal=equal)


@endpoint("DELETE", PATH)
def delete_invoice(call: Call) -> Json:
    """Remove a draft for good."""
    invoice = call.from_path("invoice", "invoice")
    check_status(invoice, {"draft"}, "delete")
    call.emit("invoice.deleted", invoice)
    call.books.remove(invoice)
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


@endpoint("POST", f"{PATH}/finalize", auto_advance=FLAG)
def finalize_invoice(call: Call) -> Json:
    """Close a draft for changes and number it."""
    invoice = call.from_path("invoice", "invoice")
    check_status(invoice, {"draft"}, "finalize")
    invoice["auto_advance"] = call.params.get("auto_advance", invoice["auto_advance"])
    return finalize(call, invoice)


@endpoint("POST", f"{PATH}/pay", off_session=FLAG, payment_method=TEXT, paid_out_of_band=FLAG)
def pay_invoice(call: Call) -> Json:
    """Try to collect an open invoice. Raises CardRefused; the invoice then stays open.

    Stricter than Stripe, which is said to finalize a draft on the way: here it must be open.
    """
    invoice = call.from_path("invoice", "invoice")
    if invoice["status"] == "paid":
        raise InvalidRequest("Invoice is already paid")
    check_status(invoice, {"open", "uncollectible"}, "pay")
    if call.params.get("paid_out_of_band"):
        abandon_payment(call, invoice)
        invoice["amount_remaining"] = 0
        settle_invoice(call, invoice)
        return invoice
    method = find_own_method(call, invoice, find_method_id(call, invoice), "payment_method")
    payment = next(call.books.newest("invoice_payment", invoice=invoice["id"], status="open"))
    intent_id = payment["payment"]["payment_intent"]
    intent = call.from_param("payment_intent", "payment_intent", intent_id)
    collect(call, intent, method, off_session=call.params.get("off_session", True))
    if intent["status"] == "requires_action":
        raise CardRefused(
            "This payment requires additional user action before it can be completed "
            "successfully. Payment can be completed using the PaymentIntent associated with the "
            "invoice.",
            code="invoice_payment_intent_requires_action",
        )
    return invoice


@endpoint("POST", f"{PATH}/send")
def send_invoice(call: Call) -> Json:
    """Mail an invoice that is paid by transfer or link; a draft is finalized first."""
    invoice = call.from_path("invoice", "invoice")
    if invoice["collection_method"] != "send_invoice":
        raise InvalidRequest(
            "You can only manually send an invoice if its collection method is 'send_invoice'."
        )
    if invoice["status"] == "draft":
        finalize(call, invoice)
    check_status(invoice, {"open"}, "send")
    call.emit("invoice.sent", invoice)
    return invoice


@endpoint("POST", f"{PATH}/void")
def void_invoice(call: Call) -> Json:
    """Cancel a finalized invoice that is not paid."""
    invoice = call.from_path("invoice", "invoice")
    check_status(invoice, {"open", "uncollectible"}, "void")
    abandon_payment(call, invoice)
    invoice |= {"status": "void", "auto_advance": False}
    invoice["status_transitions"]["voided_at"] = call.now
    call.emit("invoice.voided", invoice)
    return invoice


@endpoint("POST", f"{PATH}/mark_uncollectible")
def mark_invoice_uncollectible(call: Call) -> Json:
    """Give up on an open invoice."""
    invoice = call.from_path("invoice", "invoice")
    check_status(invoice, {"open"}, "mark as uncollectible")
    invoice |= {"status": "uncollectible", "auto_advance": False}
    invoice["status_transitions"]["marked_uncollectible_at"] = call.now
    call.emit("invoice.marked_uncollectible", invoice)
    return invoice


def change_invoice(call: Call, invoice: Json) -> Json:
    """Put the sent details into the invoice; the old values."""
    params = call.params
    changes = {name: params[name] for name in COPIED if name in params}
    if "days_until_due" in params:
        changes["due_date"] = call.now + params["days_until_due"] * 86_400
    if "default_payment_method" in params:
        wanted = params["default_payment_method"]
        method = find_own_method(call, invoice, wanted, "default_payment_method")
        changes["default_payment_method"] = method["id"]
    if "payment_settings" in params:
        changes["payment_settings"] = invoice["payment_settings"] | params["payment_settings"]
    if "application_fee_amount" in params:
        keep_fee(call, invoice, params["application_fee_amount"])
    method_now = changes.get("collection_method", invoice["collection_method"])
    due_now = changes.get("due_date", invoice["due_date"])
    if method_now == "send_invoice" and due_now is None:
        raise InvalidRequest(
            "Invoices with collection_method 'send_invoice' need days_until_due or due_date.",
            param="days_until_due",
        )
    merge_metadata(invoice, params)
    return change_row(invoice, changes)


def keep_fee(call: Call, invoice: Json, amount: int) -> None:
    """Remember the platform's share; an invoice does not show it, its payment will."""
    if amount and not call.books.connected:
        raise InvalidRequest(
            "You can only apply an application_fee_amount to a connected account's invoice.",
            param="application_fee_amount",
        )
    call.books.put({"object": "invoice_fee", "id": invoice["id"], "amount": amount or None})


def find_method_id(call: Call, invoice: Json) -> str:
    """The method to charge: named, the invoice's or the customer's. Raises InvalidRequest."""
    customer = call.from_param("customer", "customer", invoice["customer"])
    found: str | None = (
        call.params.get("payment_method")
        or invoice["default_payment_method"]
        or customer["invoice_settings"]["default_payment_method"]
    )
    if found is None:
        raise InvalidRequest(
            "This customer has no attached payment source or default payment method. Please "
            "consider adding a default payment method.",
            code="resource_missing",
        )
    return found


def find_own_method(call: Call, invoice: Json, method_id: str, param: str) -> Json:
    """The payment method, which must be attached to the invoice's customer; InvalidRequest."""
    method = resolve_method(call, method_id, param)
    if method["customer"] != invoice["customer"]:
        raise InvalidRequest(
            f"The customer does not have a payment method with the ID {method_id}. The payment "
            "method must be attached to the customer.",
            code="resource_missing",
            param=param,
        )
    return method


def check_status(invoice: Json, allowed: set[str], act: str) -> None:
    """Raise InvalidRequest unless the invoice's status is among the allowed."""
    if invoice["status"] not in allowed:
        code = "invoice_not_editable" if act == "edit" else None
        raise InvalidRequest(
            f"You can't {act} an invoice with status {invoice['status']}; it must be "
            f"{' or '.join(sorted(allowed))}.",
            code=code,
        )
