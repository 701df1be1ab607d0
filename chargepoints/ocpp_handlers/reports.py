"""OCPP 2.0.1: events, monitors, displayed messages, customers, and the certificates of cars."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.models import FirmwareJob, Reservation
from chargepoints.routing import Station, answers
from chargepoints.services.maintenance import record_firmware_step
from chargepoints.services.reports import (
    record_customer_part,
    record_device_events,
    record_display_messages,
    record_monitors,
)
from chargepoints.services.reservations import end_reservation

RESERVATION_ENDS = {
    "Expired": Reservation.State.EXPIRED,
    "Removed": Reservation.State.REMOVED,
    # 2.1 only: nobody plugged in.
    "NoTransaction": Reservation.State.EXPIRED,
}


class ReportHandlers201(Station):
    """What a 2.0.1 station reports of its own accord or was asked to report."""

    @answers("NotifyEvent")
    def answer_notify_event(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """Each event is kept for good as a station event."""
        record_device_events(
            charge_point_id=self.connection.charge_point_id,
            event_data=payload["eventData"],
            received_at=received_at,
        )
        return {}

    @answers("NotifyMonitoringReport")
    def answer_monitoring_report(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The monitors the station runs are kept."""
        record_monitors(
            charge_point_id=self.connection.charge_point_id,
            monitors=payload.get("monitor", []),
            reported_at=received_at,
        )
        return {}

    @answers("NotifyDisplayMessages")
    def answer_display_messages(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The messages on the station's display are kept."""
        record_display_messages(
            charge_point_id=self.connection.charge_point_id,
            messages=payload.get("messageInfo", []),
            reported_at=received_at,
        )
        return {}

    @answers("NotifyCustomerInformation")
    def answer_customer_information(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The part is kept in the customer report that was asked for."""
        record_customer_part(
            charge_point_id=self.connection.charge_point_id,
            payload=payload,
            reported_at=received_at,
        )
        return {}

    @answers("PublishFirmwareStatusNotification")
    def answer_publish_status(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The local controller's publishing of a firmware moves on, ends or fails."""
        record_firmware_step(
            charge_point_id=self.connection.charge_point_id,
            step=payload["status"],
            request_id=payload.get("requestId"),
            kind=FirmwareJob.Kind.PUBLISH,
            at=received_at,
        )
        return {}

    @answers("ReservationStatusUpdate")
    def answer_reservation_status(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The reservation ends as expired or as removed by the station."""
        end_reservation(
            charge_point_id=self.connection.charge_point_id,
            number=payload["reservationId"],
            state=RESERVATION_ENDS[payload["reservationUpdateStatus"]],
            at=received_at,
        )
        return {}

    @answers("Get15118EVCertificate")
    def answer_ev_certificate(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """Failed: no provider of contract certificates for plug and charge is set up."""
        return {"status": "Failed", "exiResponse": ""}

    @answers("GetCertificateStatus")
    def answer_certificate_status(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """Failed: no authority is set up that could be asked about the certificate."""
        return {"status": "Failed"}
