"""Incidents: made once from a finding, kept up to date, ended by evidence or by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from anomalies.models import Incident
from anomalies.services.ending import end_incidents
from anomalies.services.opening import (
    Place,
    lock_place,
    open_incident,
    see_again,
    tell_worsened,
)
from anomalies.types import Finding
from sessions_app.models import ChargingSession
from sessions_app.services import doubt_session
from sessions_app.types import Sample

SAMPLES_AROUND = 10
NOT_CONFIRMED = "not confirmed by the complete session"
LATER_SESSION_GOOD = "a later session was good"
# What comes and goes with the car or the weather takes more than one good session to be over.
GOOD_SESSIONS = {"E10": 3, "E12": 2, "M5": 3, "S8": 2}

Open = Incident.State.OPEN
Resolved = Incident.State.RESOLVED


def record_findings(
    *, session: ChargingSession, findings: Sequence[Finding], samples: Sequence[Sample]
) -> None:
    """Open an incident for each finding, or add to the one that is open; repeatable.

    `samples` is what the evidence is cut from, in the order of time. A fault of the station (one
    that does not hold billing) that was open before this session is one incident, seen again.
    """
    place = Place(session.charge_point_id, session.connector_id)
    for finding in findings:
        values = _values(finding, samples)
        own = Incident.objects.filter(session=session, kind=finding.kind)
        milder = own.filter(state=Open, severity__gt=finding.severity).first()
        if own.update(**values):
            if milder is not None:
                tell_worsened(milder, timezone.now())
            continue
        lock_place(place)
        is_known = session.connector_id is not None and not finding.holds_billing
        if is_known and see_again(place, finding, values["evidence"]):
            continue
        incident = open_incident(place, values, kind=finding.kind, session_id=session.pk)
        if finding.holds_billing and session.gate != ChargingSession.Gate.UNCHECKED:
            doubt_session(
                session_id=session.pk,
                doubt_id=incident.pk,
                kind=finding.kind,
                cause=finding.cause,
            )


def record_place_finding(
    *, place: Place, finding: Finding, evidence: Sequence[dict[str, Any]] = ()
) -> None:
    """Open an incident of a connector, station or site, or add to the one that is open."""
    with transaction.atomic():
        lock_place(place)
        if see_again(place, finding, evidence):
            return
        values = _values(finding, ()) | {"evidence": list(evidence)}
        open_incident(place, values, kind=finding.kind)


def resolve_place(*, place: Place, kinds: Iterable[str], now: datetime, resolution: str) -> int:
    """End faults of a place that are gone, by what it says itself; returns how many."""
    rows = Incident.objects.filter(kind__in=list(kinds), holds_billing=False, **place.scope)
    return end_incidents(rows, state=Resolved, now=now, resolution=resolution)


def resolve_unconfirmed(*, session: ChargingSession, kinds: Iterable[str], now: datetime) -> None:
    """End what was seen while samples were missing and the complete session does not show."""
    rows = Incident.objects.filter(session=session).exclude(kind__in=list(kinds))
    end_incidents(rows, state=Resolved, now=now, resolution=NOT_CONFIRMED)


def resolve_by_good_session(
    *, session: ChargingSession, kinds: Iterable[str], now: datetime
) -> None:
    """End faults of the connector that this and as many sessions as it takes do not show."""
    if session.connector_id is None or session.energy_wh == 0:
        return
    shown = (
        Incident.objects.filter(
            connector_id=session.connector_id,
            state=Open,
            holds_billing=False,
            last_seen_at__lt=session.started_at,
        )
        # Somebody else's good session says nothing about a doubtful token or bill.
        .exclude(kind__startswith="F")
        .exclude(kind__in=list(kinds))
        .exclude(session=session)
    )
    shown.update(good_sessions=F("good_sessions") + 1)
    over = [
        incident.pk
        for incident in shown.only("id", "kind", "good_sessions")
        if incident.good_sessions >= GOOD_SESSIONS.get(incident.kind, 1)
    ]
    rows = Incident.objects.filter(pk__in=over)
    end_incidents(rows, state=Resolved, now=now, resolution=LATER_SESSION_GOOD)


def resolve_incident(*, incident: Incident, user_id: UUID | None, resolution: str) -> bool:
    """A person says it is mended; False when it was no longer open."""
    return _end(incident, Resolved, user_id, resolution)


def dismiss_incident(*, incident: Incident, user_id: UUID | None, resolution: str) -> bool:
    """A person says there was nothing; False when it was no longer open.

    That is a false alarm, unless they have said otherwise.
    """
    ended = _end(incident, Incident.State.DISMISSED, user_id, resolution)
    if ended:
        Incident.objects.filter(pk=incident.pk, verdict=Incident.Verdict.UNSAID).update(
            verdict=Incident.Verdict.FALSE, verdict_at=timezone.now()
        )
    return ended


def judge_incident(
    *, incident: Incident, verdict: Incident.Verdict, cause: str, actor: str, now: datetime
) -> None:
    """Keep what a person says of an incident: right, false alarm, or something else (`cause`)."""
    Incident.objects.filter(pk=incident.pk).update(
        verdict=verdict, verdict_cause=cause[:200], verdict_by=actor[:120], verdict_at=now
    )


def acknowledge_incident(*, incident: Incident, actor: str, now: datetime) -> bool:
    """Note that a person has seen a danger; until then its penalty does not decay."""
    rows = Incident.objects.filter(pk=incident.pk, acknowledged_at=None)
    return bool(rows.update(acknowledged_at=now, acknowledged_by=actor[:120]))


def resolve_holding(
    *, session: ChargingSession, user_id: UUID | None, resolution: str, now: datetime
) -> None:
    """End what held a session that has been released."""
    rows = Incident.objects.filter(session=session, holds_billing=True)
    end_incidents(rows, state=Resolved, now=now, resolution=resolution, user_id=user_id)


def _values(finding: Finding, samples: Sequence[Sample]) -> dict[str, Any]:
    return {
        "cause": finding.cause,
        "severity": int(finding.severity),
        "signal": finding.signal,
        "unit": finding.unit,
        "observed": finding.observed,
        "expected": finding.expected,
        "relation": finding.relation.value,
        "params": dict(finding.params),
        "since_at": finding.since_at,
        "last_seen_at": finding.at,
        "holds_billing": finding.holds_billing,
        "action": finding.action.value,
        "evidence": _evidence(finding, samples),
    }


def _evidence(finding: Finding, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """The samples around the moment of certainty, as JSON."""
    at = next((i for i, s in enumerate(samples) if s.at >= finding.at), len(samples))
    window = samples[max(0, at - SAMPLES_AROUND) : at + SAMPLES_AROUND + 1]
    return [
        {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(sample).items()
            if value not in (None, {}, ())
        }
        for sample in window
    ]


def _end(incident: Incident, state: Incident.State, user_id: UUID | None, resolution: str) -> bool:
    rows = Incident.objects.filter(pk=incident.pk)
    return bool(
        end_incidents(rows, state=state, now=timezone.now(), resolution=resolution, user_id=user_id)
    )
