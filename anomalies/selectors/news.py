"""What happened to incidents lately, read from the events; the newest last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from anomalies.models import Incident
from outbox.models import Event

# An event is numbered before its transaction commits: what was numbered earlier may come later.
LATE_MS: Final = 60_000
AT_ONCE: Final = 50
_TIME_BITS: Final = 80

WHAT: Final = {
    "incident.opened": "opened",
    "incident.worsened": "worsened",
    "incident.escalated": "escalated",
    "incident.ended": "ended",
}


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened to an incident, and the incident as it is now."""

    event_id: UUID
    what: str
    incident: Incident


def newest_event() -> UUID | None:
    """The cursor for who wants to hear of what comes from now on."""
    return Event.objects.filter(type__in=WHAT).order_by("-id").values_list("id", flat=True).first()


def incident_news(after: UUID | None) -> list[News]:
    """What happened after an event, the last minute before it included; at most the newest 50.

    Without a cursor everything is news. Parts of other incidents are left out.
    """
    events = Event.objects.filter(type__in=WHAT).order_by("-id")
    if after is not None:
        since_ms = max(0, (after.int >> _TIME_BITS) - LATE_MS)
        events = events.filter(id__gte=UUID(int=since_ms << _TIME_BITS))
    rows = list(events[:AT_ONCE])[::-1]
    ids = {row.payload["incident_id"] for row in rows}
    incidents = {
        str(incident.pk): incident
        for incident in Incident.objects.filter(pk__in=ids, parent=None).select_related(
            "charge_point", "connector__charge_point", "site"
        )
    }
    return [
        News(row.pk, WHAT[row.type], incidents[row.payload["incident_id"]])
        for row in rows
        if row.payload["incident_id"] in incidents
    ]
