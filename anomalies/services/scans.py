"""Reading sessions: what is new while they are under way, everything once they are complete."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from anomalies.detectors import State, finish, from_json, scan, to_json
from anomalies.models import SessionWatch
from anomalies.selectors import session_facts
from anomalies.selectors.known import Known, known_from_json, known_to_json, read_known
from anomalies.services.counting import Counted, Judged, count_session
from anomalies.services.incidents import (
    record_findings,
    resolve_by_good_session,
    resolve_unconfirmed,
)
from anomalies.services.releases import release_by_rules
from anomalies.services.signatures import signed_findings
from anomalies.types import Finding
from sessions_app.models import ChargingSession
from sessions_app.selectors import samples_after, session_samples
from sessions_app.services import clear_session, hold_session
from sessions_app.types import Sample, SampleFlag, sample_order

# Benefit of the doubt before the first and after the last sample of a station without a clock.
UNKNOWN_STRETCH = timedelta(hours=1)


def scan_session(*, session_id: UUID) -> int:
    """Run the detectors over samples newer than the watermark; returns how many there were.

    Under a lock on the watermark, so two workers never read the same samples, and in one
    transaction with what they find, so a killed worker repeats nothing.
    """
    with transaction.atomic():
        watch = _lock_watch(session_id)
        # Read before its samples: every sample it counts is then among them.
        session = _read_session(session_id)
        if watch.finished_at is not None or session.last_seq <= watch.watermark:
            return 0
        new = samples_after(session_id, watch.watermark)
        samples = sorted((sample for _seq, sample in new), key=sample_order)
        known = _known(watch, session)
        facts, thresholds = session_facts(session, known), known.thresholds
        state, said = scan(from_json(watch.detector_state), samples, facts, thresholds)
        findings = _incidents(said)
        if findings:
            everything = session_samples(session_id)
            record_findings(session=session, findings=findings, samples=everything)
        # Of samples sent again the numbers may have no row.
        watch.watermark = max([session.last_seq, *(seq for seq, _sample in new)])
        watch.detector_state = to_json(state)
        watch.save(update_fields=("watermark", "detector_state", "known"))
    return len(new)


def check_completed_session(*, session_id: UUID, now: datetime) -> None:
    """Judge the complete session and let billing have it, or hold it; repeatable.

    All samples are read again in the order of time: whatever order they came in, the verdict is
    the same. A fault of the meter holds the session (catalogue: findings that cost money).
    """
    with transaction.atomic():
        watch = _lock_watch(session_id)
        if watch.finished_at is not None:
            return
        session = _read_session(session_id)
        samples = session_samples(session_id)
        known = _known(watch, session)
        judged, findings = _judge(session, samples, known)
        findings += signed_findings(session=session, samples=samples, now=now)
        counted = Counted()
        if judged is not None:
            seen = frozenset(finding.kind for finding in findings)
            counted = count_session(replace(judged, kinds=seen))
        findings = _worst_of_each_kind([*findings, *counted.findings])
        kinds = {finding.kind for finding in findings}
        record_findings(session=session, findings=findings, samples=samples)
        resolve_unconfirmed(session=session, kinds=kinds, now=now)
        resolve_by_good_session(session=session, kinds=kinds | counted.standing, now=now)
        _open_or_close_gate(session, findings, samples, now)
        watch.finished_at = now
        watch.watermark = session.last_seq
        watch.detector_state = {}  # nobody reads on from here
        watch.save(update_fields=("finished_at", "watermark", "detector_state", "known"))


def _known(watch: SessionWatch, session: ChargingSession) -> Known:
    """What was known when the session was first read, so that every reading gives the same."""
    known = known_from_json(watch.known)
    if known is None:
        known = read_known(session)
        watch.known = known_to_json(known)
    return known


def _judge(
    session: ChargingSession, samples: Sequence[Sample], known: Known
) -> tuple[Judged | None, list[Finding]]:
    """The complete session as later rules take it (None without start or end), and its findings."""
    started_at, ended_at = _period(session, samples)
    thresholds = known.thresholds
    facts = replace(session_facts(session, known), started_at=started_at)
    state, said = scan(State(), samples, facts, thresholds)
    if started_at is None or ended_at is None:
        return None, _worst_of_each_kind(_incidents(said))
    final, excused = finish(
        state,
        meter_start_wh=session.meter_start_wh,
        meter_stop_wh=session.meter_stop_wh,
        started_at=started_at,
        ended_at=ended_at,
        facts=facts,
        energy_wh=session.energy_wh,
        recorded_s=_recorded_s(session),
        thresholds=thresholds,
    )
    said = (*(finding for finding in said if finding.kind not in excused), *final)
    evidence = tuple(finding for finding in said if finding.is_evidence)
    judged = Judged(
        session, samples, facts, started_at, ended_at, frozenset(), thresholds, evidence
    )
    return judged, _worst_of_each_kind(_incidents(said))


def _recorded_s(session: ChargingSession) -> int | None:
    """Whole seconds from start to end as billing would see them, rounded down."""
    if session.started_at is None or session.ended_at is None:
        return None
    return (session.ended_at - session.started_at) // timedelta(seconds=1)


def _period(
    session: ChargingSession, samples: Sequence[Sample]
) -> tuple[datetime | None, datetime | None]:
    """Start and end in the time of the samples, which are in its order.

    A station whose clock was never set stamps 1970; its session began and ended by our clock.
    """
    started_at, ended_at = session.started_at, session.ended_at
    if samples and SampleFlag.CLOCK_UNSET in samples[0].flags:
        started_at = samples[0].at - UNKNOWN_STRETCH
    if samples and SampleFlag.CLOCK_UNSET in samples[-1].flags:
        ended_at = samples[-1].at + UNKNOWN_STRETCH
    return started_at, ended_at


def _incidents(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that are incidents; what is evidence alone is none (catalogue E11, M10)."""
    return [finding for finding in findings if not finding.is_evidence]


def _worst_of_each_kind(findings: Iterable[Finding]) -> list[Finding]:
    """One finding per kind: the first that holds billing, else the first."""
    chosen: dict[str, Finding] = {}
    for finding in findings:
        known = chosen.get(finding.kind)
        if known is None or (finding.holds_billing and not known.holds_billing):
            chosen[finding.kind] = finding
    return list(chosen.values())


def _open_or_close_gate(
    session: ChargingSession, findings: Sequence[Finding], samples: Sequence[Sample], now: datetime
) -> None:
    doubts = sorted(
        f"{finding.kind} {finding.cause}" for finding in findings if finding.holds_billing
    )
    if not doubts:
        clear_session(session_id=session.id)
    elif hold_session(session_id=session.id, reason=", ".join(doubts)):
        release_by_rules(session=session, doubts=doubts, samples=samples, now=now)


def _read_session(session_id: UUID) -> ChargingSession:
    return ChargingSession.objects.select_related("connector__charge_point__site").get(
        pk=session_id
    )


def _lock_watch(session_id: UUID) -> SessionWatch:
    SessionWatch.objects.bulk_create([SessionWatch(session_id=session_id)], ignore_conflicts=True)
    return SessionWatch.objects.select_for_update().get(session_id=session_id)
