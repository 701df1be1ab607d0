"""Disputes: a card holder asks their bank for the money back."""

from config.devstack.stripe_stand_in.nouns.blanks import new_object, nulls
from config.devstack.stripe_stand_in.nouns.charging import record_movement
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import MOMENT, PAGE, TEXT
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

ANSWER_S = 7 * 24 * 3600
NO_EVIDENCE: Json = {
    **nulls(
        "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure "
        "cancellation_rebuttal customer_communication customer_email_address customer_name "
        "customer_purchase_ip customer_signature duplicate_charge_documentation "
        "duplicate_charge_explanation duplicate_charge_id product_description receipt "
        "refund_policy refund_policy_disclosure refund_refusal_explanation service_date "
        "service_documentation shipping_address shipping_carrier shipping_date "
        "shipping_documentation shipping_tracking_number uncategorized_file uncategorized_text"
    ),
    "enhanced_evidence": {},
}


@endpoint("GET", "/v1/disputes/{dispute}")
def retrieve_dispute(call: Call) -> Json:
    """One dispute."""
    return call.from_path("dispute", "dispute")


@endpoint("GET", "/v1/disputes", **PAGE, charge=TEXT, payment_intent=TEXT, created=MOMENT)
def list_disputes(call: Call) -> Json:
    """Disputes, newest first."""
    return list_page(call, "dispute", "/v1/disputes", equal=("charge", "payment_intent"))


def open_dispute(call: Call, charge: Json) -> Json:
    """The bank takes the whole charge back until the dispute is decided."""
    dispute = new_object(
        "dispute",
        call.make_id("du"),
        call.now,
        amount=charge["amount"],
        charge=charge["id"],
        currency=charge["currency"],
        evidence=dict(NO_EVIDENCE),
        evidence_details={
            "due_by": call.now + ANSWER_S,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        payment_intent=charge["payment_intent"],
    )
    movement = record_movement(call, dispute, "adjustment", -charge["amount"], [])
    dispute["balance_transactions"] = [movement]
    charge["disputed"] = True
    call.books.put(charge)
    call.emit("charge.dispute.created", dispute)
    return dispute
