"""The receipt behind an unguessable link: page, PDF, and what the price was computed from."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from billing.services.receipt_links import find_receipt_link, receipt_token
from drivers.language import chosen_language, speaking
from drivers.receipts.drawing import draw_curve
from drivers.receipts.facts import ReceiptFacts, receipt_facts
from drivers.receipts.pdf import write_pdf
from drivers.receipts.story import tell_receipt
from drivers.responses import keep_private, page
from sessions_app.models import ChargingSession
from tenants.access import Principal, Right
from tenants.scope import tenant_scope

Answer = Callable[[HttpRequest, str, ReceiptFacts], HttpResponse]


def _opens(answer: Answer) -> Callable[..., HttpResponse]:
    """Find the receipt of a token, in its operator's scope and its driver's language."""

    @wraps(answer)
    @require_safe
    def view(request: HttpRequest, token: str, revision: int | None = None) -> HttpResponse:
        facts = _facts(token, revision)
        driver = facts.session.driver if facts else None
        with speaking(chosen_language(request, driver.language if driver else "")):
            if facts is None:
                missing = page(request, "drivers/no_receipt.html", {}, status=404)
                return keep_private(missing)
            return keep_private(answer(request, token, facts))

    return view


@require_safe
def open_receipt(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Lead those who may see money from a session to its receipt; its link is made on first ask."""
    principal: Principal | None = getattr(request, "principal", None)
    if principal is None or not principal.may(Right.MONEY):
        raise PermissionDenied
    token = receipt_token(get_object_or_404(ChargingSession.objects.all(), pk=session_id))
    if token is None:
        return keep_private(page(request, "drivers/no_receipt.html", {}, status=404))
    return keep_private(redirect("receipt", token=token))


def _facts(token: str, revision: int | None) -> ReceiptFacts | None:
    link = find_receipt_link(token)
    if link is None:
        return None
    with tenant_scope(link.tenant_id):
        session = ChargingSession.objects.select_related(
            "charge_point__site", "connector", "driver"
        ).get(pk=link.session_id)
        return receipt_facts(session, link.tenant, revision)


@_opens
def show_receipt(request: HttpRequest, token: str, facts: ReceiptFacts) -> HttpResponse:
    """The page."""
    receipt = tell_receipt(facts)
    drawing = draw_curve(receipt.curve, facts.charge.currency) if receipt.curve else None
    context = {"receipt": receipt, "drawing": drawing, "token": token, "shown": _shown(facts)}
    return page(request, "drivers/receipt.html", context)


@_opens
def show_pdf(request: HttpRequest, token: str, facts: ReceiptFacts) -> HttpResponse:
    """The same as a document to keep."""
    body = write_pdf(tell_receipt(facts), language=get_language() or "sv")
    response = HttpResponse(body, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{_file_name(facts)}.pdf"'
    return response


@_opens
def download_inputs(request: HttpRequest, token: str, facts: ReceiptFacts) -> HttpResponse:
    """What the price was computed from, to the byte that was hashed."""
    response = HttpResponse(facts.inputs, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{_file_name(facts)}.json"'
    return response


def _shown(facts: ReceiptFacts) -> int | None:
    """The revision the page's links keep to; None for the latest, whichever it is."""
    return None if facts.is_current else facts.charge.revision


def _file_name(facts: ReceiptFacts) -> str:
    started_at = facts.session.started_at
    day = f"{started_at.astimezone(facts.zone):%Y-%m-%d-%H%M}" if started_at else ""
    return f"receipt-{day}-{facts.charge.revision}"
