"""Payment methods: made from test cards, attached to customers, listed."""

from typing import Any

from config.devstack.stripe_stand_in.cards import (
    BY_LAST4,
    CARDS,
    METHOD_PREFIX,
    TOKEN_PREFIX,
    Card,
    Decline,
)
from config.devstack.stripe_stand_in.errors import CardRefused, InvalidRequest, ParameterRefused
from config.devstack.stripe_stand_in.nouns.blanks import NO_ADDRESS, NO_BILLING_DETAILS, new_object
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    ADDRESS,
    METADATA,
    PAGE,
    TEXT,
    WHOLE,
    Clearable,
    OneOf,
    Record,
    Required,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

PATH = "/v1/payment_methods/{payment_method}"
CARD = Record(token=TEXT, number=TEXT, exp_month=WHOLE, exp_year=WHOLE, cvc=TEXT)
BILLING_DETAILS = Record(
    address=Clearable(ADDRESS),
    email=Clearable(TEXT),
    name=Clearable(TEXT),
    phone=Clearable(TEXT),
    tax_id=TEXT,
)


@endpoint(
    "POST",
    "/v1/payment_methods",
    type=Required(OneOf("card", "link")),
    card=CARD,
    billing_details=BILLING_DETAILS,
    metadata=METADATA,
)
def create_method(call: Call) -> Json:
    """Make a payment method from a test token; card numbers are refused, as Stripe does."""
    token = call.params.get("card", {}).get("token", "")
    card = CARDS.get(token.removeprefix(TOKEN_PREFIX)) if token.startswith(TOKEN_PREFIX) else None
    if card is None and token:
        raise ParameterRefused(
            f"No such token: '{token}'", code="resource_missing", param="card[token]"
        )
    if card is None:
        raise CardRefused(
            "Sending credit card numbers directly to the Stripe API is generally unsafe. "
            "We suggest you use test tokens that map to the test card you are using, see "
            "https://stripe.com/docs/testing."
        )
    method = make_method(call, card)
    details = call.params.get("billing_details", {})
    if details.get("address"):
        details["address"] = NO_ADDRESS | details["address"]
    method["billing_details"] = NO_BILLING_DETAILS | details
    merge_metadata(method, call.params)
    return method


@endpoint("GET", PATH)
def retrieve_method(call: Call) -> Json:
    """One payment method; the name of a test card makes a fresh one."""
    if is_test_name(call.path["payment_method"]):
        return resolve_method(call, call.path["payment_method"], "payment_method")
    return call.from_path("payment_method", "payment_method")


@endpoint("POST", f"{PATH}/attach", customer=Required(TEXT))
def attach_to_customer(call: Call) -> Json:
    """Attach a payment method to a customer."""
    call.from_param("customer", "customer", call.params["customer"])
    method = retrieve_method(call)
    return attach_method(call, method, call.params["customer"])


@endpoint("POST", f"{PATH}/detach")
def detach_from_customer(call: Call) -> Json:
    """Take a payment method off its customer for good."""
    method = call.from_path("payment_method", "payment_method")
    if method["customer"] is None:
        raise InvalidRequest(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
    previous = {"customer": method["customer"]}
    method["customer"] = None
    call.emit("payment_method.detached", method, previous)
    return method


@endpoint("GET", "/v1/payment_methods", **PAGE, customer=TEXT, type=OneOf("card", "link"))
def list_methods(call: Call) -> Json:
    """A customer's payment methods, newest first."""
    return list_page(call, "payment_method", "/v1/payment_methods", equal=("customer", "type"))


@endpoint(
    "GET",
    "/v1/customers/{customer}/payment_methods",
    **PAGE,
    type=OneOf("card", "link"),
)
def list_customer_methods(call: Call) -> Json:
    """The payment methods of the customer in the path."""
    customer = call.from_path("customer", "customer")
    url = f"/v1/customers/{customer['id']}/payment_methods"
    return list_page(call, "payment_method", url, equal=("type",), customer=customer["id"])


def is_test_name(name: str) -> bool:
    """True for names such as pm_card_visa."""
    return name.startswith(METHOD_PREFIX) and name.removeprefix(METHOD_PREFIX) in CARDS


def resolve_method(call: Call, name: str, param: str) -> Json:
    """The payment method a parameter names; a test card's name makes one. Raises InvalidRequest."""
    if is_test_name(name):
        return make_method(call, CARDS[name.removeprefix(METHOD_PREFIX)])
    method = call.books.find("payment_method", name)
    if method is None:
        raise InvalidRequest(
            f"No such PaymentMethod: '{name}'", code="resource_missing", param=param
        )
    return method


def make_method(call: Call, card: Card) -> Json:
    """Keep a new payment method with this card."""
    shown: dict[str, Any] = {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "SE",
        "display_brand": card.brand,
        "exp_month": 8,
        "exp_year": 2034,
        "fingerprint": f"standin{card.last4}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return call.books.put(new_object("payment_method", call.make_id("pm"), call.now, card=shown))


def attach_method(call: Call, method: Json, customer_id: str) -> Json:
    """Attach the method; a card that declines at once cannot be. Raises CardRefused."""
    card = BY_LAST4[method["card"]["last4"]]
    if method["customer"] not in {None, customer_id}:
        raise InvalidRequest(
            "The payment method you provided has already been attached to a customer."
        )
    if card.decline is not None and not card.attachable:
        raise decline_card(card.decline)
    if method["customer"] is None:
        method["customer"] = customer_id
        call.emit("payment_method.attached", method)
    return method


def decline_card(decline: Decline, **extra: Any) -> CardRefused:
    """The refusal for a declined card."""
    param = "exp_month" if decline.code == "expired_card" else None
    return CardRefused(
        decline.message,
        code=decline.code,
        param=param,
        decline_code=decline.decline_code,
        **extra,
    )
