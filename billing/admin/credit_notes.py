"""Admin page of credit notes: issued documents, never changed."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.admin.invoices import party_lines
from billing.models import CreditNote
from billing.wording import money, percent
from tenants.access import Right
from tenants.admin import TenantAdmin


@admin.register(CreditNote)
class CreditNoteAdmin(TenantAdmin):
    """Issued credit notes."""

    view_right = Right.MONEY
    list_display = ("number", "shown_invoice", "buyer_name", "shown_total", "issued_at")
    search_fields = ("=number", "=invoice_number")
    empty_text = _("A credit note is issued when an invoiced session is corrected.")
    fields = (
        "number",
        "shown_invoice",
        "invoice_issued_at",
        "reason",
        "shown_total",
        "shown_vat",
        "shown_buyer",
        "shown_seller",
        "issued_at",
        "shown_correction",
    )
    readonly_fields = fields

    @admin.display(description=_("credits invoice"), ordering="invoice_number")
    def shown_invoice(self, note: CreditNote) -> SafeString:
        """With a link."""
        page = reverse("admin:billing_invoice_change", args=(note.invoice_id,))
        return format_html('<a class="laddbok-link" href="{}">{}</a>', page, note.invoice_number)

    @admin.display(description=_("correction"))
    def shown_correction(self, note: CreditNote) -> SafeString:
        """What came of it."""
        page = reverse("admin:billing_correction_change", args=(note.correction_id,))
        return format_html('<a class="laddbok-link" href="{}">{}</a>', page, note.correction)

    @admin.display(description=_("buyer"))
    def buyer_name(self, note: CreditNote) -> str:
        """As on the invoice."""
        return str(note.buyer.get("name", "-"))

    @admin.display(description=_("total credited"), ordering="total_minor")
    def shown_total(self, note: CreditNote) -> str:
        """With currency."""
        return money(note.total_minor, note.currency)

    @admin.display(description=_("VAT by rate"))
    def shown_vat(self, note: CreditNote) -> SafeString:
        """One row for each rate."""
        rows = (
            (
                percent(Decimal(part["rate"])),
                money(part["vat_minor"], note.currency),
                money(part["net_minor"], note.currency),
            )
            for part in note.vat_amounts
        )
        return format_html_join("\n", "<div>{}: {} ({})</div>", rows)

    @admin.display(description=_("seller"))
    def shown_seller(self, note: CreditNote) -> SafeString:
        """As on the invoice."""
        return party_lines(note.seller)

    @admin.display(description=_("buyer"))
    def shown_buyer(self, note: CreditNote) -> SafeString:
        """As on the invoice."""
        return party_lines(note.buyer)
