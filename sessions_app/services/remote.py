"""Asking a station to start or stop a session."""

from __future__ import annotations

from chargepoints.models import ChargePoint, Command, Connector
from chargepoints.services import request_remote_start, request_remote_stop
from sessions_app.models import ChargingSession


def request_start(
    *,
    charge_point: ChargePoint,
    token_uid: str,
    requested_by: str,
    connector: Connector | None = None,
) -> Command:
    """Ask a station to start charging for a token; the session comes with the station's start."""
    return request_remote_start(
        charge_point=charge_point,
        connector=connector,
        token_uid=token_uid,
        requested_by=requested_by,
    )


def request_stop(*, session: ChargingSession, requested_by: str) -> Command:
    """Ask the station to stop a session; the session ends with the station's stop."""
    return request_remote_stop(
        charge_point=session.charge_point,
        transaction_ref=session.transaction_ref,
        requested_by=requested_by,
    )
