"""Whether a station may be restarted: nobody charges, and not too often."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from anomalies.ladder import ALL_RESETS, HARD_RESETS, SOFT_RESETS
from anomalies.models import RemediationStep, Repair
from chargepoints.models import Command, Connector
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession

STARTS: Final = ("RemoteStartTransaction", "RequestStartTransaction")
# A car that was plugged in so long ago without a start is not about to begin.
ABOUT_TO_BEGIN: Final = timedelta(minutes=10)
BUSY: Final = (
    Connector.Status.OCCUPIED,
    Connector.Status.CHARGING,
    Connector.Status.SUSPENDED_EV,
    Connector.Status.SUSPENDED_EVSE,
    Connector.Status.RESERVED,
)


def is_in_use(charge_point_id: UUID, now: datetime) -> bool:
    """Whether a restart could disturb somebody, as far as the station told us.

    A session under way, a connector that says so, a car just plugged in, or a start that is asked
    for. A session that was never stopped counts until a later one took its place: only a person
    may decide otherwise. Exact while the station's row is locked, for starts lock it too.
    """
    under_way = ChargingSession.objects.filter(
        charge_point_id=charge_point_id, state=ChargingSession.State.OPEN, ended_at=None
    ).exclude(flags__contains=[SessionFlag.SUPERSEDED])
    plugged = Q(status=Connector.Status.PREPARING) & (
        Q(status_at=None) | Q(status_at__gt=now - ABOUT_TO_BEGIN)
    )
    busy = Connector.objects.filter(Q(status__in=BUSY) | plugged, charge_point_id=charge_point_id)
    starting = Command.objects.filter(
        charge_point_id=charge_point_id,
        action__in=STARTS,
        state__in=(Command.State.QUEUED, Command.State.SENT),
    )
    just_asked = Command.objects.filter(
        charge_point_id=charge_point_id,
        action__in=STARTS,
        state=Command.State.ANSWERED,
        answered_at__gt=now - timedelta(minutes=2),
    )
    return any(rows.exists() for rows in (under_way, busy, starting, just_asked))


def would_disturb(
    charge_point_id: UUID, action: str, payload: Mapping[str, Any], now: datetime
) -> bool:
    """Whether a call asked for by a person is a restart that may cut somebody's charging off.

    A station that is to restart when idle (OCPP 2.0.1 `OnIdle`) waits by itself.
    """
    if action != "Reset" or payload.get("type") == "OnIdle":
        return False
    return is_in_use(charge_point_id, now)


def has_reset_budget(charge_point_id: UUID, repair: Repair, now: datetime) -> bool:
    """Whether the station may be restarted once more, this way and at all."""
    most, within = SOFT_RESETS if repair is Repair.SOFT_RESET else HARD_RESETS
    ours = RemediationStep.objects.filter(
        charge_point_id=charge_point_id, repair=repair, sent_at__gt=now - within
    )
    most_of_all, day = ALL_RESETS
    all_resets = Command.objects.filter(
        charge_point_id=charge_point_id, action="Reset", created_at__gt=now - day
    ).exclude(state=Command.State.OFFLINE)
    return ours.count() < most and all_resets.count() < most_of_all
