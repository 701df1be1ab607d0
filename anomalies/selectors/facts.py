"""Reads for the detectors: what is known of a session's connector, and which sessions lag."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from anomalies.detectors import Activity, CurrentType, Facts, StatusChange
from anomalies.models import SessionWatch
from anomalies.selectors.known import Known, our_limits
from chargepoints.models import Connector, StatusRecord
from sessions_app.models import ChargingSession
from sessions_app.selectors import rated_power_w

_ACTIVITIES: dict[str, Activity] = {
    Connector.Status.CHARGING: Activity.CHARGING,
    Connector.Status.SUSPENDED_EV: Activity.SUSPENDED_EV,
    Connector.Status.SUSPENDED_EVSE: Activity.SUSPENDED_EVSE,
}
_RANKS = {Activity.NOT_CHARGING: 0, Activity.CHARGING: 1}


# Until when limits of a session that goes on are looked up.
_AHEAD = timedelta(days=1)


def session_facts(session: ChargingSession, known: Known | None = None) -> Facts:
    """The connector's limits, ours among them, and its states around a session."""
    known = Known() if known is None else known
    connector = session.connector
    if connector is None:
        return Facts(
            max_power_w=rated_power_w(session),
            started_at=session.started_at,
            meter_start_wh=session.meter_start_wh,
            asked=known.asked,
        )
    return Facts(
        current_type=CurrentType(connector.current_type),
        phases=connector.phases,
        nominal_voltage_mv=connector.charge_point.site.nominal_voltage_mv,
        max_current_ma=connector.max_current_ma,
        max_power_w=connector.max_power_w,
        started_at=session.started_at,
        meter_start_wh=session.meter_start_wh,
        statuses=_statuses(session, connector),
        limits=our_limits(session, session.ended_at or _latest(session) + _AHEAD),
        asked=known.asked,
        expected=known.expected,
        heat_mk_per_1000_a2=known.heat,
    )


def sessions_to_scan() -> QuerySet[ChargingSession]:
    """Sessions under way with samples past the watermark."""
    watermark = SessionWatch.objects.filter(session=OuterRef("pk")).values("watermark")
    return (
        ChargingSession.objects.filter(state=ChargingSession.State.OPEN, last_seq__gt=0)
        .annotate(read=Coalesce(Subquery(watermark), 0))
        .filter(last_seq__gt=F("read"))
        .order_by("id")
    )


def _latest(session: ChargingSession) -> datetime:
    return session.last_sample_at or session.started_at or session.created_at


def _statuses(session: ChargingSession, connector: Connector) -> tuple[StatusChange, ...]:
    records = StatusRecord.objects.filter(connector=connector)
    if session.started_at is not None:
        before = records.filter(at__lte=session.started_at).aggregate(at=Max("at"))["at"]
        records = records.filter(at__gte=before or session.started_at)
    if session.ended_at is not None:
        records = records.filter(at__lte=session.ended_at)
    changes = [
        StatusChange(at, _ACTIVITIES.get(status, Activity.NOT_CHARGING))
        for at, status in records.exclude(status=Connector.Status.OCCUPIED).values_list(
            "at", "status"
        )
    ]
    return tuple(sorted(changes, key=_change_order))


def _change_order(change: StatusChange) -> tuple[datetime, int]:
    """The key that sorts states: of one instant charging comes after plugging in, and a pause last.

    Stations stamp whole seconds, and the order of arrival means nothing.
    """
    return change.at, _RANKS.get(change.activity, 2)
