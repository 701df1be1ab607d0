"""Planned work: setting it, ending it early, and muting what is already open there."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from anomalies.models import Incident, Maintenance
from anomalies.selectors import maintenance_at
from anomalies.services.opening import Place, unmute_incidents

Open = Incident.State.OPEN


def plan_maintenance(
    *, place: Place, starts_at: datetime, ends_at: datetime, reason: str, set_by: str, now: datetime
) -> Maintenance:
    """Mute a place's incidents for a time; what is open there falls silent when it begins.

    `ends_at` is exclusive and after `starts_at`, else the database refuses.
    """
    with transaction.atomic():
        station = None if place.connector_id else place.charge_point_id
        maintenance = Maintenance.objects.create(
            connector_id=place.connector_id,
            charge_point_id=station,
            site_id=None if place.connector_id or station else place.site_id,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason[:200],
            set_by=set_by[:120],
        )
        mute_incidents(now=now)
    return maintenance


def end_maintenance(*, maintenance: Maintenance, now: datetime) -> bool:
    """The work is over, or never begins: tell again of what is still wrong. False when it was over.

    One that is still ahead is deleted: it has muted nothing.
    """
    with transaction.atomic():
        row = Maintenance.objects.filter(pk=maintenance.pk, ends_at__gt=now)
        deleted, _what = row.filter(starts_at__gte=now).delete()
        ended = deleted or row.update(ends_at=now)
        if ended:
            unmute_incidents(now=now)
    return bool(ended)


def mute_incidents(*, now: datetime) -> int:
    """Mute what is open where somebody works now; returns how many. One tenant."""
    muted = 0
    if not Maintenance.objects.filter(starts_at__lte=now, ends_at__gt=now).exists():
        return muted
    for incident in Incident.objects.select_for_update(of=("self",)).filter(
        state=Open, is_muted=False
    ):
        place = Place(incident.charge_point_id, incident.connector_id, incident.site_id)
        if maintenance_at(place_of=place, now=now).exists():
            incident.is_muted = True
            incident.save(update_fields=("is_muted",))
            muted += 1
    return muted
