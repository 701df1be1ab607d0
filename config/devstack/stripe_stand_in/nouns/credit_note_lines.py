"""Lines of credit notes: part of an invoice line, or a line of its own."""

from config.devstack.stripe_stand_in.errors import InvalidRequest, missing_object
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.paging import DEFAULT_LIMIT, embed_list
from config.devstack.stripe_stand_in.parameters import (
    METADATA,
    NATURAL,
    PAGE,
    POSITIVE,
    TEXT,
    WHOLE,
    Clearable,
    Field,
    ListOf,
    OneOf,
    Record,
    Required,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

CREDIT_LINE: dict[str, Field] = {
    "type": Required(OneOf("invoice_line_item", "custom_line_item")),
    "invoice_line_item": TEXT,
    "amount": POSITIVE,
    "quantity": POSITIVE,
    "unit_amount": NATURAL,
    "description": TEXT,
    "metadata": METADATA,
    "tax_amounts": Clearable(
        ListOf(
            Record(amount=Required(WHOLE), taxable_amount=Required(WHOLE), tax_rate=Required(TEXT)),
            most=20,
        )
    ),
}


def new_credit_line(call: Call, invoice: Json, wanted: Json) -> Json:
    """A line of a credit note, its taxes as sent. Raises InvalidRequest."""
    amount, line_id = credit_amount(call, invoice, wanted)
    line = new_object(
        "credit_note_line_item",
        call.make_id("cnli"),
        call.now,
        amount=amount,
        description=wanted.get("description"),
        invoice_line_item=line_id,
        metadata={},
        quantity=wanted.get("quantity"),
        taxes=[show_tax(call, invoice, sent) for sent in wanted.get("tax_amounts") or []],
        type=wanted["type"],
        unit_amount=wanted.get("unit_amount"),
    )
    del line["created"]
    merge_metadata(line, wanted)
    return line


def credit_amount(call: Call, invoice: Json, wanted: Json) -> tuple[int, str | None]:
    """What the line takes back (minor units) and from which invoice line. Raises InvalidRequest."""
    if wanted["type"] == "custom_line_item":
        if "unit_amount" not in wanted or "invoice_line_item" in wanted:
            raise InvalidRequest(
                "A custom line item needs unit_amount and quantity, and no invoice_line_item.",
                param="lines",
            )
        return int(wanted["unit_amount"] * wanted.get("quantity", 1)), None
    line_id = wanted.get("invoice_line_item", "")
    line = call.from_param("line_item", "lines", line_id)
    if line["invoice"] != invoice["id"]:
        raise InvalidRequest(f"The line item {line_id} belongs to another invoice.", param="lines")
    amount = int(wanted.get("amount") or line["amount"])
    if amount > line["amount"] - credited_before(call, invoice, line_id):
        raise InvalidRequest(
            f"The amount is greater than what is left of the line item {line_id}.", param="lines"
        )
    return amount, line_id


def credited_before(call: Call, invoice: Json, line_id: str) -> int:
    """What earlier credit notes took back of this invoice line, in minor units."""
    notes = call.books.newest("credit_note", invoice=invoice["id"])
    lines = [line for note in notes for line in all_credit_lines(call, note)]
    return sum(line["amount"] for line in lines if line["invoice_line_item"] == line_id)


def keep_credit_lines(call: Call, note: Json) -> None:
    """Keep all lines of a note aside; the note itself shows the first ten."""
    lines = note["lines"]["data"]
    call.books.put({"object": "credit_note_lines", "id": note["id"], "data": lines})
    note["lines"] = embed_list(lines, note["lines"]["url"])


def all_credit_lines(call: Call, note: Json) -> list[Json]:
    """Every line of a note, in order."""
    kept = call.books.find("credit_note_lines", note["id"])
    return kept["data"] if kept else []


@endpoint(
    "GET",
    "/v1/credit_notes/{credit_note}/lines",
    limit=PAGE["limit"],
    starting_after=PAGE["starting_after"],
)
def list_credit_lines(call: Call) -> Json:
    """A credit note's lines, in order; forwards only."""
    note = call.from_path("credit_note", "credit_note")
    lines = all_credit_lines(call, note)
    after = call.params.get("starting_after")
    ids = [line["id"] for line in lines]
    if after is not None and after not in ids:
        message = missing_object("credit note line item", after)
        raise InvalidRequest(message, code="resource_missing", param="starting_after")
    rest = lines if after is None else lines[ids.index(after) + 1 :]
    return embed_list(rest, note["lines"]["url"], call.params.get("limit", DEFAULT_LIMIT))


def show_tax(call: Call, invoice: Json, sent: Json) -> Json:
    """A sent tax amount as the line shows it; its rate must exist."""
    rate = call.from_param("tax_rate", "tax_rate", sent["tax_rate"])
    reasons = [
        tax["taxability_reason"]
        for tax in invoice["total_taxes"]
        if tax["tax_rate_details"]["tax_rate"] == rate["id"]
    ]
    return {
        "amount": sent["amount"],
        "tax_behavior": "inclusive" if rate["inclusive"] else "exclusive",
        "tax_rate_details": {"tax_rate": rate["id"]},
        "taxability_reason": reasons[0] if reasons else "not_available",
        "taxable_amount": sent["taxable_amount"],
        "type": "tax_rate_details",
    }
