"""Firmware, logs and security events, as both versions report them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.routing import Station, answers
from chargepoints.services.maintenance import record_firmware_step, record_log_step
from chargepoints.services.reports import record_security_event
from chargepoints.services.status import plausible_time


class MaintenanceHandlers(Station):
    """Messages of the firmware, log and security blocks that mean the same in every version."""

    @answers("FirmwareStatusNotification")
    def answer_firmware_status(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The station's firmware update moves on, ends or fails."""
        record_firmware_step(
            charge_point_id=self.connection.charge_point_id,
            step=payload["status"],
            request_id=payload.get("requestId"),
            at=received_at,
        )
        return {}

    @answers("LogStatusNotification")
    def answer_log_status(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """The station's log upload moves on, ends or fails."""
        record_log_step(
            charge_point_id=self.connection.charge_point_id,
            step=payload["status"],
            request_id=payload.get("requestId"),
            at=received_at,
        )
        return {}

    @answers("SecurityEventNotification")
    def answer_security_event(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """Kept for good as a security event of the station."""
        record_security_event(
            charge_point_id=self.connection.charge_point_id,
            event_type=payload["type"],
            tech_info=payload.get("techInfo", ""),
            at=plausible_time(payload["timestamp"], received_at),
        )
        return {}


class MaintenanceHandlers16(MaintenanceHandlers):
    """What OCPP 1.6 has beside them."""

    @answers("DiagnosticsStatusNotification")
    def answer_diagnostics_status(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The station's latest log upload moves on, ends or fails."""
        record_log_step(
            charge_point_id=self.connection.charge_point_id,
            step=payload["status"],
            at=received_at,
        )
        return {}

    @answers("SignedFirmwareStatusNotification")
    def answer_signed_firmware_status(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The station's signed firmware update moves on, ends or fails."""
        record_firmware_step(
            charge_point_id=self.connection.charge_point_id,
            step=payload["status"],
            request_id=payload.get("requestId"),
            at=received_at,
        )
        return {}
