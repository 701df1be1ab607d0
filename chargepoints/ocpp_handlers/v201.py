"""OCPP 2.0.1: boot, status, reports of the device model."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.device_model import reported_variables
from chargepoints.ocpp_handlers.certificates import CertificateHandlers
from chargepoints.ocpp_handlers.charging import ChargingHandlers201
from chargepoints.ocpp_handlers.common import CommonHandlers, connector_number
from chargepoints.ocpp_handlers.maintenance import MaintenanceHandlers
from chargepoints.ocpp_handlers.reports import ReportHandlers201
from chargepoints.routing import answers
from chargepoints.services.configuration import record_variables
from chargepoints.services.metering import request_metering
from chargepoints.services.status import (
    StatusReport,
    plausible_time,
    record_boot,
    record_status,
)


class ChargePointHandlers201(
    MaintenanceHandlers,
    ReportHandlers201,
    ChargingHandlers201,
    CertificateHandlers,
    CommonHandlers,
):
    """Handlers of OCPP 2.0.1 messages about the charge point itself."""

    @answers("BootNotification")
    def answer_boot_notification(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """Keep what the station is; accepted unless its operator has said otherwise."""
        station = payload["chargingStation"]
        record_boot(
            charge_point_id=self.connection.charge_point_id,
            vendor=station["vendorName"],
            model=station["model"],
            serial_number=station.get("serialNumber", ""),
            firmware_version=station.get("firmwareVersion", ""),
            at=received_at,
        )
        return self.answer_boot(received_at)

    @answers("StatusNotification")
    def answer_status_notification(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """Keep a connector's status; EVSE 0 is the station."""
        report = StatusReport(
            evse_id=connector_number(payload, "evseId"),
            connector_id=connector_number(payload, "connectorId"),
            status=payload["connectorStatus"].lower(),
            at=plausible_time(payload["timestamp"], received_at),
        )
        self.note_clock(payload["timestamp"], received_at)
        record_status(charge_point_id=self.connection.charge_point_id, report=report)
        return {}

    @answers("NotifyReport")
    def answer_notify_report(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """Keep the settings; after the last part, ask for what differs from what we want."""
        connection = self.connection
        record_variables(
            charge_point_id=connection.charge_point_id,
            variables=reported_variables(payload.get("reportData", [])),
            reported_at=received_at,
        )
        if not payload.get("tbc", False):
            request_metering(charge_point_id=connection.charge_point_id, version=connection.version)
        return {}
