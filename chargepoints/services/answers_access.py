"""What answers about local lists and reservations change here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.models import Command, Reservation
from chargepoints.services.local_lists import accept_list, note_station_version, refuse_list
from chargepoints.services.reservations import end_reservation, settle_reservation


def keep_list(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the list and its version are kept; otherwise its reason is kept."""
    if answer["status"] == "Accepted":
        accept_list(
            charge_point_id=command.charge_point_id, payload=command.payload, at=answered_at
        )
    else:
        refuse_list(charge_point_id=command.charge_point_id, answer=answer["status"])


def keep_list_version(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """The version is kept; another than ours is a mismatch."""
    version = answer["listVersion"] if "listVersion" in answer else answer["versionNumber"]
    note_station_version(charge_point_id=command.charge_point_id, version=version)


def keep_reservation(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the reservation is active from now; otherwise it is refused, with the answer."""
    payload = command.payload
    settle_reservation(
        charge_point_id=command.charge_point_id,
        number=payload["id"] if "id" in payload else payload["reservationId"],
        answer=answer["status"],
        answered_at=answered_at,
    )


def cancel_reservation(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the reservation is cancelled; Rejected says that the station has no such."""
    if answer["status"] == "Accepted":
        end_reservation(
            charge_point_id=command.charge_point_id,
            number=command.payload["reservationId"],
            state=Reservation.State.CANCELLED,
            at=answered_at,
        )


EFFECTS = {
    "SendLocalList": keep_list,
    "GetLocalListVersion": keep_list_version,
    "ReserveNow": keep_reservation,
    "CancelReservation": cancel_reservation,
}
