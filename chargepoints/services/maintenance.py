"""Progress of firmware updates and log uploads as stations report it, and their certificates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from chargepoints.models import FirmwareJob, InstalledCertificate, LogRequest

IDLE = "Idle"
STEPS_KEPT = 50

FIRMWARE_DONE = frozenset({"Installed", "Published"})
FIRMWARE_FAILED = frozenset(
    {
        *("DownloadFailed", "InstallationFailed", "InstallVerificationFailed"),
        *("InvalidSignature", "InvalidChecksum", "PublishFailed"),
    }
)
LOG_FAILED = frozenset(
    {"BadMessage", "NotSupportedOperation", "PermissionDenied", "UploadFailure", "UploadFailed"}
)

R = TypeVar("R", FirmwareJob, LogRequest)


def record_firmware_step(
    *,
    charge_point_id: UUID,
    step: str,
    at: datetime,
    request_id: int | None = None,
    kind: str = FirmwareJob.Kind.UPDATE,
) -> None:
    """Keep how far a station is with its firmware; Idle says nothing about a job.

    A step that belongs to no job of ours begins one: somebody else may have asked for it.
    """
    if step == IDLE:
        return
    jobs = FirmwareJob.objects.filter(charge_point_id=charge_point_id, kind=kind)
    job = _meant(jobs, request_id)
    if job is None or (request_id is None and _is_over(job) and job.step != step):
        job = FirmwareJob.objects.create(
            charge_point_id=charge_point_id, kind=kind, request_id=request_id
        )
    if job.step == step:
        return
    job.step, job.step_at = step, at
    job.steps = [*job.steps, {"step": step, "at": at.isoformat()}][-STEPS_KEPT:]
    if step in FIRMWARE_DONE:
        job.state = FirmwareJob.State.DONE
    elif step in FIRMWARE_FAILED:
        job.state = FirmwareJob.State.FAILED
    else:
        job.state = FirmwareJob.State.UNDER_WAY
    job.save(update_fields=("step", "step_at", "steps", "state"))


def record_log_step(
    *, charge_point_id: UUID, step: str, at: datetime, request_id: int | None = None
) -> None:
    """Keep how far a station is with uploading a log; Idle says nothing about an upload."""
    if step == IDLE:
        return
    request = _meant(LogRequest.objects.filter(charge_point_id=charge_point_id), request_id)
    if request is None:
        request = LogRequest.objects.create(
            charge_point_id=charge_point_id, request_id=request_id, log_type=""
        )
    if request.step == step:
        return
    request.step, request.step_at = step, at
    # What has arrived here is here, whatever the station says of it afterwards.
    if request.state != LogRequest.State.UPLOADED:
        request.state = _log_state(step)
    request.save(update_fields=("step", "step_at", "state"))


def replace_certificates(
    *,
    charge_point_id: UUID,
    types: Iterable[str],
    found: Iterable[tuple[str, dict[str, Any]]],
    reported_at: datetime,
) -> None:
    """Keep the certificates a station holds, of these types (none named: of all)."""
    rows = InstalledCertificate.objects.filter(charge_point_id=charge_point_id)
    wanted = list(types)
    (rows.filter(certificate_type__in=wanted) if wanted else rows).delete()
    InstalledCertificate.objects.bulk_create(
        (
            InstalledCertificate(
                charge_point_id=charge_point_id,
                certificate_type=certificate_type,
                hash_algorithm=data["hashAlgorithm"],
                issuer_name_hash=data["issuerNameHash"],
                issuer_key_hash=data["issuerKeyHash"],
                serial_number=data["serialNumber"],
                reported_at=reported_at,
            )
            for certificate_type, data in found
        ),
        ignore_conflicts=True,
    )


def forget_certificate(*, charge_point_id: UUID, data: dict[str, Any]) -> None:
    """The station holds this certificate no more."""
    InstalledCertificate.objects.filter(
        charge_point_id=charge_point_id,
        hash_algorithm=data["hashAlgorithm"],
        issuer_name_hash=data["issuerNameHash"],
        issuer_key_hash=data["issuerKeyHash"],
        serial_number=data["serialNumber"],
    ).delete()


def _meant(rows: QuerySet[R], request_id: int | None) -> R | None:
    """The row a station speaks of: the one with its number, or the latest when it gives none."""
    if request_id is not None:
        rows = rows.filter(request_id=request_id)
    return rows.order_by("-id").first()


def _is_over(job: FirmwareJob) -> bool:
    return job.state in (FirmwareJob.State.DONE, FirmwareJob.State.FAILED)


def _log_state(step: str) -> LogRequest.State:
    if step in LOG_FAILED:
        return LogRequest.State.FAILED
    return LogRequest.State.UPLOADED if step == "Uploaded" else LogRequest.State.UPLOADING
