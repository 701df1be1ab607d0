"""What open consoles are told of incidents: how many, the worst, and what is new."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anomalies.models import Incident
from anomalies.selectors import open_incidents
from anomalies.selectors.news import News, incident_news, newest_event
from anomalies.types import Severity
from anomalies.wording import explain
from tenants.access import Right
from tenants.admin import may

ROWS = 10


@require_safe
def poll_incidents(request: HttpRequest) -> HttpResponse:
    """The same as the WebSocket says, for browsers that get none; 403 for strangers."""
    if not may(request, Right.VIEW):
        return JsonResponse({"error": "forbidden"}, status=403)
    response = JsonResponse(report(read_cursor(request.GET.get("after", ""))))
    response.headers["Cache-Control"] = "no-store"
    return response


def read_cursor(text: str) -> UUID | None:
    """The event somebody has heard of last; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def report(after: UUID | None) -> dict[str, Any]:
    """How many incidents are open, the worst of them, and what happened after an event.

    One tenant, in the language in force. Events come again within a minute of the cursor.
    """
    # Read first: what happens meanwhile is then told again, rather than never.
    newest = newest_event()
    news = incident_news(after) if after is not None else []
    rows = open_incidents()
    return {
        "cursor": str(newest or after or UUID(int=0)),
        "open": rows.count(),
        "rows": [_row(incident) for incident in rows[:ROWS]],
        "events": [_event(one) for one in news],
        "texts": {
            "list": reverse("admin:anomalies_incident_changelist"),
            "open": _("Open incidents"),
            "mute": _("Turn notices off"),
            "unmute": _("Turn notices on"),
            "opened": _("New incident"),
            "worsened": _("Incident has become worse"),
            "escalated": _("A technician is needed"),
            "ended": _("Incident is over"),
            "none": _("No open incidents."),
        },
    }


def _row(incident: Incident) -> dict[str, Any]:
    explanation = explain(incident)
    return {
        "id": str(incident.pk),
        "url": reverse("admin:anomalies_incident_change", args=(incident.pk,)),
        "title": explanation.title,
        "sentence": explanation.sentence,
        "place": str(incident.place),
        "since": incident.since_at.isoformat(),
        "is_serious": incident.severity <= Severity.ERROR,
    }


def _event(news: News) -> dict[str, Any]:
    return {"event": str(news.event_id), "what": news.what, **_row(news.incident)}
