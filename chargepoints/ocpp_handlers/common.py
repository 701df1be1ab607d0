"""What both OCPP versions share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chargepoints.boot_rules import ACCEPTED
from chargepoints.errors import CallRefused, Fault
from chargepoints.routing import Station, answers
from chargepoints.selectors import profile_of
from chargepoints.services.boots import answer_boot
from chargepoints.services.clocks import note_clock, skew_shown
from chargepoints.services.metering import request_metering, request_report
from chargepoints.services.status import read_time

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

    def answer_boot(self, received_at: datetime) -> dict[str, Any]:
        """The answer to a boot; one that is accepted is asked for the settings we want."""
        connection = self.connection
        self.boot_state, interval_s = answer_boot(charge_point_id=connection.charge_point_id)
        self.expected.clear()
        if self.boot_state == ACCEPTED:
            interval_s = self._welcome(received_at)
        return {
            "status": self.boot_state.capitalize(),
            "currentTime": ocpp_time(received_at),
            "interval": interval_s,
        }

    def note_clock(self, text: str | None, received_at: datetime) -> None:
        """Compare the station's clock with ours by the time of a message that came at once."""
        if text is None:
            return
        skew = skew_shown(read_time(text), received_at, self.connected_at)
        if skew is not None:
            self.clock_skew_s = note_clock(
                charge_point_id=self.connection.charge_point_id,
                known_s=self.clock_skew_s,
                skew=skew,
                now=received_at,
            )

    def _welcome(self, received_at: datetime) -> int:
        """Ask for settings and reports; returns the interval of heartbeats (s)."""
        connection = self.connection
        self.profile = profile_of(connection.charge_point_id)
        request_metering(charge_point_id=connection.charge_point_id, version=connection.version)
        request_report(
            charge_point_id=connection.charge_point_id,
            version=connection.version,
            now=received_at,
        )
        return self.profile.heartbeat_interval_s if self.profile else HEARTBEAT_INTERVAL_S


def ocpp_time(at: datetime) -> str:
    """UTC with milliseconds and `Z`, the one form every station reads."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def connector_number(payload: dict[str, Any], field: str) -> int:
    """A connector's or EVSE's number; raises `CallRefused` for one no station has."""
    number: int = payload[field]
    if not 0 <= number <= MOST_CONNECTORS:
        raise CallRefused(Fault.PROPERTY, f"{field}: is not between 0 and {MOST_CONNECTORS}")
    return number
