"""Tax amounts sent with lines, and the tax rates Stripe makes of them."""

from decimal import Decimal

from config.devstack.stripe_stand_in.nouns.blanks import new_object
from config.devstack.stripe_stand_in.parameters import (
    FLAG,
    TEXT,
    WHOLE,
    DecimalText,
    ListOf,
    OneOf,
    Record,
    Required,
    Text,
)
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

TAX_RATE_DATA = Record(
    display_name=Required(Text(longest=50)),
    inclusive=Required(FLAG),
    percentage=Required(DecimalText(places=4)),
    country=Text(longest=2),
    description=TEXT,
    jurisdiction=Text(longest=50),
    state=TEXT,
    tax_type=OneOf("vat", "sales_tax", "gst"),
)
TAXABILITY = OneOf(
    "customer_exempt",
    "not_collecting",
    "not_subject_to_tax",
    "not_supported",
    "portion_product_exempt",
    "portion_reduced_rated",
    "portion_standard_rated",
    "product_exempt",
    "product_exempt_holiday",
    "proportionally_rated",
    "reduced_rated",
    "reverse_charge",
    "standard_rated",
    "taxable_basis_reduced",
    "zero_rated",
)
TAX_AMOUNTS = ListOf(
    Record(
        amount=Required(WHOLE),
        taxable_amount=Required(WHOLE),
        tax_rate_data=Required(TAX_RATE_DATA),
        taxability_reason=TAXABILITY,
    ),
    most=20,
)


def show_taxes(call: Call, tax_amounts: list[Json]) -> list[Json]:
    """Sent tax amounts as a line shows them."""
    return [
        {
            "amount": sent["amount"],
            "tax_behavior": "inclusive" if sent["tax_rate_data"]["inclusive"] else "exclusive",
            "tax_rate_details": {"tax_rate": keep_rate(call, sent["tax_rate_data"])["id"]},
            "taxability_reason": sent.get("taxability_reason", "not_available"),
            "taxable_amount": sent["taxable_amount"],
            "type": "tax_rate_details",
        }
        for sent in tax_amounts
    ]


def keep_rate(call: Call, data: Json) -> Json:
    """The tax rate with exactly this data; made, and archived at once, when it is new."""
    known = dict.fromkeys(TAX_RATE_DATA.fields) | data
    known["percentage"] = show_percentage(data["percentage"])
    for rate in call.books.newest("tax_rate", **known):
        return rate
    known["effective_percentage"] = known["percentage"]
    return call.books.put(new_object("tax_rate", call.make_id("txr"), call.now, **known))


def show_percentage(percentage: Decimal) -> int | float:
    """A rate as JSON shows it; a share, not money."""
    return int(percentage) if percentage == int(percentage) else float(percentage)


def sum_taxes(taxes: list[Json]) -> list[Json]:
    """Taxes added up by everything but their amounts."""
    sums: dict[tuple[str, ...], Json] = {}
    for tax in taxes:
        rate = tax["tax_rate_details"]["tax_rate"]
        found = sums.setdefault(
            (rate, tax["tax_behavior"], tax["taxability_reason"]),
            tax | {"amount": 0, "taxable_amount": 0},
        )
        found["amount"] += tax["amount"]
        found["taxable_amount"] += tax["taxable_amount"]
    return list(sums.values())
