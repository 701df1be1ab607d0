"""Credit notes: taking back part of a finalized invoice, before or after it was paid."""

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.money import format_minor
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.credit_note_lines import (
    CREDIT_LINE,
    keep_credit_lines,
    new_credit_line,
)
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.nouns.refunds import check_undisputed, give_refund
from config.devstack.stripe_stand_in.nouns.settlement import settle_invoice
from config.devstack.stripe_stand_in.nouns.taxes import sum_taxes
from config.devstack.stripe_stand_in.paging import embed_list, list_page
from config.devstack.stripe_stand_in.parameters import (
    METADATA,
    MOMENT,
    NATURAL,
    PAGE,
    POSITIVE,
    TEXT,
    ListOf,
    OneOf,
    Record,
    Required,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

WAYS = ("refund_amount", "credit_amount", "out_of_band_amount")


@endpoint(
    "POST",
    "/v1/credit_notes",
    invoice=Required(TEXT),
    amount=POSITIVE,
    lines=ListOf(Record(**CREDIT_LINE), most=250),
    refund_amount=NATURAL,
    credit_amount=NATURAL,
    out_of_band_amount=NATURAL,
    reason=OneOf("duplicate", "fraudulent", "order_change", "product_unsatisfactory"),
    memo=TEXT,
    effective_at=NATURAL,
    email_type=OneOf("credit_note", "none"),
    metadata=METADATA,
)
def create_credit_note(call: Call) -> Json:
    """Take back part of an invoice: what is unpaid is lowered, what is paid is given back."""
    invoice = call.from_param("invoice", "invoice", call.params["invoice"])
    if invoice["status"] not in {"open", "paid"}:
        raise InvalidRequest(
            "You can only create credit notes for open or paid invoices. This invoice has status "
            f"{invoice['status']}."
        )
    note = draft_note(call, invoice)
    check_amounts(call, invoice, note)
    lower_remaining(call, invoice, note["pre_payment_amount"])
    pay_back(call, invoice, note)
    invoice["pre_payment_credit_notes_amount"] += note["pre_payment_amount"]
    invoice["post_payment_credit_notes_amount"] += note["post_payment_amount"]
    keep_credit_lines(call, note)
    call.emit("credit_note.created", note)
    call.emit("invoice.updated", invoice)
    if invoice["status"] == "open" and invoice["amount_remaining"] == 0:
        settle_invoice(call, invoice)
    return note


@endpoint("GET", "/v1/credit_notes/{credit_note}")
def retrieve_credit_note(call: Call) -> Json:
    """One credit note."""
    return call.from_path("credit_note", "credit_note")


@endpoint("GET", "/v1/credit_notes", **PAGE, invoice=TEXT, customer=TEXT, created=MOMENT)
def list_credit_notes(call: Call) -> Json:
    """Credit notes, newest first."""
    return list_page(call, "credit_note", "/v1/credit_notes", equal=("invoice", "customer"))


def draft_note(call: Call, invoice: Json) -> Json:
    """The note with its lines and sums; not yet kept. Raises InvalidRequest."""
    if ("lines" in call.params) == ("amount" in call.params):
        raise InvalidRequest("You must specify one of these parameters: amount, lines.")
    amount = call.params.get("amount")
    wanted = call.params.get("lines") or [
        {"type": "custom_line_item", "unit_amount": amount, "description": "Credit", "quantity": 1}
    ]
    row_id = call.make_id("cn")
    lines = [new_credit_line(call, invoice, line) for line in wanted]
    taxes = sum_taxes([tax for line in lines for tax in line["taxes"]])
    subtotal = sum(line["amount"] for line in lines)
    on_top = sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "exclusive")
    tax_sum = sum(tax["amount"] for tax in taxes)
    before = min(subtotal + on_top, invoice["amount_remaining"])
    after = subtotal + on_top - before
    known = len(list(call.books.newest("credit_note", invoice=invoice["id"])))
    note = new_object(
        "credit_note",
        row_id,
        call.now,
        amount=subtotal + on_top,
        currency=invoice["currency"],
        customer=invoice["customer"],
        effective_at=call.params.get("effective_at", call.now),
        invoice=invoice["id"],
        lines=embed_list(lines, f"/v1/credit_notes/{row_id}/lines", limit=len(lines)),
        memo=call.params.get("memo"),
        number=f"{invoice['number']}-CN-{known + 1:02d}",
        pdf=f"{call.world.base_url}/_pages/credit_notes/{row_id}/pdf",
        post_payment_amount=after,
        pre_payment_amount=before,
        reason=call.params.get("reason"),
        subtotal=subtotal,
        subtotal_excluding_tax=subtotal - (tax_sum - on_top),
        total=subtotal + on_top,
        total_excluding_tax=subtotal + on_top - tax_sum,
        total_taxes=taxes,
        type="mixed" if before and after else "post_payment" if after else "pre_payment",
    )
    merge_metadata(note, call.params)
    return note


def check_amounts(call: Call, invoice: Json, note: Json) -> None:
    """Refuse a note that does not fit, or leaves paid money nowhere. Raises InvalidRequest."""
    credited = sum(
        invoice[name]
        for name in ("pre_payment_credit_notes_amount", "post_payment_credit_notes_amount")
    )
    left = invoice["total"] - credited
    if not 0 < note["amount"] <= left:
        raise InvalidRequest(
            f"The credit note amount ({format_minor(note['amount'], note['currency'])}) is greater "
            f"than the maximum creditable amount ({format_minor(left, note['currency'])}).",
            param="amount",
        )
    sent = sum(call.params.get(way, 0) for way in WAYS)
    if sent != note["post_payment_amount"]:
        raise InvalidRequest(
            "The sum of credit_amount, refund_amount and out_of_band_amount "
            f"({format_minor(sent, note['currency'])}) must equal the post-payment amount of the "
            f"credit note ({format_minor(note['post_payment_amount'], note['currency'])})."
        )


def lower_remaining(call: Call, invoice: Json, amount: int) -> None:
    """Lower what is still to be paid, here and on the payment under way."""
    if not amount:
        return
    invoice["amount_remaining"] -= amount
    invoice["amount_due"] -= amount
    for payment in call.books.newest("invoice_payment", invoice=invoice["id"], status="open"):
        intent_id = payment["payment"]["payment_intent"]
        intent = call.from_param("payment_intent", "payment_intent", intent_id)
        payment["amount_requested"] = intent["amount"] = invoice["amount_remaining"]
        call.books.put(payment)
        call.books.put(intent)


def pay_back(call: Call, invoice: Json, note: Json) -> None:
    """Give back what was paid: to the card, to the customer's balance, or elsewhere."""
    refund_amount = call.params.get("refund_amount", 0)
    if refund_amount:
        refund = refund_invoice(call, invoice, refund_amount)
        note["refunds"] = [
            {
                "amount_refunded": refund_amount,
                "payment_record_refund": None,
                "refund": refund["id"],
                "type": "refund",
            }
        ]
    credit_amount = call.params.get("credit_amount", 0)
    if credit_amount:
        customer = call.from_param("customer", "customer", invoice["customer"])
        customer["balance"] -= credit_amount
        note["customer_balance_transaction"] = call.make_id("cbtxn")
        call.emit("customer.updated", customer)
    note["out_of_band_amount"] = call.params.get("out_of_band_amount")


def refund_invoice(call: Call, invoice: Json, amount: int) -> Json:
    """Refund part of the charge that paid the invoice. Raises InvalidRequest."""
    for payment in call.books.newest("invoice_payment", invoice=invoice["id"], status="paid"):
        intent_id = payment["payment"]["payment_intent"]
        intent = call.from_param("payment_intent", "payment_intent", intent_id)
        charge = call.from_param("charge", "charge", intent["latest_charge"])
        check_undisputed(charge)
        if amount <= charge["amount"] - charge["amount_refunded"]:
            return give_refund(call, charge, amount, reason="requested_by_customer")
    raise InvalidRequest(
        "The refund amount is greater than what was paid by charge and is not refunded yet.",
        param="refund_amount",
    )
