"""Webhook endpoints: where events of an account, or of its connected accounts, are sent."""

from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    FLAG,
    METADATA,
    PAGE,
    TEXT,
    Clearable,
    ListOf,
    OneOf,
    Required,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import API_VERSION, Call

PATH = "/v1/webhook_endpoints/{webhook_endpoint}"


@endpoint(
    "POST",
    "/v1/webhook_endpoints",
    url=Required(TEXT),
    enabled_events=Required(ListOf(TEXT)),
    connect=FLAG,
    api_version=OneOf(API_VERSION, "2026-10-28"),
    description=Clearable(TEXT),
    metadata=Clearable(METADATA),
)
def create_endpoint(call: Call) -> Json:
    """Register a receiver; its secret is shown this once."""
    row_id = call.make_id("we")
    secret = call.make_id("whsec", 32)
    row = new_object(
        "webhook_endpoint",
        row_id,
        call.now,
        api_version=call.params.get("api_version"),
        description=call.params.get("description"),
        enabled_events=call.params["enabled_events"],
        url=call.params["url"],
    )
    merge_metadata(row, call.params)
    call.books.put(row)
    target: Json = {
        "object": "webhook_target",
        "id": row_id,
        "url": row["url"],
        "secret": secret,
        "types": row["enabled_events"],
        "connect": call.params.get("connect", False),
    }
    call.books.put(target)
    return row | {"secret": secret}


@endpoint("GET", PATH)
def retrieve_endpoint(call: Call) -> Json:
    """One receiver, without its secret."""
    return call.from_path("webhook_endpoint", "webhook_endpoint")


@endpoint("GET", "/v1/webhook_endpoints", **PAGE)
def list_endpoints(call: Call) -> Json:
    """Receivers, newest first."""
    return list_page(call, "webhook_endpoint", "/v1/webhook_endpoints")


@endpoint("DELETE", PATH)
def delete_endpoint(call: Call) -> Json:
    """Send nothing there any more."""
    row = call.from_path("webhook_endpoint", "webhook_endpoint")
    call.books.remove({"object": "webhook_target", "id": row["id"]})
    call.books.remove(row)
    return {"id": row["id"], "object": "webhook_endpoint", "deleted": True}
