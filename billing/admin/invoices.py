"""Admin pages of invoices and of how drivers pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.documents.pdf import invoice_pdf
from billing.line_text import line_text
from billing.models import Invoice
from billing.wording import money
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured, may
from tenants.models import TenantRecord

D = TypeVar("D", bound=TenantRecord)

COLOURS = {
    "preparing": "info",
    "open": "info",
    "paid": "success",
    "action_required": "warning",
    "past_due": "danger",
    "void": "warning",
    "blocked": "danger",
}
PARTY = ("name", "address", "organisation_number", "vat_number", "email")


@admin.register(Invoice)
class InvoiceAdmin(TenantAdmin):
    """Issued invoices and whether they are paid."""

    view_right = Right.MONEY
    list_display = ("number", "buyer_name", "shown_total", "shown_state", "issued_at", "paid_at")
    list_filter = ("state", "kind")
    search_fields = ("=number", "=reference", "stripe_invoice_ref")
    empty_text = _(
        "An invoice is made as soon as a session is completed and its checks are through."
    )
    fields = (
        "number",
        "shown_documents",
        "shown_state",
        "problem",
        "kind",
        "period_from_on",
        "period_to_on",
        "shown_session",
        "shown_lines",
        "shown_total",
        "shown_vat",
        "shown_buyer",
        "shown_seller",
        "issued_at",
        "due_on",
        "reference",
        "paid_at",
        "hosted_url",
        "stripe_invoice_ref",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the page shows."""
        return super().get_queryset(request).select_related("charge__session__charge_point")

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the document."""
        document = self.admin_site.admin_view(self.show_pdf)
        return [
            path("<uuid:pk>/<str:language>.pdf", document, name="invoice-pdf"),
            *super().get_urls(),
        ]

    def show_pdf(self, request: HttpRequest, pk: UUID, language: str) -> HttpResponse:
        """The seller's own document."""
        invoice = document_or_404(request, Invoice, pk, language)
        return pdf_answer(invoice_pdf(invoice, language=language), f"invoice-{invoice.number}")

    @admin.display(description=_("document"))
    def shown_documents(self, invoice: Invoice) -> SafeString:
        """In each language."""
        return document_links("admin:invoice-pdf", invoice.pk)

    @admin.display(description=_("buyer"))
    def buyer_name(self, invoice: Invoice) -> str:
        """As on the invoice."""
        return str(invoice.buyer.get("name", "-"))

    @admin.display(description=_("total"), ordering="total_minor")
    def shown_total(self, invoice: Invoice) -> str:
        """With currency."""
        return money(invoice.total_minor, invoice.currency)

    @admin.display(description=_("of which VAT"))
    def shown_vat(self, invoice: Invoice) -> str:
        """With currency."""
        return money(invoice.vat_minor, invoice.currency)

    @coloured(_("state"), COLOURS)
    def shown_state(self, invoice: Invoice) -> tuple[str, str]:
        """Colour by state."""
        return invoice.state, str(invoice.get_state_display())

    @admin.display(description=_("session"))
    def shown_session(self, invoice: Invoice) -> SafeString:
        """Where the energy went."""
        if invoice.charge is None:
            return format_html("-")
        session = invoice.charge.session
        page = reverse("admin:sessions_app_chargingsession_change", args=(session.pk,))
        return format_html('<a class="laddbok-link" href="{}">{}</a>', page, session)

    @admin.display(description=_("lines"))
    def shown_lines(self, invoice: Invoice) -> SafeString:
        """As charged."""
        zone = ZoneInfo(invoice.tenant.time_zone)
        return format_html_join(
            "\n",
            "<div>{} = {}</div>",
            (
                (line_text(line, invoice.currency, zone), money(line.gross_minor, invoice.currency))
                for line in invoice.lines.all()
            ),
        )

    @admin.display(description=_("seller"))
    def shown_seller(self, invoice: Invoice) -> SafeString:
        """As copied in."""
        return party_lines(invoice.seller)

    @admin.display(description=_("buyer"))
    def shown_buyer(self, invoice: Invoice) -> SafeString:
        """As copied in."""
        return party_lines(invoice.buyer)


def document_or_404(request: HttpRequest, model: type[D], pk: UUID, language: str) -> D:
    """The row whose document is asked for; raises `PermissionDenied` and `Http404`."""
    if not may(request, Right.MONEY):
        raise PermissionDenied
    found: Any = model._default_manager.select_related("tenant").filter(pk=pk).first()
    if found is None or language not in dict(settings.LANGUAGES):
        raise Http404
    document: D = found
    return document


def pdf_answer(body: bytes, name: str) -> HttpResponse:
    """A document to look at or keep; no cache keeps it."""
    answer = HttpResponse(body, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def document_links(page: str, pk: UUID) -> SafeString:
    """A document in each language we have."""
    links = ((reverse(page, args=(pk, code)), name) for code, name in settings.LANGUAGES)
    return format_html_join(" · ", '<a class="laddbok-link" href="{}">PDF, {}</a>', links)


def party_lines(party: Mapping[str, Any]) -> SafeString:
    """Seller or buyer as they stand on a document, a line each."""
    rows = ((party[name],) for name in PARTY if party.get(name))
    return format_html_join("\n", "<div>{}</div>", rows)
