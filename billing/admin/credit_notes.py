"""Admin page of credit notes: issued documents, never changed."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.admin.invoices import (
    document_links,
    document_or_404,
    party_lines,
    pdf_answer,
)
from billing.documents.pdf import credit_note_pdf
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
        "shown_documents",
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

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the document."""
        document = self.admin_site.admin_view(self.show_pdf)
        return [
            path("<uuid:pk>/<str:language>.pdf", document, name="credit-note-pdf"),
            *super().get_urls(),
        ]

    def show_pdf(self, request: HttpRequest, pk: UUID, language: str) -> HttpResponse:
        """The seller's own document."""
        note = document_or_404(request, CreditNote, pk, language)
        return pdf_answer(credit_note_pdf(note, language=language), f"credit-note-{note.number}")

    @admin.display(description=_("document"))
    def shown_documents(self, note: CreditNote) -> SafeString:
        """In each language."""
        return document_links("admin:credit-note-pdf", note.pk)

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
