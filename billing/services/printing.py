"""What is printed on an invoice's lines, in the buyer's language."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext

from billing.line_text import line_text
from billing.models import BillingAccount, Invoice
from billing.stripe_gateway import InvoiceLine


def invoice_lines(invoice: Invoice) -> list[InvoiceLine]:
    """The invoice's lines as they are sent to Stripe; lines of 0 stay out."""
    account = BillingAccount.objects.select_related("driver").get(pk=invoice.billing_account_id)
    zone = ZoneInfo(invoice.tenant.time_zone)
    with translation.override(account.driver.language):
        sold = [
            InvoiceLine(
                position=line.position,
                description=line_text(line, invoice.currency, zone)[:500],
                gross_minor=line.gross_minor,
                net_minor=line.net_minor,
                vat_minor=line.vat_minor,
                vat_rate=f"{line.vat_rate.normalize():f}",
            )
            for line in invoice.lines.exclude(gross_minor=0)
        ]
        return sold + _paid_before(invoice, len(sold) + 1)


def _paid_before(invoice: Invoice, position: int) -> list[InvoiceLine]:
    """What was paid with the invoice that this one takes the place of."""
    if not invoice.settled_minor:
        return []
    text = gettext("Paid before")
    return [InvoiceLine(position, text, -invoice.settled_minor, -invoice.settled_minor, 0, "")]
