"""Rows that begin with a command, before the station has answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chargepoints.models import Command, Connector, FirmwareJob, LogRequest, Reservation
from chargepoints.services.status import read_time


def begin_command(command: Command) -> None:
    """Make the row whose life starts with this command; needs the command's transaction."""
    begin = BEGINNINGS.get(command.action)
    if begin is not None:
        begin(command)


def _begin_firmware(command: Command) -> None:
    """A firmware update begins."""
    place = command.payload.get("firmware", command.payload)["location"][:512]
    if "requestId" in command.payload:
        FirmwareJob.objects.update_or_create(
            charge_point_id=command.charge_point_id,
            kind=FirmwareJob.Kind.UPDATE,
            request_id=command.payload["requestId"],
            defaults={"command": command, "location": place},
        )
    else:
        FirmwareJob.objects.create(
            charge_point_id=command.charge_point_id, command=command, location=place
        )


def _begin_publishing(command: Command) -> None:
    """A firmware publishing begins."""
    FirmwareJob.objects.update_or_create(
        charge_point_id=command.charge_point_id,
        kind=FirmwareJob.Kind.PUBLISH,
        request_id=command.payload["requestId"],
        defaults={
            "command": command,
            "location": command.payload["location"],
            "checksum": command.payload["checksum"],
        },
    )


def _begin_log(command: Command) -> None:
    """A log request begins."""
    if "requestId" in command.payload:
        LogRequest.objects.update_or_create(
            charge_point_id=command.charge_point_id,
            request_id=command.payload["requestId"],
            defaults={"command": command, "log_type": command.payload["logType"]},
        )
    else:
        LogRequest.objects.create(charge_point_id=command.charge_point_id, command=command)


def _begin_reservation(command: Command) -> None:
    """A reservation is asked for."""
    payload = command.payload
    is_old = "reservationId" in payload
    evse_id = payload.get("connectorId" if is_old else "evseId")
    connector = Connector.objects.filter(
        charge_point_id=command.charge_point_id, evse_id=evse_id or -1
    ).first()
    group = payload.get("parentIdTag", "") if is_old else payload.get("groupIdToken", {})
    # The same number again replaces the reservation (OCPP 1.6 section 5.13, 2.0.1 H01.FR.02).
    Reservation.objects.update_or_create(
        charge_point_id=command.charge_point_id,
        number=payload["reservationId" if is_old else "id"],
        defaults={
            "connector": connector,
            "token_uid": (payload["idTag"] if is_old else payload["idToken"]["idToken"]).upper(),
            "group_uid": (group if isinstance(group, str) else group.get("idToken", "")).upper(),
            "state": Reservation.State.ASKED,
            "answer": "",
            "expires_at": read_time(payload["expiryDate" if is_old else "expiryDateTime"]),
            "active_from": None,
            "ended_at": None,
            "transaction_ref": "",
        },
    )


BEGINNINGS: Mapping[str, Callable[[Command], None]] = {
    "UpdateFirmware": _begin_firmware,
    "SignedUpdateFirmware": _begin_firmware,
    "PublishFirmware": _begin_publishing,
    "GetLog": _begin_log,
    "GetDiagnostics": _begin_log,
    "ReserveNow": _begin_reservation,
}
