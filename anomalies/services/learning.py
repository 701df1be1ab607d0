"""What judged sessions teach: the usual curves and rises, and how a new firmware does (S12).

Each digest is counted once, whenever its turn comes; the order of sessions does not matter here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from anomalies.detectors import (
    CohortState,
    Profile,
    cohort_from_json,
    cohort_step,
    cohort_to_json,
    learn_curve,
    profile_from_json,
    profile_to_json,
    start_cohort,
)
from anomalies.levels import heat_key
from anomalies.models import LearntProfile, SessionDigest
from anomalies.selectors.known import levels_at, rules_of, thresholds_from
from anomalies.services.incidents import record_place_finding
from anomalies.services.memories import Subject, keep_memory, lock_memory
from anomalies.services.opening import Place
from anomalies.summaries import curve_from_json

# How far back the rate before an update is looked for.
BEFORE_UPDATE: Final = timedelta(days=90)
HEATS_KEPT: Final = 41


def learn_from_session(*, session_id: UUID, now: datetime) -> bool:
    """Let profiles and cohorts count a judged session; False when they have, or it is not judged.

    Under a lock on its digest, in one transaction with what it changes: a killed or repeated task
    counts nothing twice.
    """
    with transaction.atomic():
        digest = (
            SessionDigest.objects.select_for_update(of=("self",))
            .select_related("session__charge_point", "session__connector", "charge_point")
            .filter(session_id=session_id, learnt_at=None)
            .first()
        )
        if digest is None:
            return False
        if digest.summary.get("teaches"):
            _teach(digest)
        if digest.firmware and digest.model_key and not digest.is_muted:
            _count_in_cohort(digest)
        digest.learnt_at = now
        digest.save(update_fields=("learnt_at",))
    return True


def _teach(digest: SessionDigest) -> None:
    session, connector = digest.session, digest.session.connector
    if connector is None:
        return
    levels = levels_at(session, connector)
    rated = curve_from_json(digest.summary.get("curve"))
    free = curve_from_json(digest.summary.get("free"))
    heat = digest.summary.get("heat")
    of_model = heat_key(digest.model_key, connector.max_current_ma)
    keys = [*levels.all, *([of_model] if heat is not None else [])]
    for row in _lock_profiles(keys):
        if row.key == of_model:
            row.heat = [*row.heat, heat][-HEATS_KEPT:]
        else:
            curve = free if row.key in levels.rated else rated
            row.curve = profile_to_json(learn_curve(_read(row), curve))
        row.sessions += 1
        row.save(update_fields=("curve", "heat", "sessions"))


def _lock_profiles(keys: list[str]) -> list[LearntProfile]:
    """The profiles of these keys, made where there were none, locked in the order of the keys."""
    LearntProfile.objects.bulk_create(
        [LearntProfile(key=key) for key in sorted(keys)], ignore_conflicts=True
    )
    return list(LearntProfile.objects.select_for_update().filter(key__in=keys).order_by("key"))


def _read(row: LearntProfile) -> Profile:
    return profile_from_json(row.curve)


def _count_in_cohort(digest: SessionDigest) -> None:
    """One more session of a model with this firmware, against the rate before it came."""
    memory = lock_memory(Subject.FIRMWARE, f"{digest.model_key}#{digest.firmware}")
    state = cohort_from_json(memory.state) if memory.state else _new_cohort(digest)
    rules = rules_of(digest.charge_point.profile_id)
    state, finding = cohort_step(
        state,
        station=digest.charge_point_id.int % 2**31,
        is_good=digest.is_good,
        at=digest.ended_at,
        thresholds=thresholds_from(rules),
    )
    keep_memory(memory, cohort_to_json(state))
    if finding is not None:
        about = {"model": digest.model_key, "firmware": digest.firmware}
        record_place_finding(
            place=Place(digest.charge_point_id),
            finding=replace(finding, params={**finding.params, **about}),
        )


def _new_cohort(digest: SessionDigest) -> CohortState:
    others = SessionDigest.objects.filter(
        model_key=digest.model_key,
        is_muted=False,
        ended_at__range=(digest.ended_at - BEFORE_UPDATE, digest.ended_at),
    ).exclude(firmware=digest.firmware)
    good = others.filter(is_good=True).count()
    return start_cohort(good, others.filter(is_good=False).count())
