"""Checkout sessions: a page where a stranger pays, holds or saves a card."""

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.money import CURRENCY, check_chargeable
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    METADATA,
    MOMENT,
    NATURAL,
    PAGE,
    POSITIVE,
    TEXT,
    Field,
    ListOf,
    OneOf,
    Record,
    Required,
    Text,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json, copy_json
from config.devstack.stripe_stand_in.world import Call, due_action

PATH = "/v1/checkout/sessions/{session}"
OPEN_S = 24 * 3600
SHORTEST_OPEN_S = 30 * 60
LINE = Record(
    price_data=Required(
        Record(
            currency=Required(CURRENCY),
            product_data=Required(Record(name=Required(TEXT), description=TEXT)),
            unit_amount=Required(NATURAL),
            tax_behavior=OneOf("inclusive", "exclusive", "unspecified"),
        )
    ),
    quantity=POSITIVE,
)
INTENT_DATA = Record(
    application_fee_amount=NATURAL,
    capture_method=OneOf("automatic", "automatic_async", "manual"),
    description=TEXT,
    metadata=METADATA,
    receipt_email=TEXT,
    setup_future_usage=OneOf("off_session", "on_session"),
    statement_descriptor=Text(longest=22),
    statement_descriptor_suffix=Text(longest=22),
)
SESSION: dict[str, Field] = {
    "mode": Required(OneOf("payment", "setup")),
    "line_items": ListOf(LINE, most=100),
    "payment_intent_data": INTENT_DATA,
    "setup_intent_data": Record(description=TEXT, metadata=METADATA),
    "success_url": TEXT,
    "cancel_url": TEXT,
    "client_reference_id": Text(longest=200),
    "currency": CURRENCY,
    "customer": TEXT,
    "customer_email": TEXT,
    "customer_creation": OneOf("always", "if_required"),
    "expires_at": POSITIVE,
    "locale": OneOf("auto", "sv", "en", "da", "nb", "fi", "de"),
    "metadata": METADATA,
    "allowed_payment_method_types": ListOf(TEXT),
    "submit_type": OneOf("auto", "book", "donate", "pay"),
    "ui_mode": OneOf("hosted_page"),
}
COPIED = (
    "success_url",
    "cancel_url",
    "client_reference_id",
    "customer",
    "customer_email",
    "customer_creation",
    "locale",
    "submit_type",
)


@endpoint("POST", "/v1/checkout/sessions", **SESSION)
def create_session(call: Call) -> Json:
    """Open a session; its payment intent is only made when somebody pays."""
    params = call.params
    row_id = call.make_id("cs_test", 58)
    session = new_object(
        "checkout.session",
        row_id,
        call.now,
        currency=params.get("currency"),
        expires_at=check_expiry(call),
        mode=params["mode"],
        url=f"{call.world.base_url}/_pages/checkout/{row_id}",
    )
    if "customer" in params:
        call.from_param("customer", "customer", params["customer"])
    if "success_url" not in params:
        raise InvalidRequest(
            "Missing required param: success_url.", code="parameter_missing", param="success_url"
        )
    session |= {name: params[name] for name in COPIED if name in params}
    if "allowed_payment_method_types" in params:
        session["payment_method_types"] = params["allowed_payment_method_types"]
    if params["mode"] == "payment":
        sum_lines(call, session)
    else:
        session["payment_status"] = "no_payment_required"
    merge_metadata(session, params)
    plan = {name: params[name] for name in params if name.endswith("_intent_data")}
    call.books.put({"object": "checkout_plan", "id": row_id, **copy_json(plan)})
    call.books.put(session)
    call.world.schedule(
        session["expires_at"], call.books.account_id, "expire_session", session["id"]
    )
    return session


@endpoint("GET", PATH)
def retrieve_session(call: Call) -> Json:
    """One session."""
    return call.from_path("checkout.session", "session")


@endpoint("POST", f"{PATH}/expire")
def expire_session(call: Call) -> Json:
    """Close an open session at once."""
    session = call.from_path("checkout.session", "session")
    if session["status"] != "open":
        raise InvalidRequest(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of `{session['status']}`."
        )
    return expire(call, session)


@endpoint(
    "GET",
    "/v1/checkout/sessions",
    **PAGE,
    created=MOMENT,
    customer=TEXT,
    payment_intent=TEXT,
    status=OneOf("open", "complete", "expired"),
)
def list_sessions(call: Call) -> Json:
    """Sessions, newest first."""
    equal = ("customer", "payment_intent", "status")
    return list_page(call, "checkout.session", "/v1/checkout/sessions", equal=equal)


@due_action("expire_session")
def expire_unpaid(call: Call, session_id: str) -> None:
    """Nobody paid in time."""
    session = call.books.find("checkout.session", session_id)
    if session is not None and session["status"] == "open":
        expire(call, session)


def expire(call: Call, session: Json) -> Json:
    """Close the session."""
    session |= {"status": "expired", "url": None}
    call.emit("checkout.session.expired", session)
    return session


def check_expiry(call: Call) -> int:
    """When the session closes: between half an hour and a day from now. Raises InvalidRequest."""
    at = int(call.params.get("expires_at", call.now + OPEN_S))
    if not call.now + SHORTEST_OPEN_S <= at <= call.now + OPEN_S:
        raise InvalidRequest(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "
            "Session creation.",
            param="expires_at",
        )
    return at


def sum_lines(call: Call, session: Json) -> None:
    """Put the lines' sum on the session. Raises InvalidRequest."""
    lines = call.params.get("line_items", [])
    currencies = {line["price_data"]["currency"] for line in lines}
    if len(currencies) != 1:
        raise InvalidRequest("A payment needs line_items, all in one currency.", param="line_items")
    total = sum(line["price_data"]["unit_amount"] * line.get("quantity", 1) for line in lines)
    currency = currencies.pop()
    check_chargeable(total, currency, "line_items")
    session |= {
        "amount_subtotal": total,
        "amount_total": total,
        "currency": currency,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    }
