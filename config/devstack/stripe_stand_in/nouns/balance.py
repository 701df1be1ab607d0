"""The account's balance and every movement on it."""

from collections import Counter

from config.devstack.stripe_stand_in.paging import list_page
from config.devstack.stripe_stand_in.parameters import MOMENT, PAGE, TEXT
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call


@endpoint("GET", "/v1/balance_transactions/{transaction}")
def retrieve_transaction(call: Call) -> Json:
    """One movement."""
    return mature(call, call.from_path("balance_transaction", "transaction"))


@endpoint(
    "GET",
    "/v1/balance_transactions",
    **PAGE,
    type=TEXT,
    source=TEXT,
    currency=TEXT,
    created=MOMENT,
    payout=TEXT,
)
def list_transactions(call: Call) -> Json:
    """Movements, newest first; of one payout, itself among them, when it is named."""
    equal = ("type", "source", "currency")
    payout = call.params.get("payout")

    def is_wanted(row: Json) -> bool:
        part = call.books.find("payout_part", row["id"])
        return payout is None or (part is not None and part["payout"] == payout)

    url = "/v1/balance_transactions"
    page = list_page(call, "balance_transaction", url, equal=equal, keep=is_wanted)
    for row in page["data"]:
        mature(call, row)
    return page


@endpoint("GET", "/v1/balance")
def retrieve_balance(call: Call) -> Json:
    """What is at hand and what is on its way, per currency."""
    sums: dict[str, Counter[str]] = {"available": Counter(), "pending": Counter()}
    for row in call.books.oldest("balance_transaction"):
        sums[mature(call, row)["status"]][row["currency"]] += row["net"]
    return {
        "object": "balance",
        "livemode": False,
        "connect_reserved": [],
        **{state: [show_sum(*item) for item in sums[state].items()] for state in sums},
    }


def mature(call: Call, row: Json) -> Json:
    """A pending movement becomes available when its day has come."""
    if row["status"] == "pending" and row["available_on"] <= call.now:
        row["status"] = "available"
        call.books.put(row)
    return row


def show_sum(currency: str, amount: int) -> Json:
    """One currency's sum (minor units) as the balance shows it."""
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
