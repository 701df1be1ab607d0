"""Invoice payments: which payment intent settles which invoice."""

from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    MOMENT,
    PAGE,
    TEXT,
    OneOf,
    Record,
    Required,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

PAYMENT = Record(type=Required(OneOf("payment_intent", "payment_record")), payment_intent=TEXT)


@endpoint("GET", "/v1/invoice_payments/{invoice_payment}")
def retrieve_payment(call: Call) -> Json:
    """One invoice payment."""
    return call.from_path("invoice_payment", "invoice_payment")


@endpoint(
    "GET",
    "/v1/invoice_payments",
    **PAGE,
    invoice=TEXT,
    payment=PAYMENT,
    status=OneOf("open", "paid", "canceled"),
    created=MOMENT,
)
def list_payments(call: Call) -> Json:
    """Invoice payments, newest first, of one invoice or of one payment intent."""
    wanted = call.params.get("payment")

    def is_wanted(row: Json) -> bool:
        return wanted is None or row["payment"] == wanted

    return list_page(
        call,
        "invoice_payment",
        "/v1/invoice_payments",
        equal=("invoice", "status"),
        keep=is_wanted,
    )
