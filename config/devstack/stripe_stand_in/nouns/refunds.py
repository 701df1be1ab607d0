"""Refunds: money given back to the card it came from."""

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.money import format_minor
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.charging import record_movement
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    FLAG,
    METADATA,
    MOMENT,
    PAGE,
    POSITIVE,
    TEXT,
    Clearable,
    OneOf,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call


@endpoint(
    "POST",
    "/v1/refunds",
    amount=POSITIVE,
    charge=TEXT,
    payment_intent=TEXT,
    reason=OneOf("duplicate", "fraudulent", "requested_by_customer"),
    refund_application_fee=FLAG,
    metadata=Clearable(METADATA),
)
def create_refund(call: Call) -> Json:
    """Give back all that is left of a charge, or a part of it."""
    charge = find_charge(call)
    check_undisputed(charge)
    left = charge["amount"] - charge["amount_refunded"]
    if left <= 0:
        raise InvalidRequest(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = call.params.get("amount", left)
    if amount > left:
        raise InvalidRequest(
            f"Refund amount ({format_minor(amount, charge['currency'])}) is greater than "
            f"unrefunded amount on charge ({format_minor(left, charge['currency'])})",
            param="amount",
        )
    reason = call.params.get("reason")
    return give_refund(call, charge, amount, reason=reason, notes=call.params.get("metadata"))


@endpoint("GET", "/v1/refunds/{refund}")
def retrieve_refund(call: Call) -> Json:
    """One refund."""
    return call.from_path("refund", "refund")


@endpoint("POST", "/v1/refunds/{refund}", metadata=Clearable(METADATA))
def update_refund(call: Call) -> Json:
    """Change a refund's metadata, the only thing that can be changed."""
    refund = call.from_path("refund", "refund")
    merge_metadata(refund, call.params)
    call.emit("refund.updated", refund)
    return refund


@endpoint("GET", "/v1/refunds", **PAGE, charge=TEXT, payment_intent=TEXT, created=MOMENT)
def list_refunds(call: Call) -> Json:
    """Refunds, newest first."""
    return list_page(call, "refund", "/v1/refunds", equal=("charge", "payment_intent"))


def find_charge(call: Call) -> Json:
    """The captured charge to refund. Raises InvalidRequest."""
    params = call.params
    if ("charge" in params) == ("payment_intent" in params):
        raise InvalidRequest(
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            code="parameter_missing",
        )
    charge_id = params.get("charge")
    if charge_id is None:
        intent = call.from_param("payment_intent", "payment_intent", params["payment_intent"])
        charge_id = intent["latest_charge"]
    if charge_id is None:
        raise InvalidRequest(
            "This PaymentIntent does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
        )
    charge = call.from_param("charge", "charge", charge_id)
    if not charge["captured"]:
        raise InvalidRequest(
            f"Charge {charge['id']} was not captured; cancel its payment intent instead.",
            code="charge_not_refundable",
        )
    return charge


def check_undisputed(charge: Json) -> None:
    """The bank has taken the money already. Raises InvalidRequest."""
    if charge["disputed"]:
        raise InvalidRequest(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )


def send_back(call: Call, refund: Json) -> Json:
    """The card's bank does not take the refund: the money is the account's again."""
    charge = call.from_param("charge", "charge", refund["charge"])
    movement = record_movement(call, refund, "refund_failure", refund["amount"], [])
    refund |= {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
        "failure_balance_transaction": movement["id"],
    }
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    call.books.put(charge)
    call.emit("refund.failed", refund)
    call.emit("charge.updated", charge)
    return refund


def give_refund(
    call: Call, charge: Json, amount: int, *, reason: str | None = None, notes: Json | None = None
) -> Json:
    """Keep a refund over `amount` minor units and move the money."""
    refund = new_object(
        "refund",
        call.make_id("re"),
        call.now,
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
        reason=reason,
    )
    refund["metadata"] = dict(notes or {})
    refund["balance_transaction"] = record_movement(call, refund, "refund", -amount, [])["id"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    call.emit("refund.created", refund)
    call.emit("charge.refunded", charge)
    return refund
