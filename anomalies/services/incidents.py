"""Incidents: made once from a finding, kept up to date, ended by evidence or by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from anomalies.models import Incident
from anomalies.types import Finding
from chargepoints.models import Connector
from sessions_app.models import ChargingSession
from sessions_app.types import Sample

SAMPLES_AROUND = 10
NOT_CONFIRMED = "not confirmed by the complete session"
LATER_SESSION_GOOD = "a later session was good"

Open = Incident.State.OPEN


def record_findings(
    *, session: ChargingSession, findings: Sequence[Finding], samples: Sequence[Sample]
) -> None:
    """Open an incident for each finding, or add to the one that is open; repeatable.

    `samples` is what the evidence is cut from, in the order of time. A fault of the station (one
    that does not hold billing) that was open before this session is one incident, seen again.
    """
    for finding in findings:
        values = _values(finding, samples)
        own = Incident.objects.filter(session=session, kind=finding.kind)
        if own.update(**values):
            continue
        if not finding.holds_billing and _see_again(session, finding):
            continue
        Incident.objects.create(
            charge_point_id=session.charge_point_id,
            connector_id=session.connector_id,
            session=session,
            kind=finding.kind,
            **values,
        )


def resolve_unconfirmed(*, session: ChargingSession, kinds: Iterable[str], now: datetime) -> None:
    """End what was seen while samples were missing and the complete session does not show."""
    Incident.objects.filter(session=session, state=Open).exclude(kind__in=list(kinds)).update(
        state=Incident.State.RESOLVED, resolved_at=now, resolution=NOT_CONFIRMED
    )


def resolve_by_good_session(
    *, session: ChargingSession, kinds: Iterable[str], now: datetime
) -> None:
    """End faults of the connector that this later session does not show."""
    if session.connector_id is None or session.energy_wh == 0:
        return
    Incident.objects.filter(
        connector_id=session.connector_id,
        state=Open,
        holds_billing=False,
        last_seen_at__lt=session.started_at,
    ).exclude(kind__in=list(kinds)).exclude(session=session).update(
        state=Incident.State.RESOLVED, resolved_at=now, resolution=LATER_SESSION_GOOD
    )


def resolve_incident(*, incident: Incident, user_id: UUID | None, resolution: str) -> bool:
    """A person says it is mended; False when it was no longer open."""
    return _end(incident, Incident.State.RESOLVED, user_id, resolution)


def dismiss_incident(*, incident: Incident, user_id: UUID | None, resolution: str) -> bool:
    """A person says there was nothing; False when it was no longer open."""
    return _end(incident, Incident.State.DISMISSED, user_id, resolution)


def resolve_holding(
    *, session: ChargingSession, user_id: UUID | None, resolution: str, now: datetime
) -> None:
    """End what held a session that has been released."""
    Incident.objects.filter(session=session, state=Open, holds_billing=True).update(
        state=Incident.State.RESOLVED,
        resolved_at=now,
        resolved_by_id=user_id,
        resolution=resolution[:255],
    )


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


def _see_again(session: ChargingSession, finding: Finding) -> bool:
    if session.connector_id is None:
        return False
    # Two sessions of one connector may be checked at once; only one of them opens the incident.
    Connector.objects.select_for_update(no_key=True).only("id").get(pk=session.connector_id)
    known = (
        Incident.objects.select_for_update()
        .filter(
            connector_id=session.connector_id,
            kind=finding.kind,
            state=Open,
            holds_billing=False,
        )
        .first()
    )
    if known is None:
        return False
    if finding.at > known.last_seen_at:
        known.last_seen_at = finding.at
        known.occurrences += 1
        known.save(update_fields=("last_seen_at", "occurrences"))
    return True


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
    return bool(
        Incident.objects.filter(pk=incident.pk, state=Open).update(
            state=state,
            resolved_at=timezone.now(),
            resolved_by_id=user_id,
            resolution=resolution[:255],
        )
    )
