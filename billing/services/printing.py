"""What is printed on an invoice's lines, in the buyer's language."""

from __future__ import annotations

from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext

from billing.models import ChargeLine, Invoice
from billing.money import format_decimal, format_price
from billing.stripe_gateway import InvoiceLine
from billing.types import PRICED_UNITS


def invoice_lines(invoice: Invoice) -> list[InvoiceLine]:
    """The lines of the invoice's charge as they are sent to Stripe; lines of 0 stay out."""
    language = invoice.billing_account.driver.language
    lines = ChargeLine.objects.filter(charge=invoice.charge_id).exclude(gross_minor=0)
    with translation.override(language):
        sold = [
            InvoiceLine(
                position=line.position,
                description=_description(line, invoice.currency, language),
                gross_minor=line.gross_minor,
                net_minor=line.net_minor,
                vat_minor=line.vat_minor,
                vat_rate=f"{line.vat_rate.normalize():f}",
            )
            for line in lines
        ]
        return sold + _paid_before(invoice, len(sold) + 1)


def _paid_before(invoice: Invoice, position: int) -> list[InvoiceLine]:
    """What was paid with the invoice that this one takes the place of."""
    if not invoice.settled_minor:
        return []
    text = gettext("Paid before")
    return [InvoiceLine(position, text, -invoice.settled_minor, -invoice.settled_minor, 0, "")]


def _description(line: ChargeLine, currency: str, language: str) -> str:
    """For example "Energi, 12,345 kWh à 4,50 kr"."""
    kind = str(ChargeLine.Kind(line.kind).label)
    if line.unit == "1":
        return kind
    price = format_price(line.unit_price, currency, language)
    amount = format_decimal(Decimal(line.quantity) / line.per, language)
    unit = PRICED_UNITS.get((line.unit, line.per), line.unit)
    return gettext("%(kind)s, %(amount)s %(unit)s at %(price)s") % {
        "kind": kind,
        "amount": amount,
        "unit": unit,
        "price": price,
    }
