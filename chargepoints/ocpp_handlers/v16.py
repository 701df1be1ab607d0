"""OCPP 1.6: boot, status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.ocpp_handlers.certificates import CertificateHandlers
from chargepoints.ocpp_handlers.common import CommonHandlers, connector_number
from chargepoints.ocpp_handlers.maintenance import MaintenanceHandlers16
from chargepoints.routing import answers
from chargepoints.services.status import (
    StatusReport,
    plausible_time,
    record_boot,
    record_status,
)


class ChargePointHandlers16(MaintenanceHandlers16, CertificateHandlers, CommonHandlers):
    """Handlers of OCPP 1.6 messages about the charge point itself."""

    @answers("BootNotification")
    def answer_boot_notification(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """Keep what the station is; accepted unless its operator has said otherwise."""
        record_boot(
            charge_point_id=self.connection.charge_point_id,
            vendor=payload["chargePointVendor"],
            model=payload["chargePointModel"],
            serial_number=payload.get("chargePointSerialNumber")
            or payload.get("chargeBoxSerialNumber", ""),
            firmware_version=payload.get("firmwareVersion", ""),
            at=received_at,
        )
        return self.answer_boot(received_at)

    @answers("StatusNotification")
    def answer_status_notification(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """Keep a connector's status; connector 0 is the station."""
        error_code = payload["errorCode"]
        report = StatusReport(
            evse_id=connector_number(payload, "connectorId"),
            connector_id=1,
            status=payload["status"].lower(),
            error_code="" if error_code == "NoError" else error_code,
            vendor_error_code=payload.get("vendorErrorCode", ""),
            at=plausible_time(payload.get("timestamp"), received_at),
        )
        self.note_clock(payload.get("timestamp"), received_at)
        record_status(charge_point_id=self.connection.charge_point_id, report=report)
        return {}
