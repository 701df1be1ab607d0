"""What answers about charging profiles change here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.models import Command
from chargepoints.services.charging import (
    accept_profile,
    forget_profiles,
    record_composite_schedule,
)
from chargepoints.services.status import read_time


def keep_profile(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the profile is kept, in place of the one of its purpose and level."""
    payload = command.payload
    if answer["status"] == "Accepted":
        is_old = "csChargingProfiles" in payload
        accept_profile(
            charge_point_id=command.charge_point_id,
            evse_id=payload["connectorId" if is_old else "evseId"],
            profile=payload["csChargingProfiles" if is_old else "chargingProfile"],
            reported_at=answered_at,
        )


def clear_profiles(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the profiles of ours that fit what was asked are forgotten."""
    if answer["status"] != "Accepted":
        return
    payload = command.payload
    criteria = payload.get("chargingProfileCriteria", payload)
    forget_profiles(
        charge_point_id=command.charge_point_id,
        profile_id=payload.get("id", payload.get("chargingProfileId")),
        evse_id=criteria.get("connectorId", criteria.get("evseId")),
        purpose=criteria.get("chargingProfilePurpose"),
        stack_level=criteria.get("stackLevel"),
    )


def keep_schedule(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the composite schedule is kept for the EVSE."""
    schedule = answer.get("schedule", answer.get("chargingSchedule"))
    if answer["status"] != "Accepted" or schedule is None:
        return
    payload = command.payload
    begins = answer.get("scheduleStart") or schedule.get("scheduleStart")
    record_composite_schedule(
        charge_point_id=command.charge_point_id,
        evse_id=payload["connectorId"] if "connectorId" in payload else payload["evseId"],
        schedule=schedule,
        starts_at=read_time(begins) if begins else answered_at,
        duration_s=schedule.get("duration", payload["duration"]),
        reported_at=answered_at,
    )


EFFECTS = {
    "SetChargingProfile": keep_profile,
    "ClearChargingProfile": clear_profiles,
    "GetCompositeSchedule": keep_schedule,
}
