"""Finalizing: the number, what is due after the customer's balance, and the payment to come."""

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.money import LEAST_CHARGE_MINOR
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.settlement import payment_id, settle_invoice
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call


def finalize(call: Call, invoice: Json) -> Json:
    """Number a draft and open it; it is paid at once when nothing is due.

    Raises InvalidRequest for an invoice without lines.
    """
    if not any(call.books.newest("line_item", invoice=invoice["id"])):
        raise InvalidRequest(
            "Nothing to invoice for customer", code="invoice_no_customer_line_items"
        )
    customer = call.from_param("customer", "customer", invoice["customer"])
    apply_balance(call, invoice, customer)
    page = f"{call.world.base_url}/_pages/invoices/{invoice['id']}"
    invoice |= {
        "status": "open",
        "number": invoice["number"] or next_number(customer),
        "effective_at": call.now,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_tax_exempt": customer["tax_exempt"],
        "hosted_invoice_url": page,
        "invoice_pdf": f"{page}/pdf",
    }
    invoice["status_transitions"]["finalized_at"] = call.now
    call.emit("customer.updated", customer)
    call.emit("invoice.finalized", invoice)
    if invoice["amount_due"] > 0:
        open_payment(call, invoice)
    else:
        settle_invoice(call, invoice)
    return invoice


def next_number(customer: Json) -> str:
    """The customer's next invoice number."""
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    return number


def apply_balance(call: Call, invoice: Json, customer: Json) -> None:
    """Settle the total against the customer's balance; too little to charge is carried there."""
    due = invoice["total"] + customer["balance"]
    least = LEAST_CHARGE_MINOR[invoice["currency"]]
    carried = due if due < least else 0
    invoice |= {
        "starting_balance": customer["balance"],
        "ending_balance": carried,
        "amount_due": due - carried,
        "amount_remaining": due - carried,
    }
    customer["balance"] = carried
    call.books.put(customer)


def open_payment(call: Call, invoice: Json) -> None:
    """Make the payment intent and the invoice payment that will settle the invoice."""
    row_id = call.make_id("pi")
    fee = call.books.find("invoice_fee", invoice["id"])
    intent = new_object(
        "payment_intent",
        row_id,
        call.now,
        amount=invoice["amount_due"],
        application_fee_amount=fee["amount"] if fee else None,
        client_secret=call.make_secret(row_id),
        currency=invoice["currency"],
        customer=invoice["customer"],
        description=f"Payment for Invoice {invoice['number']}",
        status="requires_payment_method",
    )
    payment = new_object(
        "invoice_payment",
        payment_id(intent),
        call.now,
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        payment={"type": "payment_intent", "payment_intent": row_id},
    )
    call.books.put(payment)
    call.emit("payment_intent.created", intent)


def abandon_payment(call: Call, invoice: Json) -> None:
    """Cancel what was to settle the invoice."""
    for payment in call.books.newest("invoice_payment", invoice=invoice["id"], status="open"):
        intent_id = payment["payment"]["payment_intent"]
        intent = call.from_param("payment_intent", "payment_intent", intent_id)
        intent |= {
            "status": "canceled",
            "canceled_at": call.now,
            "cancellation_reason": "void_invoice",
        }
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = call.now
        call.books.put(payment)
        call.emit("payment_intent.canceled", intent)
