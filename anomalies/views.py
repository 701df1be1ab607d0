"""The calendar of a technician's work orders, behind a link nobody guesses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from anomalies.models import CalendarLink, WorkOrder
from anomalies.wording import explain
from tenants.models import Tenant
from tenants.scope import across_tenants, tenant_scope

SHOWN_AFTER: Final = timedelta(days=30)
LINE_BYTES: Final = 75


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
        text = calendar_text(list(orders), timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def calendar_text(orders: list[WorkOrder], now: datetime) -> str:
    """The orders as iCalendar events of one hour that end when they are due."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Laddbok//work orders//EN"]
    for order in orders:
        title = order.title or (explain(order.incident).title if order.incident else "")
        done = order.state == WorkOrder.State.DONE
        where = ", ".join(part for part in (order.site.address, order.site.city) if part)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{order.pk}@laddbok",
            f"DTSTAMP:{_stamp(now)}",
            f"DTSTART:{_stamp(order.due_at - timedelta(hours=1))}",
            f"DTEND:{_stamp(order.due_at)}",
            f"SUMMARY:{_escaped(('✓ ' if done else '') + title)}",
            f"LOCATION:{_escaped(f'{order.site} {where}'.strip())}",
            f"DESCRIPTION:{_escaped(order.description)}",
            "END:VEVENT",
        ]
    return "\r\n".join(_folded(line) for line in (*lines, "END:VCALENDAR")) + "\r\n"


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for plain, safe in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        text = text.replace(plain, safe)
    return text


def _folded(line: str) -> str:
    """At most 75 bytes a line; what follows begins with a blank."""
    parts: list[str] = []
    part = ""
    for sign in line:
        if len((part + sign).encode()) > LINE_BYTES - bool(parts):
            parts.append(part)
            part = ""
        part += sign
    return "\r\n ".join((*parts, part))
