"""Disputes: a card holder asks their bank for the money back."""

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.nouns.blanks import new_object, nulls
from config.devstack.stripe_stand_in.nouns.charging import fee_detail, record_movement
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import (
    FLAG,
    METADATA,
    MOMENT,
    PAGE,
    TEXT,
    Clearable,
    Record,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

ANSWER_S = 7 * 24 * 3600
# An invented price: what the bank's question costs, given back to whom is in the right.
DISPUTE_FEE_MINOR = 15_000
ENDED = frozenset({"won", "lost"})
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


EVIDENCE = Record(
    **dict.fromkeys(
        (
            "access_activity_log",
            "cancellation_policy_disclosure",
            "customer_email_address",
            "customer_name",
            "product_description",
            "receipt",
            "refund_policy_disclosure",
            "service_date",
            "service_documentation",
            "uncategorized_file",
            "uncategorized_text",
        ),
        TEXT,
    )
)


@endpoint(
    "POST",
    "/v1/disputes/{dispute}",
    evidence=EVIDENCE,
    submit=FLAG,
    metadata=Clearable(METADATA),
)
def answer_dispute(call: Call) -> Json:
    """Say why the charge was right; once submitted it cannot be said again."""
    dispute = call.from_path("dispute", "dispute")
    details = dispute["evidence_details"]
    if dispute["status"] != "needs_response" or details["submission_count"]:
        raise InvalidRequest("This dispute is already submitted or closed.")
    dispute["evidence"] |= call.params.get("evidence", {})
    details["has_evidence"] = any(dispute["evidence"].values())
    merge_metadata(dispute, call.params)
    if call.params.get("submit", True):
        details |= {"submission_count": 1, "submission_method": "manual"}
        dispute["status"] = "under_review"
    call.emit("charge.dispute.updated", dispute)
    return dispute


def decide_dispute(call: Call, dispute: Json, *, won: bool) -> Json:
    """The bank has decided: the seller gets the money and the fee back, or loses both."""
    if dispute["status"] in ENDED:
        raise InvalidRequest("This dispute is closed already.")
    dispute["status"] = "won" if won else "lost"
    if won:
        currency = dispute["currency"]
        fees = [fee_detail(-DISPUTE_FEE_MINOR, currency, "stripe_fee")]
        movement = record_movement(call, dispute, "adjustment", dispute["amount"], fees)
        dispute["balance_transactions"].append(movement)
        call.emit("charge.dispute.funds_reinstated", dispute)
    call.emit("charge.dispute.closed", dispute)
    return dispute


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
    fees = [fee_detail(DISPUTE_FEE_MINOR, charge["currency"], "stripe_fee")]
    movement = record_movement(call, dispute, "adjustment", -charge["amount"], fees)
    dispute["balance_transactions"] = [movement]
    charge["disputed"] = True
    call.books.put(charge)
    call.emit("charge.dispute.created", dispute)
    call.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute
