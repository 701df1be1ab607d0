"""What a payment means for the invoice it belongs to, whichever door the payment came through."""

from config.devstack.stripe_stand_in.errors import CardRefused
from config.devstack.stripe_stand_in.nouns.charging import charge_intent
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call


def collect(
    call: Call, intent: Json, method: Json, *, off_session: bool, authenticated: bool = False
) -> None:
    """Charge the intent and carry the outcome over to its invoice. Raises CardRefused."""
    payment = find_payment(call, intent)
    invoice = call.books.find("invoice", payment["invoice"]) if payment else None
    try:
        charge_intent(call, intent, method, off_session=off_session, authenticated=authenticated)
    except CardRefused as refused:
        if invoice is not None:
            report_failure(call, invoice, refused.code == "authentication_required")
        raise
    if invoice is None or payment is None:
        return
    if intent["status"] == "succeeded":
        credit_payment(call, invoice, payment)
    elif intent["status"] == "requires_action":
        report_failure(call, invoice, wants_holder=True)


def report_failure(call: Call, invoice: Json, wants_holder: bool) -> None:
    """Tell that an invoice could not be paid; it stays open."""
    count_attempt(invoice)
    call.emit("invoice.payment_failed", invoice)
    if wants_holder:
        call.emit("invoice.payment_action_required", invoice)


def count_attempt(invoice: Json) -> None:
    """Note that a payment was tried."""
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}


def credit_payment(call: Call, invoice: Json, payment: Json) -> None:
    """Put a payment that came in to the invoice's credit."""
    count_attempt(invoice)
    amount = payment["amount_requested"]
    payment |= {"status": "paid", "amount_paid": amount}
    payment["status_transitions"]["paid_at"] = call.now
    invoice["amount_paid"] += amount
    invoice["amount_remaining"] -= amount
    call.emit("invoice_payment.paid", payment)
    if invoice["amount_remaining"] <= 0:
        settle_invoice(call, invoice)


def settle_invoice(call: Call, invoice: Json) -> None:
    """Nothing is left to pay: the invoice is paid."""
    invoice |= {"status": "paid", "next_payment_attempt": None}
    invoice["status_transitions"]["paid_at"] = call.now
    call.emit("invoice.paid", invoice)
    call.emit("invoice.payment_succeeded", invoice)


def payment_id(intent: Json) -> str:
    """An invoice payment's id follows from its intent's, so that each leads to the other."""
    return f"inpay_{intent['id'].removeprefix('pi_')}"


def find_payment(call: Call, intent: Json) -> Json | None:
    """The invoice payment an intent was made for, if it was made for one."""
    return call.books.find("invoice_payment", payment_id(intent))
