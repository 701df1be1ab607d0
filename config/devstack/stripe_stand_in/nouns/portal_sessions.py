"""The customer portal: its settings, and a link for one customer, made per click."""

from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    FLAG,
    METADATA,
    PAGE,
    TEXT,
    ListOf,
    OneOf,
    Record,
    Required,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

PATH = "/v1/billing_portal/configurations"
UPDATES = OneOf("address", "email", "name", "phone", "shipping", "tax_id")
FEATURES = Record(
    customer_update=Record(enabled=FLAG, allowed_updates=ListOf(UPDATES)),
    invoice_history=Record(enabled=FLAG),
    payment_method_update=Record(enabled=FLAG),
)


@endpoint(
    "POST",
    PATH,
    features=Required(FEATURES),
    business_profile=Record(headline=TEXT, privacy_policy_url=TEXT, terms_of_service_url=TEXT),
    default_return_url=TEXT,
    metadata=METADATA,
    name=TEXT,
)
def create_configuration(call: Call) -> Json:
    """Say what customers may do at the portal."""
    made = new_object(
        "billing_portal.configuration", call.make_id("bpc"), call.now, updated=call.now
    )
    for name, given in call.params.items():
        if name == "features":
            for feature, settings in given.items():
                made["features"][feature] |= settings
        elif name == "business_profile":
            made[name] |= given
        else:
            made[name] = given
    call.emit("billing_portal.configuration.created", made)
    return made


@endpoint("GET", PATH, **PAGE, active=FLAG, is_default=FLAG)
def list_configurations(call: Call) -> Json:
    """Settings of the portal, newest first."""
    return list_page(call, "billing_portal.configuration", PATH)


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
        configuration=configuration_of(call),
        customer=customer["id"],
        locale=call.params.get("locale"),
        return_url=call.params.get("return_url"),
        url=f"{call.world.base_url}/_pages/portal/{row_id}",
    )
    call.emit("billing_portal.session.created", session)
    return session


def configuration_of(call: Call) -> str:
    """The settings of a visit; without any, those somebody saved in the dashboard."""
    wanted = call.params.get("configuration")
    if wanted is None:
        return "bpc_standin"
    found = call.from_param("billing_portal.configuration", "configuration", wanted)
    return str(found["id"])
