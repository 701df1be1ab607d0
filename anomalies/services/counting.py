"""Each judged session counted once: at its connector (E10 M5 M6 S8, gaps of S9), for its token.

Runs with the check of the session, before billing may have it, for M6 and F1 hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from anomalies.detectors import (
    ConnectorState,
    Facts,
    SessionSummary,
    TagState,
    TagUse,
    Thresholds,
    connector_from_json,
    connector_step,
    connector_to_json,
    tag_from_json,
    tag_step,
    tag_to_json,
)
from anomalies.detectors.base import moment
from anomalies.levels import model_key, token_key
from anomalies.models import SessionDigest
from anomalies.selectors import maintenance_at
from anomalies.selectors.known import levels_at, profiles_at
from anomalies.services.memories import Subject, keep_memory, lock_memory
from anomalies.services.opening import Place
from anomalies.summaries import Course, Ended, course_to_json, summarise, without_register
from anomalies.types import Finding
from chargepoints.models import Connector, Site
from outbox import bell
from sessions_app.models import ChargingSession
from sessions_app.registers import epoch_ms
from sessions_app.types import Sample

# By name: tasks come above services.
LEARN_TASK: Final = "anomalies.tasks.learn_from_session"
_NIGHT: Final = range(6)
_MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Counted:
    """What counting a session found, and the kinds that stand at its connector all the same."""

    findings: tuple[Finding, ...] = ()
    standing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judged:
    """A session with its samples and what its own check found; times are those of its samples."""

    session: ChargingSession
    samples: Sequence[Sample]
    facts: Facts
    started_at: datetime
    ended_at: datetime
    kinds: frozenset[str]
    thresholds: Thresholds
    evidence: tuple[Finding, ...] = ()


def count_session(judged: Judged) -> Counted:
    """Count a session that was judged just now; the caller sees to it that it happens once."""
    session, connector = judged.session, judged.session.connector
    if connector is None:
        return Counted()
    place = Place(session.charge_point_id, connector.pk, session.charge_point.site_id)
    is_muted = maintenance_at(place_of=place, now=judged.ended_at).exists()
    course = summarise(_ended(judged, is_muted), judged.samples, judged.facts, judged.kinds)
    at_connector = _count_at_connector(judged, connector, course.summary)
    of_token = () if is_muted else _count_token(judged)
    _keep_digest(judged, course, is_derated="E10" in at_connector.standing, is_muted=is_muted)
    return Counted((*at_connector.findings, *of_token), at_connector.standing)


def _ended(judged: Judged, is_muted: bool) -> Ended:
    session = judged.session
    return Ended(
        ref=str(session.pk),
        token=session.token_uid,
        vehicle="" if session.driver_id is None else token_key(session.token_uid),
        started_at=judged.started_at,
        ended_at=judged.ended_at,
        energy_wh=session.energy_wh,
        meter_start_wh=session.meter_start_wh,
        meter_stop_wh=session.meter_stop_wh,
        is_maintenance=is_muted,
    )


def _count_at_connector(judged: Judged, connector: Connector, summary: SessionSummary) -> Counted:
    """The connector's rules; a session that comes after a later one moves its register nowhere."""
    memory = lock_memory(Subject.CONNECTOR, str(connector.pk))
    before = connector_from_json(memory.state)
    is_late = before.stop_ms > epoch_ms(summary.ended_at)
    if is_late or _has_unknown_neighbour(judged.session, before):
        summary = without_register(summary)
    profiles = profiles_at(levels_at(judged.session, connector))
    state, findings = connector_step(before, summary, profiles, judged.thresholds)
    if is_late:
        state = replace(state, stop_wh=before.stop_wh, stop_ms=before.stop_ms)
    keep_memory(memory, connector_to_json(state))
    return Counted(findings, _standing(state))


def _has_unknown_neighbour(session: ChargingSession, state: ConnectorState) -> bool:
    """Whether another session ran between the last one counted and this one: it may explain what
    the register gained, once it is complete."""
    connector_id = session.connector_id
    if not state.stop_ms or session.started_at is None or connector_id is None:
        return False
    return (
        ChargingSession.objects.filter(
            connector_id=connector_id,
            started_at__gte=moment(state.stop_ms),
            started_at__lt=session.started_at,
        )
        .exclude(pk=session.pk)
        .exists()
    )


def _standing(state: ConnectorState) -> frozenset[str]:
    """What the connector still suffers from, though it was said before."""
    stands = {
        "E10": state.derated_is_reported,
        "M5": state.drift_is_reported,
        "S8": state.run_is_reported,
    }
    return frozenset(kind for kind, is_so in stands.items() if is_so)


def _count_token(judged: Judged) -> tuple[Finding, ...]:
    """F1 and F2; a use that comes after a later one of the same token is passed over."""
    session, site = judged.session, judged.session.charge_point.site
    if not session.token_uid:
        return ()
    memory = lock_memory(Subject.TOKEN, token_key(session.token_uid))
    state = tag_from_json(memory.state)
    use = _token_use(judged, site, state)
    if state.start_ms is not None and epoch_ms(use.started_at) < state.start_ms:
        return ()
    state, findings = tag_step(state, use, judged.thresholds)
    keep_memory(memory, tag_to_json(state))
    return findings


def _token_use(judged: Judged, site: Site, state: TagState) -> TagUse:
    """Without coordinates of the site the token counts as where it was before."""
    session = judged.session
    where = (state.latitude, state.longitude)
    if site.latitude is not None and site.longitude is not None:
        where = (int(site.latitude * _MICRO), int(site.longitude * _MICRO))
    local = judged.started_at.astimezone(ZoneInfo(site.time_zone))
    connector = session.connector
    return TagUse(
        started_at=judged.started_at,
        ended_at=judged.ended_at,
        latitude=where[0],
        longitude=where[1],
        energy_wh=session.energy_wh,
        is_dc=connector is not None and connector.current_type == Connector.CurrentType.DC,
        is_night=local.hour in _NIGHT,
    )


def _keep_digest(judged: Judged, course: Course, *, is_derated: bool, is_muted: bool) -> None:
    """Owe the profiles and the firmware's cohort this session."""
    session, station = judged.session, judged.session.charge_point
    teaches = course.teaches and not is_derated and not is_muted
    SessionDigest.objects.get_or_create(
        session=session,
        defaults={
            "charge_point": station,
            "model_key": model_key(station.vendor, station.model),
            "firmware": station.firmware_version,
            "ended_at": judged.ended_at,
            "is_good": course.summary.is_good,
            "is_muted": is_muted,
            "summary": course_to_json(replace(course, teaches=teaches)),
            "evidence": [_plain(finding) for finding in judged.evidence],
        },
    )
    transaction.on_commit(partial(bell.ring, LEARN_TASK, str(session.pk)))


def _plain(finding: Finding) -> dict[str, str | int]:
    """What is worth keeping with the session and no alarm by itself (catalogue E11, M10)."""
    return {
        "kind": finding.kind,
        "cause": finding.cause,
        "unit": finding.unit,
        "observed": finding.observed,
        "expected": finding.expected,
        "since_at": finding.since_at.isoformat(),
        "at": finding.at.isoformat(),
    }
