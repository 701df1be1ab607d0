"""Customers: create, retrieve, update, delete, list."""

from config.devstack.stripe_stand_in.errors import ParameterRefused
from config.devstack.stripe_stand_in.nouns.blanks import NO_ADDRESS, new_object
from config.devstack.stripe_stand_in.nouns.metadata import change_row, merge_metadata
from config.devstack.stripe_stand_in.nouns.payment_methods import attach_method, resolve_method
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    ADDRESS,
    METADATA,
    MOMENT,
    PAGE,
    TEXT,
    Clearable,
    Field,
    ListOf,
    OneOf,
    Record,
    Text,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

PATH = "/v1/customers/{customer}"
DETAILS: dict[str, Field] = {
    "address": Clearable(ADDRESS),
    "description": TEXT,
    "email": Text(longest=512),
    "metadata": Clearable(METADATA),
    "name": TEXT,
    "phone": TEXT,
    "preferred_locales": ListOf(TEXT),
    "tax_exempt": Clearable(OneOf("none", "exempt", "reverse")),
    "invoice_settings": Record(default_payment_method=TEXT, footer=TEXT),
}


@endpoint("POST", "/v1/customers", **DETAILS, payment_method=TEXT)
def create_customer(call: Call) -> Json:
    """Make a customer; a `payment_method` named here is attached to it."""
    customer = new_object("customer", call.make_id("cus", 14), call.now)
    customer["invoice_prefix"] = call.make_id("", 8).removeprefix("_").upper()
    attached = call.params.pop("payment_method", None)
    change_customer(call, customer)
    if attached is not None:
        attach_method(call, resolve_method(call, attached, "payment_method"), customer["id"])
    call.emit("customer.created", customer)
    return customer


@endpoint("GET", PATH)
def retrieve_customer(call: Call) -> Json:
    """One customer."""
    return call.from_path("customer", "customer")


@endpoint("POST", PATH, **DETAILS)
def update_customer(call: Call) -> Json:
    """Change what is sent and leave the rest."""
    customer = call.from_path("customer", "customer")
    previous = change_customer(call, customer)
    call.emit("customer.updated", customer, previous)
    return customer


@endpoint("DELETE", PATH)
def delete_customer(call: Call) -> Json:
    """Remove a customer; its invoices stay."""
    customer = call.from_path("customer", "customer")
    call.emit("customer.deleted", customer)
    call.books.remove(customer)
    return {"id": customer["id"], "object": "customer", "deleted": True}


@endpoint("GET", "/v1/customers", **PAGE, email=TEXT, created=MOMENT)
def list_customers(call: Call) -> Json:
    """Customers, newest first."""
    return list_page(call, "customer", "/v1/customers", equal=("email",))


def change_customer(call: Call, customer: Json) -> Json:
    """Put the sent details into the customer; the old values."""
    changes = {name: value for name, value in call.params.items() if name != "metadata"}
    if "address" in changes and changes["address"] is not None:
        changes["address"] = NO_ADDRESS | changes["address"]
    if "tax_exempt" in changes:
        changes["tax_exempt"] = changes["tax_exempt"] or "none"
    if "invoice_settings" in changes:
        check_default_method(call, customer, changes["invoice_settings"])
        changes["invoice_settings"] = customer["invoice_settings"] | changes["invoice_settings"]
    previous = change_row(customer, changes)
    old_notes = dict(customer["metadata"])
    merge_metadata(customer, call.params)
    return previous if customer["metadata"] == old_notes else previous | {"metadata": old_notes}


def check_default_method(call: Call, customer: Json, settings: Json) -> None:
    """The default payment method must already be attached. Raises ParameterRefused."""
    wanted = settings.get("default_payment_method")
    if wanted is None:
        return
    method = call.books.find("payment_method", wanted)
    if method is None or method["customer"] != customer["id"]:
        raise ParameterRefused(
            f"The customer does not have a payment method with the ID {wanted}. The payment "
            "method must be attached to the customer.",
            code="resource_missing",
            param="invoice_settings[default_payment_method]",
        )
