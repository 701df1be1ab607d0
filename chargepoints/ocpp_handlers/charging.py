"""OCPP 2.0.1: limits from outside, reported profiles, and what cars need."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.ocpp_handlers.common import connector_number
from chargepoints.routing import Station, answers
from chargepoints.services.charging import (
    STATION,
    clear_limit,
    record_car_schedule,
    record_limit,
    record_needs,
    record_reported_profiles,
)


class ChargingHandlers201(Station):
    """Messages of the smart charging block."""

    @answers("NotifyChargingLimit")
    def answer_charging_limit(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The limit from outside is kept for the station or EVSE until it is cleared."""
        record_limit(
            charge_point_id=self.connection.charge_point_id,
            payload=payload,
            reported_at=received_at,
        )
        return {}

    @answers("ClearedChargingLimit")
    def answer_cleared_limit(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The limit from outside is marked as cleared."""
        clear_limit(
            charge_point_id=self.connection.charge_point_id,
            evse_id=payload.get("evseId", STATION),
            source=payload["chargingLimitSource"],
            cleared_at=received_at,
        )
        return {}

    @answers("ReportChargingProfiles")
    def answer_reported_profiles(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The charging profiles the station holds are kept, with who set them."""
        record_reported_profiles(
            charge_point_id=self.connection.charge_point_id,
            payload=payload,
            reported_at=received_at,
        )
        return {}

    @answers("NotifyEVChargingNeeds")
    def answer_charging_needs(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The car's needs are kept; Rejected says that no schedule is made for it here."""
        record_needs(
            charge_point_id=self.connection.charge_point_id,
            evse_id=connector_number(payload, "evseId"),
            needs=payload["chargingNeeds"],
            received_at=received_at,
        )
        return {"status": "Rejected"}

    @answers("NotifyEVChargingSchedule")
    def answer_charging_schedule(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The schedule the car means to follow is kept beside its needs."""
        record_car_schedule(
            charge_point_id=self.connection.charge_point_id,
            evse_id=connector_number(payload, "evseId"),
            schedule=payload["chargingSchedule"],
            time_base=payload["timeBase"],
        )
        return {"status": "Accepted"}
