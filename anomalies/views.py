"""The calendar of a technician's work orders, behind a link nobody guesses."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from anomalies.calendars import calendar_text
from anomalies.models import CalendarLink, WorkOrder
from tenants.models import Tenant
from tenants.scope import across_tenants, tenant_scope

SHOWN_AFTER: Final = timedelta(days=30)


@require_safe
def show_calendar(request: HttpRequest, token: str) -> HttpResponse:
    """What the member has to do and did lately, as iCalendar (RFC 5545); 404 for other tokens."""
    with across_tenants(reason="whose calendar a link opens"):
        link = CalendarLink.objects.filter(token=token).first()
    if link is None:
        raise Http404
    language = Tenant.objects.get(pk=str(link.tenant_id)).language
    with tenant_scope(link.tenant_id), translation.override(language):
        orders = (
            WorkOrder.objects.filter(
                assignee_id=link.member_id, due_at__gt=timezone.now() - SHOWN_AFTER
            )
            .exclude(state=WorkOrder.State.CANCELLED)
            .select_related("site", "charge_point", "connector__charge_point", "incident")
        )
        text = calendar_text(orders, timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
