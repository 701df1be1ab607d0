"""Logs that stations upload to us: the one-time address, and what comes by it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from chargepoints.models import ChargePoint, LogRequest, LogUpload
from chargepoints.services.commands import LARGEST_START_ID, current_version, queue_command
from chargepoints.types import V16
from tenants.scope import across_tenants, tenant_scope

DIAGNOSTICS, SECURITY = "DiagnosticsLog", "SecurityLog"
OPEN_FOR = timedelta(hours=24)
LONGEST_NAME = 255


class NoSuchUpload(LookupError):
    """Nobody is asked for a file at this address, or no more."""


def request_log(
    *,
    charge_point: ChargePoint,
    log_type: str,
    base_url: str,
    requested_by: str,
    now: datetime,
    oldest_at: datetime | None = None,
    latest_at: datetime | None = None,
) -> LogRequest:
    """Ask a station to upload a log to an address of ours that works once, for a day.

    OCPP 1.6 GetDiagnostics for diagnostics, GetLog for the security log; GetLog in 2.0.1. A
    station that is away is asked when it next connects. Raises `CommandNotPossible`.
    """
    token = secrets.token_urlsafe(32)
    place = f"{base_url.rstrip('/')}/uploads/{token}/"
    is_16 = current_version(charge_point) == V16
    spans = {"from": oldest_at, "to": latest_at}
    action, payload = _call(log_type, place, spans, is_16=is_16)
    with transaction.atomic():
        command = queue_command(
            charge_point=charge_point,
            action=action,
            payload=payload,
            requested_by=requested_by,
            ttl_s=int(OPEN_FOR.total_seconds()),
            may_wait=True,
        )
        asked = LogRequest.objects.get(command=command)
        LogUpload.objects.create(request=asked, token_hash=_hash(token), open_until=now + OPEN_FOR)
    return asked


def find_upload(token: str, now: datetime) -> LogUpload:
    """The open way in behind an address, of whichever tenant; raises `NoSuchUpload`."""
    with across_tenants(reason="a station uploads a log"):
        found = LogUpload.objects.filter(
            token_hash=_hash(token), received_at=None, open_until__gt=now
        ).first()
    if found is None:
        raise NoSuchUpload
    return found


def receive_log(*, upload: LogUpload, name: str, content: bytes, now: datetime) -> None:
    """Keep what came, once; raises `NoSuchUpload` when something came before."""
    kept_name = (name or "log").replace("\x00", "")[:LONGEST_NAME]
    with tenant_scope(upload.tenant_id), transaction.atomic():
        taken = LogUpload.objects.filter(pk=upload.pk, received_at=None).update(
            received_at=now, file_name=kept_name, size_bytes=len(content), content=content
        )
        if not taken:
            raise NoSuchUpload
        asked = LogRequest.objects.select_for_update().get(pk=upload.request_id)
        asked.state, asked.file_name = LogRequest.State.UPLOADED, kept_name
        asked.step_at = now
        asked.save(update_fields=("state", "file_name", "step_at"))


def most_bytes() -> int:
    """The size of the largest file that is taken."""
    return int(settings.OCPP_LOG_UPLOAD_MB) * 1_000_000


def _call(
    log_type: str, place: str, spans: dict[str, datetime | None], *, is_16: bool
) -> tuple[str, dict[str, Any]]:
    if is_16 and log_type == DIAGNOSTICS:
        names = {"from": "startTime", "to": "stopTime"}
        return "GetDiagnostics", {"location": place, **_times(spans, names)}
    names = {"from": "oldestTimestamp", "to": "latestTimestamp"}
    return "GetLog", {
        "log": {"remoteLocation": place, **_times(spans, names)},
        "logType": log_type,
        "requestId": secrets.randbelow(LARGEST_START_ID) + 1,
    }


def _times(spans: dict[str, datetime | None], names: dict[str, str]) -> dict[str, str]:
    return {names[end]: f"{at:%Y-%m-%dT%H:%M:%SZ}" for end, at in spans.items() if at is not None}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
