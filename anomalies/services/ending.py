"""Ending incidents: by evidence or by a person, and what becomes of their parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from anomalies.announcing import announce
from anomalies.events import IncidentEnded
from anomalies.models import Incident
from outbox.services import publish

Open = Incident.State.OPEN
STATIONS_WELL = "all stations are well again"


def end_incidents(
    rows: QuerySet[Incident],
    *,
    state: Incident.State,
    now: datetime,
    resolution: str,
    user_id: UUID | None = None,
) -> int:
    """End those of the incidents that are open; returns how many there were.

    The parts of a site's incident end with it. Of other parts (held sessions, each with a decision
    of its own) the oldest takes the place of the whole.
    """
    with transaction.atomic():
        ended = list(rows.filter(state=Open).select_for_update(of=("self",)).order_by("id"))
        sites = [incident.pk for incident in ended if incident.charge_point_id is None]
        parts = Incident.objects.filter(parent__in=sites, state=Open).exclude(
            pk__in=[incident.pk for incident in ended]
        )
        ended += parts.select_for_update(of=("self",)).order_by("id")
        Incident.objects.filter(pk__in=[incident.pk for incident in ended]).update(
            state=state, resolved_at=now, resolved_by_id=user_id, resolution=resolution[:255]
        )
        _hand_over(ended)
        for incident in ended:
            publish(IncidentEnded(occurred_at=now, incident_id=incident.pk))
        for tenant_id in {incident.tenant_id for incident in ended}:
            announce(tenant_id)
        _end_quiet_sites(ended, now)
    return len(ended)


def _hand_over(ended: Sequence[Incident]) -> None:
    for incident in ended:
        parts = Incident.objects.filter(parent=incident, state=Open)
        heir = parts.select_for_update(of=("self",)).order_by("since_at", "id").first()
        if heir is None:
            continue
        Incident.objects.filter(pk=heir.pk).update(parent=None)
        parts.update(parent=heir)


def _end_quiet_sites(ended: Iterable[Incident], now: datetime) -> None:
    """End a site's incident of which no station is left."""
    parents = {incident.parent_id for incident in ended if incident.parent_id is not None}
    quiet = Incident.objects.filter(pk__in=parents, charge_point=None, state=Open).exclude(
        pk__in=Incident.objects.filter(parent__in=parents, state=Open).values("parent")
    )
    if quiet.exists():
        end_incidents(quiet, state=Incident.State.RESOLVED, now=now, resolution=STATIONS_WELL)
