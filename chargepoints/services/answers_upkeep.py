"""What answers about firmware, logs and certificates change here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.models import Command, FirmwareJob, LogRequest
from chargepoints.services.commands import PLATFORM, queue_command
from chargepoints.services.maintenance import forget_certificate, replace_certificates
from chargepoints.services.signing import settle_request

ACCEPTED = frozenset({"Accepted", "AcceptedCanceled"})


def keep_firmware_answer(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """The firmware update is under way, or failed with the answer as its reason."""
    # 1.6's plain UpdateFirmware has an empty answer, which can only be a yes.
    _keep_job_answer(command, answer.get("status", "Accepted"), answered_at)


def end_publishing(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Unpublished or unknown there: the firmware with this checksum is handed on no more."""
    if answer["status"] != "DownloadOngoing":
        FirmwareJob.objects.filter(
            charge_point_id=command.charge_point_id,
            kind=FirmwareJob.Kind.PUBLISH,
            checksum=command.payload["checksum"],
        ).update(step=answer["status"], step_at=answered_at)


def keep_log_answer(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """The log's file name is kept; without a log to send the request has failed."""
    is_old = command.action == "GetDiagnostics"
    name = answer.get("fileName" if is_old else "filename", "")
    # A 1.6 station that names no file has no diagnostics to upload (OCPP 1.6 section 6.30).
    is_given = bool(name) if is_old else answer["status"] in ACCEPTED
    request = LogRequest.objects.select_for_update().filter(command=command).first()
    if request is None:
        return
    request.file_name = request.file_name or name
    if not is_given and request.state == LogRequest.State.ASKED:
        request.state = LogRequest.State.FAILED
        request.step, request.step_at = answer.get("status", "NoFile"), answered_at
    request.save(update_fields=("file_name", "state", "step", "step_at"))


def keep_certificates(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """The certificates of the kinds asked for are kept in place of those known before."""
    asked = command.payload.get("certificateType", [])
    types = [asked] if isinstance(asked, str) else asked
    found = [(types[0], data) for data in answer.get("certificateHashData", ())] if types else []
    for chain in answer.get("certificateHashDataChain", ()):
        found.append((chain["certificateType"], chain["certificateHashData"]))
        children = chain.get("childCertificateHashData", ())
        found += [(chain["certificateType"], child) for child in children]
    replace_certificates(
        charge_point_id=command.charge_point_id,
        types=types,
        found=found,
        reported_at=answered_at,
    )


def ask_for_certificates(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the station is asked for its certificates of this kind anew."""
    if answer["status"] != "Accepted":
        return
    kind = command.payload["certificateType"]
    is_old = kind == "CentralSystemRootCertificate" or command.charge_point.ocpp_version == "1.6"
    queue_command(
        charge_point=command.charge_point,
        action="GetInstalledCertificateIds",
        payload={"certificateType": kind if is_old else [kind]},
        requested_by=PLATFORM,
    )


def drop_certificate(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Deleted, or not found there: the certificate is forgotten here too."""
    if answer["status"] in ("Accepted", "NotFound"):
        forget_certificate(
            charge_point_id=command.charge_point_id, data=command.payload["certificateHashData"]
        )


def settle_certificate(command: Command, answer: dict[str, Any], answered_at: datetime) -> None:
    """Accepted: the certificate is installed; otherwise it is revoked, and opens no door."""
    settle_request(command, answer, answered_at)


def _keep_job_answer(command: Command, status: str, answered_at: datetime) -> None:
    is_under_way = status in ACCEPTED
    FirmwareJob.objects.filter(command=command, state=FirmwareJob.State.ASKED).update(
        state=FirmwareJob.State.UNDER_WAY if is_under_way else FirmwareJob.State.FAILED,
        step=status,
        step_at=answered_at,
    )


EFFECTS = {
    "UpdateFirmware": keep_firmware_answer,
    "SignedUpdateFirmware": keep_firmware_answer,
    "PublishFirmware": keep_firmware_answer,
    "UnpublishFirmware": end_publishing,
    "GetDiagnostics": keep_log_answer,
    "GetLog": keep_log_answer,
    "GetInstalledCertificateIds": keep_certificates,
    "InstallCertificate": ask_for_certificates,
    "DeleteCertificate": drop_certificate,
    "CertificateSigned": settle_certificate,
}
