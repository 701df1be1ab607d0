"""My charging: the pages of a driver who has signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from anomalies.services.driver_notices import choice_of
from billing.documents.pdf import credit_note_pdf, invoice_pdf
from billing.services.receipt_links import receipt_token
from drivers.language import chosen_language, speaking
from drivers.my.outages import outages_for
from drivers.my.papers import (
    PAGE as PAPERS,
)
from drivers.my.papers import (
    credit_notes_of,
    invoices_of,
    tell_credit_note,
    tell_invoice,
)
from drivers.my.sessions import PAGE, months_of, sessions_of, tell_sessions
from drivers.my.signing_in import visiting_driver
from drivers.responses import keep_own, page
from drivers.views.signing_in import COOKIE, find_operator, no_operator, show_sign_in
from sessions_app.models import Driver, IdToken
from sessions_app.services.tags import block_lost_tag
from tenants.models import Tenant
from tenants.scope import tenant_scope


@dataclass(frozen=True, slots=True)
class Guest:
    """A signed-in driver at an operator."""

    request: HttpRequest
    operator: Tenant
    driver: Driver
    language: str

    def show(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """A page of the driver's own."""
        base = {"operator": self.operator, "driver": self.driver}
        return page(self.request, f"drivers/my/{template}.html", {**base, **context}, status)

    def go(self, name: str) -> HttpResponse:
        """On to another of their pages."""
        return redirect(f"{reverse(name, args=[self.operator.slug])}?lang={self.language}")


Answer = Callable[..., HttpResponse]


def guests_only(answer: Answer) -> Answer:
    """Let in who is signed in, in the operator's scope and their language; others sign in."""

    @wraps(answer)
    def view(request: HttpRequest, slug: str, **given: Any) -> HttpResponse:
        operator = find_operator(slug)
        if operator is None:
            return no_operator(request)
        with tenant_scope(operator.pk):
            driver = visiting_driver(request.COOKIES.get(COOKIE, ""), timezone.now())
            if driver is None:
                return show_sign_in(request, operator)
            language = chosen_language(request, driver.language)
            with speaking(language):
                return keep_own(answer(Guest(request, operator, driver, language), **given))

    return view


@require_safe
@guests_only
def show_sessions(guest: Guest) -> HttpResponse:
    """The driver's sessions, with the energy of the last months."""
    now = timezone.now()
    pages = Paginator(sessions_of(guest.driver), PAGE)
    shown = pages.get_page(guest.request.GET.get("page"))
    zone = ZoneInfo(guest.operator.time_zone)
    context = {
        "sessions": tell_sessions(shown.object_list, now, guest.language),
        "shown": shown,
        "months": months_of(guest.driver, now, zone) if shown.number == 1 else [],
    }
    return guest.show("sessions", context)


@require_safe
@guests_only
def open_own_receipt(guest: Guest, pk: UUID) -> HttpResponse:
    """Lead to the receipt of one of the driver's sessions."""
    session = sessions_of(guest.driver).filter(pk=pk).first()
    token = None if session is None else receipt_token(session)
    if token is None:
        return guest.show("not_found", {}, status=404)
    return redirect(f"{reverse('receipt', args=[token])}?lang={guest.language}")


@require_safe
@guests_only
def show_invoices(guest: Guest) -> HttpResponse:
    """Invoices and credit notes."""
    pages = Paginator(invoices_of(guest.driver), PAPERS)
    shown = pages.get_page(guest.request.GET.get("page"))
    notes = credit_notes_of(guest.driver)[:PAPERS] if shown.number == 1 else []
    context = {
        "invoices": [tell_invoice(one, guest.language) for one in shown.object_list],
        "notes": [tell_credit_note(one, guest.language) for one in notes],
        "shown": shown,
    }
    return guest.show("invoices", context)


@require_safe
@guests_only
def download_invoice(guest: Guest, pk: UUID) -> HttpResponse:
    """One of the driver's invoices as a document."""
    invoice = invoices_of(guest.driver).select_related("tenant").filter(pk=pk).first()
    if invoice is None:
        return guest.show("not_found", {}, status=404)
    return _pdf(invoice_pdf(invoice, language=guest.language), f"invoice-{invoice.number}")


@require_safe
@guests_only
def download_credit_note(guest: Guest, pk: UUID) -> HttpResponse:
    """One of the driver's credit notes as a document."""
    note = credit_notes_of(guest.driver).select_related("tenant").filter(pk=pk).first()
    if note is None:
        return guest.show("not_found", {}, status=404)
    return _pdf(credit_note_pdf(note, language=guest.language), f"credit-note-{note.number}")


@require_safe
@guests_only
def show_tags(guest: Guest) -> HttpResponse:
    """The driver's cards and key fobs."""
    tags = IdToken.objects.filter(driver=guest.driver).order_by("state", "uid")
    return guest.show("tags", {"tags": tags, "now": timezone.now()})


@require_POST
@guests_only
def block_tag(guest: Guest, pk: UUID) -> HttpResponse:
    """Block one that is lost."""
    if block_lost_tag(driver=guest.driver, token_id=pk) is None:
        return guest.show("not_found", {}, status=404)
    return guest.go("my-tags")


@require_safe
@guests_only
def show_outages(guest: Guest) -> HttpResponse:
    """What is wrong, or planned, where the driver charges."""
    outages = outages_for(guest.driver, timezone.now())
    return guest.show("outages", {"outages": outages, "notices": choice_of(guest.driver).token})


def _pdf(body: bytes, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response
