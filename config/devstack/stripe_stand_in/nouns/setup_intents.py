"""Setup intents: saving a card for later without charging it."""

from config.devstack.stripe_stand_in.cards import BY_LAST4, Authentication
from config.devstack.stripe_stand_in.errors import CardRefused, InvalidRequest
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.charging import ask_for_holder
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.nouns.payment_intents import AUTOMATIC_METHODS
from config.devstack.stripe_stand_in.nouns.payment_methods import attach_method, resolve_method
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    FLAG,
    METADATA,
    MOMENT,
    PAGE,
    TEXT,
    ListOf,
    OneOf,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

PATH = "/v1/setup_intents/{intent}"
CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


@endpoint(
    "POST",
    "/v1/setup_intents",
    customer=TEXT,
    payment_method=TEXT,
    confirm=FLAG,
    usage=OneOf("off_session", "on_session"),
    description=TEXT,
    metadata=METADATA,
    return_url=TEXT,
    allowed_payment_method_types=ListOf(TEXT),
    automatic_payment_methods=AUTOMATIC_METHODS,
)
def create_setup_intent(call: Call) -> Json:
    """Make a setup intent, and confirm it at once when asked to."""
    params = call.params
    if "customer" in params:
        call.from_param("customer", "customer", params["customer"])
    row_id = call.make_id("seti")
    intent = new_object(
        "setup_intent",
        row_id,
        call.now,
        client_secret=call.make_secret(row_id),
        status="requires_payment_method",
    )
    if "payment_method" in params:
        method = resolve_method(call, params["payment_method"], "payment_method")
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    for name in ("customer", "usage", "description", "automatic_payment_methods"):
        intent[name] = params.get(name, intent[name])
    merge_metadata(intent, params)
    call.emit("setup_intent.created", intent)
    return confirm_setup(call, intent) if params.get("confirm") else intent


@endpoint("POST", f"{PATH}/confirm", payment_method=TEXT, return_url=TEXT)
def confirm_setup_intent(call: Call) -> Json:
    """Check the card with its bank and save it."""
    intent = call.from_path("setup_intent", "intent")
    if "payment_method" in call.params:
        method = resolve_method(call, call.params["payment_method"], "payment_method")
        intent["payment_method"] = method["id"]
    return confirm_setup(call, intent)


@endpoint("GET", PATH)
def retrieve_setup_intent(call: Call) -> Json:
    """One setup intent."""
    return call.from_path("setup_intent", "intent")


@endpoint("GET", "/v1/setup_intents", **PAGE, customer=TEXT, payment_method=TEXT, created=MOMENT)
def list_setup_intents(call: Call) -> Json:
    """Setup intents, newest first."""
    return list_page(
        call, "setup_intent", "/v1/setup_intents", equal=("customer", "payment_method")
    )


def confirm_setup(call: Call, intent: Json, *, authenticated: bool = False) -> Json:
    """Save the card, unless its bank declines or wants to see the holder. Raises CardRefused."""
    if intent["status"] not in CONFIRMABLE or intent["payment_method"] is None:
        raise InvalidRequest(
            f"You cannot confirm this SetupIntent because it has a status of {intent['status']}.",
            code="setup_intent_unexpected_state",
        )
    method = call.from_param("payment_method", "payment_method", intent["payment_method"])
    card = BY_LAST4[method["card"]["last4"]]
    if card.authentication is not Authentication.NEVER and not authenticated:
        intent |= {"status": "requires_action", "next_action": ask_for_holder()}
        call.emit("setup_intent.requires_action", intent)
        return intent
    try:
        if intent["customer"] is not None:
            attach_method(call, method, intent["customer"])
    except CardRefused as refused:
        error = refused.body()["error"]
        intent |= {"status": "requires_payment_method", "last_setup_error": error}
        call.emit("setup_intent.setup_failed", intent)
        refused.extra["setup_intent"] = dict(intent)
        raise
    intent |= {"status": "succeeded", "next_action": None, "last_setup_error": None}
    call.emit("setup_intent.succeeded", intent)
    return intent
