"""Opening incidents: one for what is one fault, muted in maintenance, grouped in a site's storm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from anomalies.announcing import announce
from anomalies.events import IncidentOpened, IncidentWorsened
from anomalies.models import Incident
from anomalies.selectors import maintenance_at
from anomalies.types import Finding
from chargepoints.models import ChargePoint, Connector, Site
from outbox.services import publish

# Design, anomalies: "more than 30 % of at least 3 chargers within 2 minutes = one site incident".
STORM_WINDOW = timedelta(minutes=2)
STORM_STATIONS = 3
STORM_PERCENT = 30
# What comes back so soon after it ended by evidence was never gone.
REOPENS_WITHIN = timedelta(hours=1)

Open = Incident.State.OPEN


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is wrong; a part that is None is not known or is the whole."""

    charge_point_id: UUID | None = None
    connector_id: UUID | None = None
    site_id: UUID | None = None

    @property
    def scope(self) -> dict[str, Any]:
        """The columns by which one open incident is told from another."""
        if self.connector_id is not None:
            return {"connector_id": self.connector_id}
        if self.charge_point_id is not None:
            return {"charge_point_id": self.charge_point_id, "connector": None}
        return {"site_id": self.site_id, "charge_point": None}


def lock_place(place: Place) -> None:
    """Until the commit nobody else opens an incident here."""
    rows: QuerySet[Any]
    if place.connector_id is not None:
        rows = Connector.objects.filter(pk=place.connector_id)
    elif place.charge_point_id is not None:
        rows = ChargePoint.objects.filter(pk=place.charge_point_id)
    else:
        rows = Site.objects.filter(pk__in=[place.site_id])
    rows.select_for_update(no_key=True).only("id").first()


def see_again(place: Place, finding: Finding, evidence: Sequence[Mapping[str, Any]]) -> bool:
    """Note a fault on the incident it belongs to, open or ended just now; False when there is none.

    The place must be locked. Money faults of a session never belong to a former one.
    """
    rows = Incident.objects.select_for_update(of=("self",)).filter(kind=finding.kind, **place.scope)
    known = rows.filter(state=Open, parent=None, holds_billing=False).first()
    if known is None:
        known = (
            rows.filter(
                state=Incident.State.RESOLVED,
                resolved_by=None,
                holds_billing=False,
                last_seen_at__lt=finding.at,
            )
            .filter(
                Q(last_seen_at__gt=finding.at - REOPENS_WITHIN)
                | Q(resolved_at__range=(finding.at - REOPENS_WITHIN, finding.at))
            )
            .order_by("-resolved_at")
            .first()
        )
        if known is None or _is_another_open(place, finding):
            return False
        _reopen(known)
    elif finding.at <= known.last_seen_at:
        return True
    if finding.severity < known.severity:
        known.severity = finding.severity
        tell_worsened(known, timezone.now())
    known.last_seen_at = finding.at
    known.occurrences += 1
    known.good_sessions = 0
    if evidence and not known.evidence:
        known.evidence = list(evidence)
    known.save()
    return True


def open_incident(
    place: Place, values: Mapping[str, Any], *, kind: str, session_id: UUID | None = None
) -> Incident:
    """Open an incident, or a part of the one that is open; the place must be locked."""
    now = timezone.now()
    top = Incident.objects.filter(kind=kind, state=Open, parent=None, **place.scope).first()
    incident = Incident.objects.create(
        site_id=place.site_id if place.charge_point_id is None else None,
        charge_point_id=place.charge_point_id,
        connector_id=place.connector_id,
        session_id=session_id,
        kind=kind,
        parent=top,
        is_muted=maintenance_at(place_of=place, now=now).exists(),
        **values,
    )
    if top is None and not _group_at_site(incident, now):
        tell_opened(incident, now)
    return incident


def tell_opened(incident: Incident, now: datetime) -> None:
    """Let the others know, unless the place is being worked on."""
    if not incident.is_muted:
        publish(IncidentOpened(occurred_at=now, incident_id=incident.pk))
        announce(incident.tenant_id)


def tell_worsened(incident: Incident, now: datetime) -> None:
    """Let the others know that it has become worse, unless the place is being worked on."""
    if not incident.is_muted:
        publish(IncidentWorsened(occurred_at=now, incident_id=incident.pk))
        announce(incident.tenant_id)


def unmute_incidents(*, now: datetime) -> int:
    """Tell of what is still open where maintenance has ended; returns how many. One tenant."""
    woken = 0
    for incident in Incident.objects.select_for_update(of=("self",)).filter(
        state=Open, is_muted=True
    ):
        place = Place(incident.charge_point_id, incident.connector_id, incident.site_id)
        if maintenance_at(place_of=place, now=now).exists():
            continue
        incident.is_muted = False
        incident.save(update_fields=("is_muted",))
        woken += 1
        if incident.parent_id is None:
            tell_opened(incident, now)
    return woken


def _is_another_open(place: Place, finding: Finding) -> bool:
    return Incident.objects.filter(
        kind=finding.kind, state=Open, parent=None, **place.scope
    ).exists()


def _reopen(incident: Incident) -> None:
    incident.state = Open
    incident.resolved_at = None
    incident.resolution = ""
    incident.reopened += 1
    incident.parent = None
    tell_opened(incident, timezone.now())


def _group_at_site(incident: Incident, now: datetime) -> bool:
    """Make the incident part of its site's when enough stations fail together."""
    if incident.charge_point_id is None or incident.holds_billing:
        return False
    site = Site.objects.filter(charge_points=incident.charge_point_id).get()
    Site.objects.select_for_update(no_key=True).only("id").get(pk=site.pk)
    whole = Incident.objects.filter(
        site=site, charge_point=None, kind=incident.kind, state=Open
    ).first()
    peers = Incident.objects.filter(
        charge_point__site=site,
        kind=incident.kind,
        state=Open,
        parent=None,
        holds_billing=False,
        since_at__range=(incident.since_at - STORM_WINDOW, incident.since_at + STORM_WINDOW),
    )
    if whole is None:
        failed = peers.values("charge_point").distinct().count()
        whole = _open_storm(site, incident, failed, now)
        if whole is None:
            return False
    peers.update(parent=whole)
    stations = whole.parts.filter(state=Open).values("charge_point").distinct().count()
    Incident.objects.filter(pk=whole.pk).update(
        observed=stations,
        occurrences=stations,
        since_at=min(whole.since_at, incident.since_at),
        last_seen_at=max(whole.last_seen_at, incident.last_seen_at),
    )
    return True


def _open_storm(site: Site, incident: Incident, failed: int, now: datetime) -> Incident | None:
    stations = ChargePoint.objects.filter(site=site, enabled=True).count()
    is_storm = failed > 1 and failed * 100 > stations * STORM_PERCENT
    if stations < STORM_STATIONS or not is_storm:
        return None
    whole = Incident.objects.create(
        site=site,
        kind=incident.kind,
        cause=incident.cause,
        severity=incident.severity,
        signal=incident.signal,
        unit="",
        observed=failed,
        expected=0,
        relation="at_most",
        params={"storm": failed, "stations": stations},
        since_at=incident.since_at,
        last_seen_at=incident.last_seen_at,
        action=incident.action,
        is_muted=maintenance_at(place_of=Place(site_id=site.pk), now=now).exists(),
    )
    tell_opened(whole, now)
    return whole
