"""Charges: retrieve and list; they are made by payment intents."""

from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import MOMENT, PAGE, TEXT
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call


@endpoint("GET", "/v1/charges/{charge}")
def retrieve_charge(call: Call) -> Json:
    """One charge."""
    return call.from_path("charge", "charge")


@endpoint("GET", "/v1/charges", **PAGE, customer=TEXT, payment_intent=TEXT, created=MOMENT)
def list_charges(call: Call) -> Json:
    """Charges, newest first, failed ones too."""
    return list_page(call, "charge", "/v1/charges", equal=("customer", "payment_intent"))
