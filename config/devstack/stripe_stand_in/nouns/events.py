"""Events: retrieve and list; the gap filler's source when webhooks were lost."""

from fnmatch import fnmatchcase

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import FLAG, MOMENT, PAGE, TEXT, ListOf
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

LISTED_S = 30 * 24 * 3600


@endpoint("GET", "/v1/events/{event}")
def retrieve_event(call: Call) -> Json:
    """One event."""
    return call.world.show_event(call.from_path("event", "event"))


@endpoint(
    "GET",
    "/v1/events",
    **PAGE,
    type=TEXT,
    types=ListOf(TEXT, most=20),
    delivery_success=FLAG,
    created=MOMENT,
)
def list_events(call: Call) -> Json:
    """Events of the last thirty days, newest first; `type` may end in `*`."""
    if "type" in call.params and "types" in call.params:
        raise InvalidRequest("You may only specify one of these parameters: type, types.")
    patterns = call.params.get("types", [call.params.get("type", "*")])
    delivered = call.params.get("delivery_success")

    def is_wanted(row: Json) -> bool:
        if row["created"] < call.now - LISTED_S:
            return False
        if delivered is not None and delivered == bool(count_pending(row["id"])):
            return False
        return any(fnmatchcase(row["type"], pattern) for pattern in patterns)

    count_pending = call.world.deliveries.count_pending
    page = list_page(call, "event", "/v1/events", keep=is_wanted)
    return page | {"data": [call.world.show_event(row) for row in page["data"]]}
