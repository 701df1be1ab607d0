"""Taking money: a payment intent meets its card, and a charge, a hold or a decline comes of it."""

from config.devstack.stripe_stand_in.cards import (
    AUTHENTICATE,
    BY_LAST4,
    Authentication,
    Card,
    Decline,
)
from config.devstack.stripe_stand_in.errors import CardRefused
from config.devstack.stripe_stand_in.money import card_fee
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.payment_methods import decline_card
from config.devstack.stripe_stand_in.tables import Json, copy_json
from config.devstack.stripe_stand_in.world import Call

HOLD_S = 7 * 24 * 3600
AVAILABLE_AFTER_S = 3 * 24 * 3600


def ask_for_holder() -> Json:
    """The next action of an intent whose bank wants to see the card's holder."""
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": ""},
    }


def charge_intent(
    call: Call, intent: Json, method: Json, *, off_session: bool, authenticated: bool = False
) -> None:
    """Try to take the intent's amount: it ends paid, held, or waiting for the holder.

    Raises CardRefused, with the intent open for another payment method.
    """
    card = BY_LAST4[method["card"]["last4"]]
    intent["payment_method"] = method["id"]
    wants_holder = not authenticated and needs_holder(call, card, method)
    if wants_holder and not off_session:
        intent |= {"status": "requires_action", "next_action": ask_for_holder()}
        call.emit("payment_intent.requires_action", intent)
        return
    decline = AUTHENTICATE if wants_holder else card.decline
    if decline is not None:
        raise record_decline(call, intent, method, decline)
    intent |= {"next_action": None, "last_payment_error": None}
    charge = make_charge(call, intent, method, None)
    if intent["capture_method"] == "manual":
        hold_amount(call, intent, charge)
    else:
        take_amount(call, intent, charge, intent["amount"])
        call.emit("charge.succeeded", charge)
        call.emit("payment_intent.succeeded", intent)


def needs_holder(call: Call, card: Card, method: Json) -> bool:
    """True when the bank wants to see the holder for this payment."""
    if card.authentication is Authentication.UNTIL_SET_UP:
        intents = call.books.newest("setup_intent", payment_method=method["id"])
        return not any(intent["status"] == "succeeded" for intent in intents)
    return card.authentication is Authentication.ALWAYS


def record_decline(call: Call, intent: Json, method: Json, decline: Decline) -> CardRefused:
    """Keep the failed charge and reopen the intent; the refusal to raise."""
    charge = make_charge(call, intent, method, decline)
    refusal = decline_card(decline, charge=charge["id"], payment_method=copy_json(method))
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": refusal.body()["error"],
    }
    call.emit("charge.failed", charge)
    call.emit("payment_intent.payment_failed", intent)
    refusal.extra["payment_intent"] = copy_json(intent)
    return refusal


def make_charge(call: Call, intent: Json, method: Json, decline: Decline | None) -> Json:
    """Keep a charge for the intent, failed when there is a decline."""
    row_id = call.make_id("ch")
    charge = new_object(
        "charge",
        row_id,
        call.now,
        amount=intent["amount"],
        application_fee_amount=intent["application_fee_amount"],
        billing_details=copy_json(method["billing_details"]),
        captured=False,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        failure_code=decline.code if decline else None,
        failure_message=decline.message if decline else None,
        metadata=dict(intent["metadata"]),
        outcome=show_outcome(decline),
        paid=decline is None,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"card": show_card(method["card"], intent), "type": "card"},
        receipt_url=f"{call.world.base_url}/_pages/receipts/{row_id}",
        status="failed" if decline else "succeeded",
    )
    intent["latest_charge"] = row_id
    return call.books.put(charge)


def show_outcome(decline: Decline | None) -> Json:
    """What the bank said."""
    shown: Json = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if decline is not None:
        shown |= {
            "network_status": "declined_by_network",
            "reason": decline.decline_code,
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        }
    return shown


def show_card(card: Json, intent: Json) -> Json:
    """The card as a charge shows it."""
    known = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding")
    return {
        **{name: copy_json(card[name]) for name in known},
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {
            "maximum_amount_capturable": intent["amount"],
            "status": "unavailable",
        },
        "regulated_status": card["regulated_status"],
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }


def hold_amount(call: Call, intent: Json, charge: Json) -> None:
    """Authorise without capturing; the hold falls due after seven days."""
    until = call.now + HOLD_S
    charge["payment_method_details"]["card"]["capture_before"] = until
    intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
    call.emit("charge.succeeded", charge)
    call.emit("payment_intent.amount_capturable_updated", intent)
    call.world.schedule(until, call.books.account_id, "expire_hold", intent["id"])


def take_amount(call: Call, intent: Json, charge: Json, amount: int) -> None:
    """Book the money (minor units) as taken, Stripe's fee and the platform's kept back."""
    charge |= {"captured": True, "amount_captured": amount}
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    fees = [fee_detail(card_fee(amount, intent["currency"]), intent["currency"], "stripe_fee")]
    if intent["application_fee_amount"]:
        fees.append(
            fee_detail(intent["application_fee_amount"], intent["currency"], "application_fee")
        )
    movement = record_movement(call, charge, "charge", amount, fees)
    charge["balance_transaction"] = movement["id"]


def fee_detail(amount: int, currency: str, kind: str) -> Json:
    """One fee as a balance transaction lists it."""
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees" if kind == "stripe_fee" else "Application fee",
        "type": kind,
    }


def record_movement(call: Call, source: Json, kind: str, amount: int, fees: list[Json]) -> Json:
    """Keep a balance transaction: `amount` minor units in (or out, when negative), less fees."""
    fee = sum(detail["amount"] for detail in fees)
    movement = new_object(
        "balance_transaction",
        call.make_id("txn"),
        call.now,
        amount=amount,
        available_on=call.now + (AVAILABLE_AFTER_S if amount > 0 else 0),
        currency=source["currency"],
        description=source.get("description"),
        fee=fee,
        fee_details=fees,
        net=amount - fee,
        reporting_category=kind,
        source=source["id"],
        status="pending" if amount > 0 else "available",
        type=kind,
    )
    return call.books.put(movement)
