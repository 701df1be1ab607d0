"""Celery's side of anomalies."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from anomalies import services
from anomalies.deadlines import Deadlines
from anomalies.models import Incident, Maintenance, RemediationStep, SessionDigest, WorkOrder
from anomalies.selectors import sessions_to_scan
from anomalies.selectors.deadlines import watched_places
from anomalies.services import learning
from anomalies.services.figures import count_new_days
from anomalies.services.maintenance import mute_incidents
from anomalies.services.notices import LATE_FOR
from anomalies.services.notices import tell_late_work as tell_late
from anomalies.services.repairs import take_next_step
from anomalies.services.silence import look_at
from anomalies.services.stations import sweep_stations
from anomalies.services.work_orders import reopen_failed_work
from chargepoints.models import ChargePoint, Site
from outbox import bell
from sessions_app.models import ChargingSession
from tenants.scope import across_tenants, tenant_scope

MOST_AT_ONCE = 1000


@shared_task(name="anomalies.tasks.scan_session")
def scan_session(session_id: str) -> int:
    """Check one session's new samples; rung for after each ingest."""
    with across_tenants(reason="which tenant the session is of"):
        tenant_id = (
            ChargingSession.objects.filter(pk=session_id)
            .values_list("tenant_id", flat=True)
            .first()
        )
    if tenant_id is None:
        return 0
    with tenant_scope(tenant_id):
        return services.scan_session(session_id=UUID(session_id))


@shared_task(name="anomalies.tasks.scan_sessions")
def scan_sessions(*session_ids: str) -> None:
    """Ring for each of these sessions; one message of a busy web server stands for many."""
    for session_id in session_ids:
        bell.ring(scan_session.name, session_id)


@shared_task(name="anomalies.tasks.scan_lagging_sessions")
def scan_lagging_sessions() -> int:
    """Ring for every session whose bell was lost; run by beat. Returns how many there were.

    One task each, so that a session whose scan fails keeps no other waiting.
    """
    with across_tenants(reason="sessions with samples nobody has checked"):
        lagging = list(sessions_to_scan().values_list("id", flat=True)[:MOST_AT_ONCE])
    for session_id in lagging:
        bell.ring(scan_session.name, str(session_id))
    return len(lagging)


@shared_task(name="anomalies.tasks.mute_worked_on")
def mute_worked_on() -> int:
    """Mute what is open where maintenance has begun; run by beat. Returns how many there were."""
    now = timezone.now()
    with across_tenants(reason="tenants where somebody works"):
        going_on = Maintenance.objects.filter(starts_at__lte=now, ends_at__gt=now)
        tenants = list(going_on.values_list("tenant_id", flat=True).distinct())
    muted = 0
    for tenant_id in tenants:
        with tenant_scope(tenant_id), transaction.atomic():
            muted += mute_incidents(now=now)
    return muted


@shared_task(name="anomalies.tasks.learn_from_session")
def learn_from_session(session_id: str) -> bool:
    """Let profiles and firmware cohorts count a judged session; rung for when it was judged."""
    with across_tenants(reason="which tenant the session is of"):
        digest = SessionDigest.objects.filter(session_id=UUID(session_id)).first()
    if digest is None or digest.tenant_id is None:
        return False
    with tenant_scope(digest.tenant_id):
        return learning.learn_from_session(session_id=UUID(session_id), now=timezone.now())


@shared_task(name="anomalies.tasks.learn_from_sessions")
def learn_from_sessions() -> int:
    """Ring for every judged session whose bell was lost; run by beat. Returns how many."""
    with across_tenants(reason="judged sessions that nobody has learnt from"):
        owed = SessionDigest.objects.filter(learnt_at=None).order_by("created_at")
        sessions = list(owed.values_list("session_id", flat=True)[:MOST_AT_ONCE])
    for session_id in sessions:
        bell.ring(learn_from_session.name, str(session_id))
    return len(sessions)


@shared_task(name="anomalies.tasks.wake_muted")
def wake_muted() -> int:
    """Tell of incidents whose maintenance is over; run by beat. Returns how many there were."""
    with across_tenants(reason="tenants with muted incidents"):
        muted = Incident.objects.filter(state=Incident.State.OPEN, is_muted=True)
        tenants = list(muted.values_list("tenant_id", flat=True).distinct())
    woken = 0
    for tenant_id in tenants:
        with tenant_scope(tenant_id), transaction.atomic():
            woken += services.unmute_incidents(now=timezone.now())
    return woken


@shared_task(name="anomalies.tasks.repair")
def repair() -> int:
    """Take and judge the repair steps that are due; run by beat. Returns how many there were."""
    now = timezone.now()
    with across_tenants(reason="tenants with repair steps that are due"):
        due = RemediationStep.objects.filter(state__in=("planned", "sent"), due_at__lte=now)
        tenants = list(due.values_list("tenant_id", flat=True).distinct())
    taken = 0
    for tenant_id in tenants:
        with tenant_scope(tenant_id):
            for _number in range(MOST_AT_ONCE):
                if not take_next_step(now=now):
                    break
                taken += 1
    return taken


@shared_task(name="anomalies.tasks.check_work")
def check_work() -> int:
    """Put failed repairs of technicians back to do; run by beat. Returns how many there were."""
    with across_tenants(reason="tenants whose faults were seen after the work"):
        done = WorkOrder.objects.filter(state="done", incident__state=Incident.State.OPEN)
        tenants = list(done.values_list("tenant_id", flat=True).distinct())
    reopened = 0
    for tenant_id in tenants:
        with tenant_scope(tenant_id):
            reopened += reopen_failed_work(now=timezone.now())
    return reopened


@shared_task(name="anomalies.tasks.tell_late_work")
def tell_late_work() -> int:
    """Say that work is late; run by beat. Returns how many orders are late since a day at most."""
    now = timezone.now()
    with across_tenants(reason="tenants with late work orders"):
        late = WorkOrder.objects.filter(
            state__in=("open", "started"), due_at__range=(now - LATE_FOR, now)
        )
        tenants = list(late.values_list("tenant_id", flat=True).distinct())
    orders = 0
    for tenant_id in tenants:
        with tenant_scope(tenant_id), transaction.atomic():
            orders += tell_late(now=now)
    return orders


@shared_task(name="anomalies.tasks.sweep_deadlines")
def sweep_deadlines() -> int:
    """Look at stations and connectors whose moment has come; run by beat. Returns how many.

    The moments are in Redis. One whose look fails, or is cut short, comes back with the next
    rebuild.
    """
    now, deadlines = timezone.now(), Deadlines()
    due = deadlines.take_due(now)
    for watched in due:
        with tenant_scope(watched.tenant_id):
            again_at = look_at(watched, now=now)
        if again_at is not None:
            deadlines.set_all([(watched, again_at)])
    return len(due)


@shared_task(name="anomalies.tasks.watch_stations")
def watch_stations() -> int:
    """Look at what stations said besides readings; run by beat. Returns how many events."""
    with across_tenants(reason="tenants with stations"):
        stations_in_use = ChargePoint.objects.filter(enabled=True, last_seen_at__isnull=False)
        tenants = list(stations_in_use.values_list("tenant_id", flat=True).distinct())
    seen = 0
    for tenant_id in tenants:
        with tenant_scope(tenant_id):
            seen += sweep_stations(now=timezone.now())
    return seen


@shared_task(name="anomalies.tasks.rebuild_deadlines")
def rebuild_deadlines() -> int:
    """Put what the database knows and Redis does not into the set, due now; run by beat.

    So a lost Redis costs a minute, and what is new is found. Returns how many were missing.
    """
    deadlines = Deadlines()
    with across_tenants(reason="every station and waiting connector"):
        missing = watched_places() - deadlines.known()
    now = timezone.now()
    deadlines.set_all((watched, now) for watched in sorted(missing))
    return len(missing)


@shared_task(name="anomalies.tasks.count_days")
def count_days(again: int = 0) -> int:
    """Count outlets' days that have ended since the last count; run by beat. Returns the rows.

    `again` days before are counted once more, for what came late.
    """
    with across_tenants(reason="sites whose days are counted for key figures"):
        sites = list(Site.objects.filter(charge_points__isnull=False).distinct())
    rows = 0
    for site in sites:
        with tenant_scope(site.tenant_id):
            rows += count_new_days(site=site, now=timezone.now(), again=again)
    return rows
