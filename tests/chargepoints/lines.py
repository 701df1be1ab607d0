"""A station class of the platform called directly: no socket, the tenant in scope."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chargepoints.models import ChargePoint, Command
from chargepoints.routing import Connection
from chargepoints.schemas import check_answer
from chargepoints.services.answers import apply_answer
from chargepoints.services.commands import queue_command
from config.ocpp import STATIONS
from tests.cast import a_charge_point

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOW_TEXT = "2026-06-01T12:00:00Z"


class Line:
    """What a station would say over a socket of this OCPP version, and what we tell it."""

    def __init__(self, version: str, charge_point: ChargePoint | None = None) -> None:
        self.charge_point = charge_point or a_charge_point()
        ChargePoint.objects.filter(pk=self.charge_point.pk).update(
            ocpp_version=version, socket_channel="ocpp.test"
        )
        self.version = version
        self.station = STATIONS[version](
            Connection(
                self.charge_point.tenant_id,
                self.charge_point.pk,
                self.charge_point.identity,
                version,
            )
        )

    def says(self, action: str, payload: dict[str, Any], at: datetime = NOW) -> dict[str, Any]:
        """Our answer to the station's call, which fits OCPP's schema."""
        answer = self.station.handler_of(action, payload)(payload, at)
        check_answer(self.version, action, answer)
        return answer

    def is_told(self, action: str, **payload: Any) -> Command:
        """Queue a call to the station."""
        return queue_command(
            charge_point=self.charge_point, action=action, payload=payload, requested_by="anna"
        )

    def answers(self, command: Command, at: datetime = NOW, **answer: Any) -> None:
        """The station's answer to a call of ours."""
        check_answer(self.version, command.action, answer)
        apply_answer(command, answer, at)

    def obeys(self, action: str, *, answer: dict[str, Any] | None = None, **payload: Any) -> None:
        """Tell the station something; it accepts, or answers as given."""
        given = {"status": "Accepted"} if answer is None else answer
        self.answers(self.is_told(action, **payload), **given)
