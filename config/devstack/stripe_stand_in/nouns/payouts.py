"""Payouts: what is available is sent to the bank, and may come back from there."""

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.nouns.balance import mature
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.charging import record_movement
from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import MOMENT, PAGE, OneOf
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

STATUS = OneOf("paid", "pending", "in_transit", "canceled", "failed")


@endpoint("GET", "/v1/payouts/{payout}")
def retrieve_payout(call: Call) -> Json:
    """One payout."""
    return call.from_path("payout", "payout")


@endpoint("GET", "/v1/payouts", **PAGE, status=STATUS, created=MOMENT, arrival_date=MOMENT)
def list_payouts(call: Call) -> Json:
    """Payouts, newest first."""
    return list_page(call, "payout", "/v1/payouts", equal=("status",))


def pay_out(call: Call, currency: str = "sek") -> Json:
    """Send everything available in a currency to the bank, as every night. Raises InvalidRequest.

    A payout is paid and its movements are listed at once; with Stripe both take a day or more.
    """
    taken = [
        row
        for row in call.books.oldest("balance_transaction")
        if row["currency"] == currency
        and mature(call, row)["status"] == "available"
        and call.books.find("payout_part", row["id"]) is None
    ]
    amount = sum(row["net"] for row in taken)
    if amount <= 0:
        raise InvalidRequest("You have insufficient funds in your Stripe account for a payout.")
    payout = new_object(
        "payout",
        call.make_id("po"),
        call.now,
        amount=amount,
        arrival_date=call.now,
        currency=currency,
    )
    movement = record_movement(call, payout, "payout", -amount, [])
    payout["balance_transaction"] = movement["id"]
    for row in (*taken, movement):
        part = {"object": "payout_part", "id": row["id"], "payout": payout["id"]}
        call.books.put(part)
    for kind in ("payout.created", "payout.paid", "payout.reconciliation_completed"):
        call.emit(kind, payout)
    return payout


def fail_payout(call: Call, payout_id: str) -> Json:
    """Let the bank refuse a payout: the money is the account's again."""
    payout = call.from_param("payout", "payout", payout_id)
    movement = record_movement(call, payout, "payout_failure", payout["amount"], [])
    movement["status"] = "available"
    payout |= {
        "status": "failed",
        "failure_code": "account_closed",
        "failure_message": "The bank account has been closed",
        "failure_balance_transaction": movement["id"],
    }
    call.emit("payout.failed", payout)
    return payout
