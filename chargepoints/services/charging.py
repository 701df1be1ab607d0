"""Charging profiles, schedules and limits as stations accept and report them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from chargepoints.models import (
    ChargingLimit,
    ChargingNeed,
    ChargingProfile,
    CompositeSchedule,
)
from chargepoints.services.reports import optional_time
from chargepoints.services.status import read_time

OURS = "CSO"
STATION = 0


def record_profile(
    *,
    charge_point_id: UUID,
    evse_id: int,
    profile: dict[str, Any],
    reported_at: datetime,
    source: str = OURS,
) -> None:
    """Keep a profile that a station holds; 1.6 calls the number `chargingProfileId`."""
    ChargingProfile.objects.update_or_create(
        charge_point_id=charge_point_id,
        profile_id=profile["id"] if "id" in profile else profile["chargingProfileId"],
        source=source,
        defaults={
            "evse_id": evse_id,
            "purpose": profile["chargingProfilePurpose"],
            "stack_level": profile["stackLevel"],
            "kind": profile["chargingProfileKind"],
            "transaction_ref": str(profile.get("transactionId", "")),
            "valid_from": optional_time(profile.get("validFrom")),
            "valid_to": optional_time(profile.get("validTo")),
            "content": profile,
            "reported_at": reported_at,
        },
    )


def accept_profile(
    *, charge_point_id: UUID, evse_id: int, profile: dict[str, Any], reported_at: datetime
) -> None:
    """Keep a profile the station accepted; it replaces the one of its purpose and level there.

    OCPP 1.6 section 3.13.2 and 2.0.1 K01.FR.05.
    """
    ChargingProfile.objects.filter(
        charge_point_id=charge_point_id,
        evse_id=evse_id,
        purpose=profile["chargingProfilePurpose"],
        stack_level=profile["stackLevel"],
        source=OURS,
        transaction_ref=str(profile.get("transactionId", "")),
    ).delete()
    record_profile(
        charge_point_id=charge_point_id, evse_id=evse_id, profile=profile, reported_at=reported_at
    )


def forget_profiles(
    *,
    charge_point_id: UUID,
    profile_id: int | None = None,
    evse_id: int | None = None,
    purpose: str | None = None,
    stack_level: int | None = None,
) -> None:
    """The station holds no more profile of ours that fits everything given (None: whichever)."""
    given = {
        "profile_id": profile_id,
        "evse_id": evse_id,
        "purpose": purpose,
        "stack_level": stack_level,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    ChargingProfile.objects.filter(charge_point_id=charge_point_id, source=OURS, **wanted).delete()


def record_composite_schedule(
    *,
    charge_point_id: UUID,
    evse_id: int,
    schedule: dict[str, Any],
    starts_at: datetime,
    duration_s: int,
    reported_at: datetime,
) -> None:
    """Keep the limits a station says it will keep to."""
    CompositeSchedule.objects.update_or_create(
        charge_point_id=charge_point_id,
        evse_id=evse_id,
        unit=schedule["chargingRateUnit"],
        defaults={
            "starts_at": starts_at,
            "duration_s": duration_s,
            "periods": schedule["chargingSchedulePeriod"],
            "reported_at": reported_at,
        },
    )


def record_limit(*, charge_point_id: UUID, payload: dict[str, Any], reported_at: datetime) -> None:
    """Keep a limit that somebody else has put on the station or one of its EVSEs."""
    limit = payload["chargingLimit"]
    ChargingLimit.objects.update_or_create(
        charge_point_id=charge_point_id,
        evse_id=payload.get("evseId", STATION),
        source=limit["chargingLimitSource"],
        defaults={
            "is_grid_critical": limit.get("isGridCritical", False),
            "schedules": payload.get("chargingSchedule", []),
            "reported_at": reported_at,
            "cleared_at": None,
        },
    )


def clear_limit(*, charge_point_id: UUID, evse_id: int, source: str, cleared_at: datetime) -> None:
    """The outside limit holds no more; repeated, the first time counts."""
    ChargingLimit.objects.filter(
        charge_point_id=charge_point_id, evse_id=evse_id, source=source, cleared_at=None
    ).update(cleared_at=cleared_at)


def record_reported_profiles(
    *, charge_point_id: UUID, payload: dict[str, Any], reported_at: datetime
) -> None:
    """Keep the profiles of a ReportChargingProfiles."""
    profiles: Iterable[dict[str, Any]] = payload["chargingProfile"]
    for profile in profiles:
        record_profile(
            charge_point_id=charge_point_id,
            evse_id=payload["evseId"],
            profile=profile,
            source=payload["chargingLimitSource"],
            reported_at=reported_at,
        )


def record_needs(
    *, charge_point_id: UUID, evse_id: int, needs: dict[str, Any], received_at: datetime
) -> None:
    """Keep what the car at this EVSE says it needs; the car before it is forgotten."""
    ChargingNeed.objects.update_or_create(
        charge_point_id=charge_point_id,
        evse_id=evse_id,
        defaults={
            "needs": needs,
            "needs_at": received_at,
            "schedule": None,
            "schedule_from": None,
        },
    )


def record_car_schedule(
    *, charge_point_id: UUID, evse_id: int, schedule: dict[str, Any], time_base: str
) -> None:
    """Keep the schedule the car at this EVSE means to follow."""
    ChargingNeed.objects.update_or_create(
        charge_point_id=charge_point_id,
        evse_id=evse_id,
        defaults={"schedule": schedule, "schedule_from": read_time(time_base)},
    )
