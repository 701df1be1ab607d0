"""OCPP 1.6: Authorize, StartTransaction, MeterValues, StopTransaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from chargepoints.routing import Connection, Together, answers
from sessions_app.messages import read_readings, read_start, read_stop, token_uid
from sessions_app.ocpp_handlers.reading import read
from sessions_app.ports import DriverCredit, EveryDriverMayCharge
from sessions_app.services import (
    Authorization,
    AuthorizationStatus,
    authorize_token,
    plain_readings,
    record_readings,
    start_transaction,
    stop_transaction,
    store_together,
)
from sessions_app.services.reserved import use_reservation_of_start

# OCPP 1.6 has no word for a driver without credit (AuthorizationStatus, section 7.2).
_WORDS = {AuthorizationStatus.NO_CREDIT: "Blocked"}


class SessionHandlers16:
    """Answers of a 1.6 station class; `credit` is replaced where accounts are kept."""

    connection: Connection
    credit: ClassVar[DriverCredit] = EveryDriverMayCharge()

    @answers("Authorize")
    def authorize(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """Whether a token may charge."""
        return {"idTagInfo": self._judge(token_uid(payload["idTag"]), received_at)}

    @answers("StartTransaction")
    def start_transaction(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """Our transaction id, the same for the same start; its reservation is used."""
        start = read(read_start, payload)
        started = start_transaction(
            charge_point_id=self.connection.charge_point_id,
            start=start,
            received_at=received_at,
            credit=self.credit,
        )
        use_reservation_of_start(
            charge_point_id=self.connection.charge_point_id,
            start=start,
            transaction_id=started.transaction_id,
            number=payload.get("reservationId"),
            received_at=received_at,
        )
        return {
            "transactionId": started.transaction_id,
            "idTagInfo": id_tag_info(started.authorization),
        }

    @answers("MeterValues", together=Together(plain_readings, store_together))
    def meter_values(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """Nothing, once the values are stored."""
        record_readings(
            charge_point_id=self.connection.charge_point_id,
            readings=read(read_readings, payload),
            received_at=received_at,
        )
        return {}

    @answers("StopTransaction")
    def stop_transaction(self, payload: dict[str, Any], received_at: datetime) -> dict[str, Any]:
        """Nothing, or whether the token that stopped may charge, if the station names one."""
        stop = read(read_stop, payload)
        stop_transaction(
            charge_point_id=self.connection.charge_point_id, stop=stop, received_at=received_at
        )
        return {"idTagInfo": self._judge(stop.token_uid, stop.at)} if stop.token_uid else {}

    def _judge(self, uid: str, at: datetime) -> dict[str, Any]:
        return id_tag_info(
            authorize_token(
                token_uid=uid,
                at=at,
                charge_point_id=self.connection.charge_point_id,
                credit=self.credit,
            )
        )


def id_tag_info(authorization: Authorization) -> dict[str, Any]:
    """An authorization as 1.6 tells it."""
    info = {"status": _WORDS.get(authorization.status, authorization.status.value)}
    if authorization.expires_at is not None:
        info["expiryDate"] = f"{authorization.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    return info
