"""Payment intents: create, confirm, capture, cancel, update, retrieve, list, and holds that end."""

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.money import CURRENCY, check_chargeable, format_minor
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.charging import take_amount
from config.devstack.stripe_stand_in.nouns.metadata import change_row, merge_metadata
from config.devstack.stripe_stand_in.nouns.payment_methods import resolve_method
from config.devstack.stripe_stand_in.nouns.settlement import collect, find_payment
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
    EitherOf,
    Field,
    ListOf,
    OneOf,
    Record,
    Required,
    Text,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call, due_action

PATH = "/v1/payment_intents/{intent}"
CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
CANCELLABLE = CONFIRMABLE | {"requires_capture", "processing"}
AUTOMATIC_METHODS = Record(enabled=Required(FLAG), allow_redirects=OneOf("always", "never"))
OFF_SESSION = EitherOf(OneOf("one_off", "recurring"), FLAG)
REASONS = OneOf("abandoned", "duplicate", "fraudulent", "requested_by_customer")
DETAILS: dict[str, Field] = {
    "description": TEXT,
    "receipt_email": TEXT,
    "setup_future_usage": OneOf("off_session", "on_session"),
    "statement_descriptor": Text(longest=22),
    "statement_descriptor_suffix": Text(longest=22),
    "transfer_group": TEXT,
}


@endpoint(
    "POST",
    "/v1/payment_intents",
    **DETAILS,
    amount=Required(POSITIVE),
    currency=Required(CURRENCY),
    customer=TEXT,
    payment_method=TEXT,
    confirm=FLAG,
    off_session=OFF_SESSION,
    capture_method=OneOf("automatic", "automatic_async", "manual"),
    application_fee_amount=NATURAL,
    allowed_payment_method_types=ListOf(TEXT),
    automatic_payment_methods=AUTOMATIC_METHODS,
    metadata=METADATA,
    return_url=TEXT,
)
def create_intent(call: Call) -> Json:
    """Make a payment intent, and confirm it at once when asked to."""
    params = call.params
    check_intent(call)
    intent = new_intent(call, params["amount"], params["currency"])
    kept = ("customer", "capture_method", "application_fee_amount", "automatic_payment_methods")
    intent |= {name: params[name] for name in (*DETAILS, *kept) if name in params}
    merge_metadata(intent, params)
    if "payment_method" in params:
        choose_method(call, intent, params["payment_method"])
    call.emit("payment_intent.created", intent)
    return confirm(call, intent) if params.get("confirm") else intent


@endpoint("POST", f"{PATH}/confirm", payment_method=TEXT, off_session=OFF_SESSION, return_url=TEXT)
def confirm_intent(call: Call) -> Json:
    """Try to take the money."""
    intent = call.from_path("payment_intent", "intent")
    check_state(intent, CONFIRMABLE, "confirm")
    if "payment_method" in call.params:
        choose_method(call, intent, call.params["payment_method"])
    return confirm(call, intent)


@endpoint(
    "POST",
    f"{PATH}/capture",
    amount_to_capture=POSITIVE,
    application_fee_amount=NATURAL,
    metadata=Clearable(METADATA),
    statement_descriptor=Text(longest=22),
    final_capture=FLAG,
)
def capture_intent(call: Call) -> Json:
    """Take at most what is held; what is left of the hold is given back and listed as a refund."""
    intent = call.from_path("payment_intent", "intent")
    check_state(intent, {"requires_capture"}, "capture")
    held = intent["amount_capturable"]
    amount = int(call.params.get("amount_to_capture") or held)
    if amount > held:
        raise InvalidRequest(
            "The amount_to_capture could not be greater than the amount_capturable of "
            f"{format_minor(held, intent['currency'])}.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    merge_metadata(intent, call.params)
    fee = call.params.get("application_fee_amount", intent["application_fee_amount"])
    intent["application_fee_amount"] = fee
    charge = call.from_param("charge", "latest_charge", intent["latest_charge"])
    take_amount(call, intent, charge, amount)
    call.emit("charge.captured", charge)
    if amount < held:
        give_back(call, intent, charge, held - amount)
    call.emit("payment_intent.succeeded", intent)
    return intent


@endpoint("POST", f"{PATH}/cancel", cancellation_reason=REASONS)
def cancel_intent(call: Call) -> Json:
    """Give up a payment that is not yet taken; a hold is released."""
    intent = call.from_path("payment_intent", "intent")
    check_state(intent, CANCELLABLE, "cancel")
    if find_payment(call, intent) is not None:
        raise InvalidRequest(
            "You cannot cancel this PaymentIntent because it was created by an invoice; "
            "void the invoice instead.",
            code="payment_intent_unexpected_state",
        )
    return cancel(call, intent, call.params.get("cancellation_reason"))


@endpoint("POST", PATH, **DETAILS, amount=POSITIVE, metadata=Clearable(METADATA))
def update_intent(call: Call) -> Json:
    """Change a payment intent; its amount only while nothing has been tried."""
    intent = call.from_path("payment_intent", "intent")
    if "amount" in call.params:
        check_state(intent, {"requires_payment_method", "requires_confirmation"}, "update")
        check_chargeable(call.params["amount"], intent["currency"])
    merge_metadata(intent, call.params)
    changes = {name: value for name, value in call.params.items() if name != "metadata"}
    change_row(intent, changes)
    call.books.put(intent)
    return intent


@endpoint("GET", PATH)
def retrieve_intent(call: Call) -> Json:
    """One payment intent."""
    return call.from_path("payment_intent", "intent")


@endpoint("GET", "/v1/payment_intents", **PAGE, customer=TEXT, created=MOMENT)
def list_intents(call: Call) -> Json:
    """Payment intents, newest first."""
    return list_page(call, "payment_intent", "/v1/payment_intents", equal=("customer",))


@due_action("expire_hold")
def expire_hold(call: Call, intent_id: str) -> None:
    """The bank takes back a hold that was never captured."""
    intent = call.books.find("payment_intent", intent_id)
    if intent is not None and intent["status"] == "requires_capture":
        cancel(call, intent, "automatic")


def check_intent(call: Call) -> None:
    """Refuse what cannot become a payment. Raises InvalidRequest."""
    params = call.params
    check_chargeable(params["amount"], params["currency"])
    if "customer" in params:
        call.from_param("customer", "customer", params["customer"])
    if "off_session" in params and not params.get("confirm"):
        raise InvalidRequest(
            "The parameter off_session can only be used when confirm=true.", param="off_session"
        )
    if params.get("application_fee_amount") and not call.books.connected:
        raise InvalidRequest(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a "
            "direct payment (using an OAuth key or Stripe-Account header) or destination payment.",
            param="application_fee_amount",
        )


def new_intent(call: Call, amount: int, currency: str) -> Json:
    """A payment intent over an amount in minor units, not yet kept."""
    row_id = call.make_id("pi")
    return new_object(
        "payment_intent",
        row_id,
        call.now,
        amount=amount,
        currency=currency,
        client_secret=call.make_secret(row_id),
        status="requires_payment_method",
    )


def choose_method(call: Call, intent: Json, name: str) -> None:
    """Put a payment method on the intent. Raises InvalidRequest if it is another customer's."""
    method = resolve_method(call, name, "payment_method")
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        raise InvalidRequest(
            f"The customer does not have a payment method with the ID {method['id']}. The "
            "payment method must be attached to the customer.",
            code="payment_intent_payment_attempt_failed",
            param="payment_method",
        )
    intent |= {"payment_method": method["id"], "status": "requires_confirmation"}


def confirm(call: Call, intent: Json) -> Json:
    """Charge the chosen method. Raises CardRefused, or InvalidRequest when none is chosen."""
    if intent["payment_method"] is None:
        raise InvalidRequest(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You "
            "can either update the PaymentIntent with a payment method and then confirm it "
            "again, or confirm it again directly with a payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
        )
    method = resolve_method(call, intent["payment_method"], "payment_method")
    off_session = call.params.get("off_session", False) is not False
    collect(call, intent, method, off_session=off_session)
    return intent


def check_state(intent: Json, allowed: set[str], act: str) -> None:
    """Raise InvalidRequest unless the intent's status is among the allowed."""
    if intent["status"] not in allowed:
        raise InvalidRequest(
            f"You cannot {act} this PaymentIntent because it has a status of {intent['status']}. "
            f"Only a PaymentIntent with one of the following statuses may be used: "
            f"{', '.join(sorted(allowed))}.",
            code="payment_intent_unexpected_state",
            payment_intent=dict(intent),
        )


def cancel(call: Call, intent: Json, reason: str | None) -> Json:
    """End the intent; a hold is given back to the card."""
    held = intent["amount_capturable"]
    intent |= {
        "status": "canceled",
        "canceled_at": call.now,
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    if held:
        charge = call.from_param("charge", "latest_charge", intent["latest_charge"])
        give_back(call, intent, charge, held)
    call.emit("payment_intent.canceled", intent)
    return intent


def give_back(call: Call, intent: Json, charge: Json, amount: int) -> None:
    """Release held money that was not captured; Stripe shows it as refunded though none moved."""
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    refund = new_object(
        "refund",
        call.make_id("re"),
        call.now,
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        payment_intent=intent["id"],
        destination_details={"card": {"type": "reversal"}, "type": "card"},
    )
    call.books.put(refund)
    call.emit("charge.refunded", charge)
