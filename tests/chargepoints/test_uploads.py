"""Logs that stations upload to us, and who else might try."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chargepoints.masking import masked
from chargepoints.models import Command, LogRequest, LogUpload
from chargepoints.services.uploads import request_log
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import a_tenant
from tests.chargepoints.lines import NOW, Line

BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])


@pytest.fixture
def volt(db: None) -> Tenant:
    return a_tenant()


def asked(volt: Tenant, version: str = "2.0.1", kind: str = "DiagnosticsLog") -> str:
    """The path a station was told, after it was asked for a log."""
    with tenant_scope(volt.id):
        request_log(
            charge_point=Line(version).charge_point,
            log_type=kind,
            base_url="https://laddbok.example",
            requested_by="anna",
            now=NOW,
        )
        payload = Command.objects.get().payload
    place: str = payload.get("location") or payload["log"]["remoteLocation"]
    return place.removeprefix("https://laddbok.example")


def send(path: str, content: bytes = b"log", method: str = "put", **more: Any) -> int:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        kind = {"content_type": "application/octet-stream"}
        answer = getattr(Client(enforce_csrf_checks=True), method)(path, content, **kind | more)
        status: int = answer.status_code
        return status


def kept(volt: Tenant) -> tuple[Any, ...]:
    with tenant_scope(volt.id):
        upload, request = LogUpload.objects.get(), LogRequest.objects.get()
        content = None if upload.content is None else bytes(upload.content)
        return request.state, upload.file_name, content


@BOTH
@pytest.mark.parametrize("method", ["put", "post"])
def test_a_station_leaves_its_log_once(volt: Tenant, version: str, method: str) -> None:
    path = asked(volt, version)
    assert send(f"{path}diag.zip", b"\x00\xff", method) == 201
    assert kept(volt) == ("uploaded", "diag.zip", b"\x00\xff")
    assert send(path, b"again") == 404
    assert kept(volt)[2] == b"\x00\xff"


def test_a_forms_file_is_taken_too(volt: Tenant) -> None:
    path = asked(volt, "1.6", "SecurityLog")
    with time_machine.travel(NOW, tick=False):
        answer = Client().post(path, {"file": SimpleUploadedFile("s.log", b"abc")})
    assert answer.status_code == 201
    assert kept(volt) == ("uploaded", "s.log", b"abc")


def test_another_address_and_a_late_file_are_refused(volt: Tenant) -> None:
    path = asked(volt)
    assert send("/uploads/guess/") == 404
    assert send(path.replace("/uploads/", "/uploads/x")) == 404
    assert Client().get(path).status_code == 405
    with tenant_scope(volt.id):
        LogUpload.objects.update(open_until=NOW)
    assert send(path) == 404
    assert kept(volt) == ("asked", "", None)


def test_a_file_that_is_too_large_is_refused_and_the_next_one_taken(
    volt: Tenant, settings: Any
) -> None:
    settings.OCPP_LOG_UPLOAD_MB = 1
    path = asked(volt)
    assert send(path, b"x" * 1_000_001) == 413
    assert send(path, b"x" * 1_000_000) == 201


def test_the_address_is_in_no_log_and_its_token_not_in_the_database(volt: Tenant) -> None:
    path = asked(volt)
    token = path.split("/")[2]
    with tenant_scope(volt.id):
        assert token not in str(masked(Command.objects.get().payload))
        assert LogUpload.objects.get().token_hash != token


def test_what_the_station_says_afterwards_changes_nothing(volt: Tenant) -> None:
    path = asked(volt)
    send(path)
    with tenant_scope(volt.id):
        number = LogRequest.objects.get()
        line = Line("2.0.1", number.charge_point)
        said = {"status": "UploadFailure", "requestId": number.request_id}
        line.says("LogStatusNotification", said)
    assert kept(volt)[0] == "uploaded"
