"""Invoice lines: added to a draft with their taxes, and the totals that follow from them."""

from decimal import ROUND_HALF_UP, Decimal

from config.devstack.stripe_stand_in.errors import InvalidRequest
from config.devstack.stripe_stand_in.money import CURRENCY
from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.nouns.taxes import TAX_AMOUNTS, show_taxes, sum_taxes
from config.devstack.stripe_stand_in.paging import embed_list, list_page
from config.devstack.stripe_stand_in.parameters import (
    FLAG,
    METADATA,
    NATURAL,
    PAGE,
    TEXT,
    WHOLE,
    Clearable,
    DecimalText,
    Field,
    ListOf,
    OneOf,
    Record,
    Required,
    Text,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

MOST_LINES = 250
PATH = "/v1/invoices/{invoice}"
PRICE_DATA = Record(
    currency=Required(CURRENCY),
    product=TEXT,
    product_data=Record(name=Required(TEXT), description=TEXT),
    unit_amount=WHOLE,
    unit_amount_decimal=DecimalText(),
    tax_behavior=OneOf("inclusive", "exclusive", "unspecified"),
)
LINE: dict[str, Field] = {
    "amount": WHOLE,
    "description": Text(longest=500),
    "discountable": FLAG,
    "metadata": Clearable(METADATA),
    "period": Record(start=Required(NATURAL), end=Required(NATURAL)),
    "price_data": PRICE_DATA,
    "quantity": NATURAL,
    "quantity_decimal": DecimalText(),
    "tax_amounts": Clearable(TAX_AMOUNTS),
}


@endpoint(
    "POST",
    f"{PATH}/add_lines",
    lines=Required(ListOf(Record(**LINE), most=MOST_LINES)),
    invoice_metadata=Clearable(METADATA),
)
def add_lines(call: Call) -> Json:
    """Add lines to a draft; all of them or none."""
    invoice = call.from_path("invoice", "invoice")
    if invoice["status"] != "draft":
        raise InvalidRequest(
            "This invoice is no longer editable.", code="invoice_not_editable", param="invoice"
        )
    known = len(list(call.books.newest("line_item", invoice=invoice["id"])))
    if known + len(call.params["lines"]) > MOST_LINES:
        raise InvalidRequest(f"An invoice can have at most {MOST_LINES} line items.", param="lines")
    lines = [new_line(call, invoice, wanted) for wanted in call.params["lines"]]
    for line in lines:
        call.books.put(line)
    if "invoice_metadata" in call.params:
        merge_metadata(invoice, {"metadata": call.params["invoice_metadata"]})
    refresh_totals(call, invoice)
    call.emit("invoice.updated", invoice)
    return invoice


@endpoint("GET", f"{PATH}/lines", **PAGE)
def list_lines(call: Call) -> Json:
    """An invoice's lines, in the order they were added."""
    invoice = call.from_path("invoice", "invoice")
    url = f"/v1/invoices/{invoice['id']}/lines"
    return list_page(call, "line_item", url, oldest_first=True, invoice=invoice["id"])


def new_line(call: Call, invoice: Json, wanted: Json) -> Json:
    """A line with its amount worked out, not yet kept. Raises InvalidRequest."""
    row_id = call.make_id("il")
    amount = line_amount(invoice, wanted)
    line = new_object("line_item", row_id, call.now)
    del line["created"]
    quantity = wanted.get("quantity_decimal", Decimal(wanted.get("quantity", 1)))
    line |= {
        "amount": amount,
        "subtotal": amount,
        "currency": invoice["currency"],
        "description": wanted.get("description"),
        "discountable": wanted.get("discountable", amount >= 0),
        "invoice": invoice["id"],
        "parent": {
            "invoice_item_details": {
                "invoice_item": call.make_id("ii"),
                "proration": False,
                "proration_details": None,
                "subscription": None,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        "period": wanted.get("period") or {"start": call.now, "end": call.now},
        "pricing": show_pricing(call, amount, wanted),
        "quantity": int(quantity) if quantity == int(quantity) else None,
        "quantity_decimal": str(quantity),
        "taxes": show_taxes(call, wanted.get("tax_amounts") or []),
    }
    merge_metadata(line, wanted)
    return line


def line_amount(invoice: Json, wanted: Json) -> int:
    """What a line comes to, in minor units; either `amount` or a price times a quantity.

    Stricter than the SDK's types: a quantity beside an amount says nothing and is refused.
    """
    price = wanted.get("price_data")
    if ("amount" in wanted) == (price is not None):
        raise InvalidRequest(
            "You must specify one of these parameters: amount, price_data.", param="lines"
        )
    if price is None:
        if "quantity" in wanted or "quantity_decimal" in wanted:
            raise InvalidRequest(
                "You may only specify one of these parameters: amount, quantity.", param="lines"
            )
        return int(wanted["amount"])
    if price["currency"] != invoice["currency"]:
        raise InvalidRequest(
            f"The price's currency `{price['currency']}` does not match the invoice's currency "
            f"`{invoice['currency']}`.",
            param="lines",
        )
    unit = price.get("unit_amount_decimal", price.get("unit_amount"))
    if unit is None:
        raise InvalidRequest("price_data needs unit_amount or unit_amount_decimal.", param="lines")
    quantity = Decimal(wanted.get("quantity_decimal", wanted.get("quantity", 1)) or 0)
    return int((Decimal(unit) * quantity).quantize(Decimal(1), ROUND_HALF_UP))


def show_pricing(call: Call, amount: int, wanted: Json) -> Json:
    """How the line is priced; a bare amount becomes a price of its own."""
    price = wanted.get("price_data", {"unit_amount": amount})
    unit = price.get("unit_amount_decimal", price.get("unit_amount"))
    product = price.get("product") or call.make_id("prod", 14)
    return {
        "type": "price_details",
        "price_details": {"price": call.make_id("price"), "product": product},
        "unit_amount_decimal": str(unit),
    }


def refresh_totals(call: Call, invoice: Json) -> None:
    """Work out the invoice's sums from its lines; taxes are taken as sent, never recomputed."""
    lines = list(call.books.oldest("line_item", invoice=invoice["id"]))
    taxes = sum_taxes([tax for line in lines for tax in line["taxes"]])
    subtotal = sum(line["amount"] for line in lines)
    inside = sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "inclusive")
    on_top = sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "exclusive")
    total = subtotal + on_top
    invoice |= {
        "lines": embed_list(lines, f"/v1/invoices/{invoice['id']}/lines"),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - inside,
        "total": total,
        "total_excluding_tax": total - inside - on_top,
        "total_taxes": taxes,
        "amount_due": max(total, 0),
        "amount_remaining": max(total, 0),
    }
