"""What people do outside of the API: pay, prove who they are, dispute; refund by hand."""

from config.devstack.stripe_stand_in.errors import CardRefused, InvalidRequest
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.disputes import decide_dispute, open_dispute
from config.devstack.stripe_stand_in.nouns.payment_intents import new_intent
from config.devstack.stripe_stand_in.nouns.payment_methods import attach_method, resolve_method
from config.devstack.stripe_stand_in.nouns.refunds import give_refund, send_back
from config.devstack.stripe_stand_in.nouns.settlement import collect
from config.devstack.stripe_stand_in.nouns.setup_intents import confirm_setup
from config.devstack.stripe_stand_in.tables import Json, copy_json
from config.devstack.stripe_stand_in.world import Call


def complete_checkout(call: Call, session_id: str, card: str) -> Json:
    """Pay, or save the card, on the session's page; a decline (CardRefused) leaves it open."""
    session = call.from_param("checkout.session", "session", session_id)
    if session["status"] != "open":
        raise InvalidRequest(f"This Checkout Session is {session['status']}.")
    plan = call.books.find("checkout_plan", session_id) or {}
    customer_id = find_customer(call, session, plan)
    method = resolve_method(call, card, "payment_method")
    session["customer"] = customer_id
    if session["mode"] == "payment":
        pay_session(call, session, method, plan.get("payment_intent_data", {}))
    else:
        save_session_card(call, session, method, plan.get("setup_intent_data", {}))
    session |= {
        "status": "complete",
        "url": None,
        "customer_details": {
            "address": None,
            "business_name": None,
            "email": session["customer_email"],
            "individual_name": None,
            "name": None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }
    call.emit("checkout.session.completed", session)
    return session


def find_customer(call: Call, session: Json, plan: Json) -> str | None:
    """The session's customer; made when the session needs one and has none."""
    wanted = session["customer_creation"] == "always" or session["mode"] == "setup"
    wanted = wanted or "setup_future_usage" in plan.get("payment_intent_data", {})
    if session["customer"] is not None or not wanted:
        known: str | None = session["customer"]
        return known
    customer = new_object(
        "customer",
        call.make_id("cus", 14),
        call.now,
        email=session["customer_email"],
        invoice_prefix=call.make_id("", 8).removeprefix("_").upper(),
    )
    call.emit("customer.created", customer)
    return str(customer["id"])


def pay_session(call: Call, session: Json, method: Json, data: Json) -> None:
    """Charge the session's payment intent, made now if there is none; the payer authenticates."""
    intent = call.books.find("payment_intent", session["payment_intent"] or "")
    if intent is None:
        intent = new_intent(call, session["amount_total"], session["currency"])
        intent |= copy_json(data) | {"customer": session["customer"]}
        session["payment_intent"] = intent["id"]
        call.emit("payment_intent.created", intent)
    if intent["setup_future_usage"] and session["customer"]:
        attach_method(call, method, session["customer"])
    collect(call, intent, method, off_session=False, authenticated=True)
    session["payment_status"] = "unpaid" if intent["status"] == "requires_capture" else "paid"


def save_session_card(call: Call, session: Json, method: Json, data: Json) -> None:
    """Make the session's setup intent and save the card."""
    row_id = call.make_id("seti")
    intent = new_object(
        "setup_intent",
        row_id,
        call.now,
        client_secret=call.make_secret(row_id),
        customer=session["customer"],
        payment_method=method["id"],
        status="requires_confirmation",
    )
    intent |= copy_json(data)
    session["setup_intent"] = row_id
    call.emit("setup_intent.created", intent)
    confirm_setup(call, intent, authenticated=True)


def pay_hosted_invoice(call: Call, invoice_id: str, card: str) -> Json:
    """Pay an open invoice on its page, present and able to authenticate. Raises CardRefused."""
    invoice = call.from_param("invoice", "invoice", invoice_id)
    method = resolve_method(call, card, "payment_method")
    for payment in call.books.newest("invoice_payment", invoice=invoice_id, status="open"):
        intent_id = payment["payment"]["payment_intent"]
        intent = call.from_param("payment_intent", "payment_intent", intent_id)
        collect(call, intent, method, off_session=False, authenticated=True)
        return invoice
    raise InvalidRequest("There is nothing to pay on this invoice.")


def change_card(call: Call, customer_id: str, card: str) -> Json:
    """Save another card at the portal and have invoices charged to it. Raises CardRefused."""
    customer = call.from_param("customer", "customer", customer_id)
    method = attach_method(call, resolve_method(call, card, "payment_method"), customer_id)
    settings = customer["invoice_settings"]
    previous = {"invoice_settings": copy_json(settings)}
    settings["default_payment_method"] = method["id"]
    call.emit("customer.updated", customer, previous)
    return customer


def authenticate_intent(call: Call, intent_id: str, *, passed: bool = True) -> Json:
    """Answer the bank's question for an intent that waits for its holder. Raises CardRefused."""
    intent = call.from_param("payment_intent", "payment_intent", intent_id)
    if intent["status"] != "requires_action":
        raise InvalidRequest(f"This PaymentIntent has a status of {intent['status']}.")
    if not passed:
        refusal = CardRefused(
            "We are unable to authenticate your payment method. Please choose a different "
            "payment method and try again.",
            code="payment_intent_authentication_failure",
        )
        intent |= {
            "status": "requires_payment_method",
            "payment_method": None,
            "next_action": None,
            "last_payment_error": refusal.body()["error"],
        }
        call.emit("payment_intent.payment_failed", intent)
        return intent
    method = resolve_method(call, intent["payment_method"], "payment_method")
    collect(call, intent, method, off_session=False, authenticated=True)
    return intent


def dispute_charge(call: Call, charge_id: str) -> Json:
    """Ask one's bank for the money of a charge back."""
    charge = call.from_param("charge", "charge", charge_id)
    if charge["disputed"]:
        raise InvalidRequest("This charge is disputed already.")
    return open_dispute(call, charge)


def close_dispute(call: Call, dispute_id: str, won: bool) -> Json:
    """Decide a dispute as the card's bank."""
    return decide_dispute(call, call.from_param("dispute", "dispute", dispute_id), won=won)


def refund_in_dashboard(call: Call, charge_id: str, amount: int) -> Json:
    """Give part of a charge (minor units) back by hand, as a seller's person can."""
    charge = call.from_param("charge", "charge", charge_id)
    if not 0 < amount <= charge["amount"] - charge["amount_refunded"]:
        raise InvalidRequest("There is not so much left of this charge.")
    return give_refund(call, charge, amount)


def return_refund(call: Call, refund_id: str) -> Json:
    """Let the card's bank send a refund back."""
    refund = call.from_param("refund", "refund", refund_id)
    if refund["status"] != "succeeded":
        raise InvalidRequest(f"This refund has a status of {refund['status']}.")
    return send_back(call, refund)
