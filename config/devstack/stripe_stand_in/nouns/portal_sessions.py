"""Customer portal sessions: a link for one customer, made per click."""

from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.parameters import TEXT, OneOf, Required
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call


@endpoint(
    "POST",
    "/v1/billing_portal/sessions",
    customer=Required(TEXT),
    return_url=TEXT,
    configuration=TEXT,
    locale=OneOf("auto", "sv", "en", "da", "nb", "fi", "de"),
)
def create_portal_session(call: Call) -> Json:
    """Make a link into the portal."""
    customer = call.from_param("customer", "customer", call.params["customer"])
    row_id = call.make_id("bps")
    session = new_object(
        "billing_portal.session",
        row_id,
        call.now,
        configuration=call.params.get("configuration", "bpc_standin"),
        customer=customer["id"],
        locale=call.params.get("locale"),
        return_url=call.params.get("return_url"),
        url=f"{call.world.base_url}/_pages/portal/{row_id}",
    )
    call.emit("billing_portal.session.created", session)
    return session
