"""expand[]: ids replaced by objects, and parts that are only shown when asked for."""

from collections.abc import Callable
from typing import Any

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.paging import embed_list
from config.devstack.stripe_stand_in.tables import Books, Json, copy_json

DEEPEST = 4

# Which field holds the id of what; the same name means the same thing wherever it appears.
KINDS = {
    "customer": "customer",
    "invoice": "invoice",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "setup_intent": "setup_intent",
    "latest_charge": "charge",
    "charge": "charge",
    "payment_method": "payment_method",
    "default_payment_method": "payment_method",
    "balance_transaction": "balance_transaction",
    "refund": "refund",
    "source": "charge",
}
SOURCES = {
    "ch": "charge",
    "re": "refund",
    "fee": "application_fee",
    "du": "dispute",
    "po": "payout",
}


def list_payments(books: Books, invoice: Json) -> Json:
    """The payments of an invoice as the list shown inside it."""
    rows = list(books.newest("invoice_payment", invoice=invoice["id"]))
    return embed_list(rows, f"/v1/invoice_payments?invoice={invoice['id']}")


def show_confirmation_secret(books: Books, invoice: Json) -> Json | None:
    """What a browser needs to pay an open invoice."""
    for payment in books.newest("invoice_payment", invoice=invoice["id"], status="open"):
        intent = books.find("payment_intent", payment["payment"]["payment_intent"])
        if intent is not None:
            return {"client_secret": intent["client_secret"], "type": "payment_intent"}
    return None


def list_refunds(books: Books, charge: Json) -> Json:
    """The refunds of a charge as the list shown inside it."""
    rows = list(books.newest("refund", charge=charge["id"]))
    return embed_list(rows, f"/v1/charges/{charge['id']}/refunds")


PARTS: dict[tuple[str, str], Callable[[Books, Json], Any]] = {
    ("invoice", "payments"): list_payments,
    ("invoice", "confirmation_secret"): show_confirmation_secret,
    ("charge", "refunds"): list_refunds,
}


def expand_body(books: Books, body: Json, paths: list[str]) -> Json:
    """A copy of the body with these paths expanded. Raises InvalidRequest for what cannot be."""
    expanded: Json = copy_json(body)
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise InvalidRequest(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}.",
                param="expand",
            )
        expand_path(books, [expanded], parts, path)
    return expanded


def expand_path(books: Books, owners: list[Json], parts: list[str], path: str) -> None:
    """Expand one path inside every owner, level by level."""
    for part in parts:
        inner: list[Json] = []
        for owner in owners:
            value = expand_part(books, owner, part, path)
            inner += value if isinstance(value, list) else [value] if value is not None else []
        owners = [value for value in inner if isinstance(value, dict)]


def expand_part(books: Books, owner: Json, part: str, path: str) -> Any:
    """Expand one field of one owner in place and return what is there now."""
    value = owner.get(part)
    show = PARTS.get((owner.get("object", ""), part))
    if show is not None and not value:
        value = owner[part] = copy_json(show(books, owner))
    elif isinstance(value, str):
        value = owner[part] = look_up(books, owner, part, value, path)
    elif not isinstance(value, dict | list) and not (value is None and part in KINDS):
        raise refuse_expansion(path)
    return value


def look_up(books: Books, owner: Json, part: str, row_id: str, path: str) -> Json:
    """The object an id stands for."""
    kind = KINDS.get(part)
    if (owner.get("object"), part) == ("balance_transaction", "source"):
        kind = SOURCES.get(row_id.partition("_")[0])
    row = books.find(kind, row_id) if kind else None
    if row is None:
        raise refuse_expansion(path)
    copied: Json = copy_json(row)
    return copied


def refuse_expansion(path: str) -> InvalidRequest:
    """Stripe's words for a path that cannot be expanded."""
    return InvalidRequest(f"This property cannot be expanded ({path}).", param="expand")
