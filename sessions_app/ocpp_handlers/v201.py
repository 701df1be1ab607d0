"""OCPP 2.0.1: Authorize, TransactionEvent, MeterValues."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from chargepoints.routing import Connection, Together, answers
from sessions_app.messages import read_event, read_readings, token_uid_201
from sessions_app.ocpp_handlers.reading import read
from sessions_app.ports import DriverCredit, EveryDriverMayCharge
from sessions_app.services import (
    Authorization,
    authorize_token,
    plain_event,
    record_event,
    record_readings,
    store_together,
)
from sessions_app.services.reserved import use_reservation_of_event


class SessionHandlers201:
    """Answers of a 2.0.1 station class; `credit` is replaced where accounts are kept."""

    connection: Connection
    credit: ClassVar[DriverCredit] = EveryDriverMayCharge()

    @answers("Authorize")
    def authorize(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """Whether a token may charge."""
        authorization = authorize_token(
            token_uid=token_uid_201(payload["idToken"]),
            at=received_at,
            charge_point_id=self.connection.charge_point_id,
            credit=self.credit,
        )
        return {"idTokenInfo": id_token_info(authorization)}

    @answers("TransactionEvent", together=Together(plain_event, store_together))
    def transaction_event(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """Whether the token of the event may charge; the reservation of a start is used."""
        event = read(read_event, payload)
        authorization = record_event(
            charge_point_id=self.connection.charge_point_id,
            event=event,
            received_at=received_at,
            credit=self.credit,
        )
        use_reservation_of_event(
            charge_point_id=self.connection.charge_point_id,
            event=event,
            number=payload.get("reservationId"),
            received_at=received_at,
        )
        return {} if authorization is None else {"idTokenInfo": id_token_info(authorization)}

    @answers("MeterValues")
    def meter_values(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """Nothing, once the values are stored."""
        record_readings(
            charge_point_id=self.connection.charge_point_id,
            readings=read(read_readings, payload),
            received_at=received_at,
        )
        return {}


def id_token_info(authorization: Authorization) -> dict[str, Any]:
    """An authorization as 2.0.1 tells it."""
    info = {"status": authorization.status.value}
    if authorization.expires_at is not None:
        info["cacheExpiryDateTime"] = f"{authorization.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    return info
