"""What both OCPP versions share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chargepoints.errors import CallRefused, Fault
from chargepoints.routing import Station, answers
from chargepoints.selectors import profile_of
from chargepoints.services.metering import request_metering, request_report

MOST_CONNECTORS = 100

HEARTBEAT_INTERVAL_S = 300


class CommonHandlers(Station):
    """Messages that mean the same in every version."""

    @answers("Heartbeat", in_memory=True)
    def answer_heartbeat(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """Tell the time; the last sign of life is kept by the socket."""
        return {"currentTime": ocpp_time(received_at)}

    @answers("DataTransfer")
    def answer_data_transfer(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """We know no vendor's extension; the message stays in the log."""
        return {"status": "UnknownVendorId"}

    def accept_boot(self, received_at: datetime) -> dict[str, Any]:
        """The answer to a boot, after which the station is asked for the settings we want."""
        connection = self.connection
        self.profile = profile_of(connection.charge_point_id)
        interval_s = self.profile.heartbeat_interval_s if self.profile else HEARTBEAT_INTERVAL_S
        request_metering(charge_point_id=connection.charge_point_id, version=connection.version)
        request_report(
            charge_point_id=connection.charge_point_id,
            version=connection.version,
            now=received_at,
        )
        return {
            "status": "Accepted",
            "currentTime": ocpp_time(received_at),
            "interval": interval_s,
        }


def ocpp_time(at: datetime) -> str:
    """UTC with milliseconds and `Z`, the one form every station reads."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def connector_number(payload: dict[str, Any], field: str) -> int:
    """A connector's or EVSE's number; raises `CallRefused` for one no station has."""
    number: int = payload[field]
    if not 0 <= number <= MOST_CONNECTORS:
        raise CallRefused(Fault.PROPERTY, f"{field}: is not between 0 and {MOST_CONNECTORS}")
    return number
