"""What each message of a station changes here, whichever version it speaks, however often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chargepoints.errors import CallRefused, Fault
from chargepoints.models import (
    ChargingLimit,
    ChargingNeed,
    ChargingProfile,
    CustomerReport,
    DeviceEvent,
    DisplayMessage,
    FirmwareJob,
    LogRequest,
    SecurityEvent,
    VariableMonitor,
)
from config.ocpp import STATIONS
from tenants.scope import tenant_scope
from tests.cast import a_tenant
from tests.chargepoints.lines import NOW, NOW_TEXT, Line

# OCPP 1.6 edition 2 and its security white paper; OCPP 2.0.1 part 2: what stations may send.
INBOUND_16 = (
    "Authorize BootNotification DataTransfer DiagnosticsStatusNotification "
    "FirmwareStatusNotification Heartbeat MeterValues StartTransaction StatusNotification "
    "StopTransaction LogStatusNotification SecurityEventNotification "
    "SignedFirmwareStatusNotification"
)
INBOUND_201 = (
    "Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification "
    "Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues "
    "NotifyChargingLimit NotifyCustomerInformation NotifyDisplayMessages "
    "NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport "
    "NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles "
    "ReservationStatusUpdate SecurityEventNotification StatusNotification TransactionEvent"
)

NEWER = pytest.mark.parametrize("version", ["2.0.1", "2.1"])
PLACE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}


@pytest.fixture(autouse=True)
def volt(db: None) -> Iterator[None]:
    with tenant_scope(a_tenant().id):
        yield


@pytest.mark.parametrize(
    ("version", "inbound"), [("1.6", INBOUND_16), ("2.0.1", INBOUND_201), ("2.1", INBOUND_201)]
)
def test_every_message_a_station_may_send_is_answered(version: str, inbound: str) -> None:
    assert set(inbound.split()) <= set(STATIONS[version].handlers)


@pytest.mark.parametrize(
    "action", ["NotifySettlement", "BatterySwap", "NotifyDERAlarm", "Nonsense"]
)
def test_messages_only_2_1_has_are_not_implemented(action: str) -> None:
    with pytest.raises(CallRefused) as refused:
        Line("2.1").says(action, {})
    assert refused.value.fault is Fault.UNKNOWN_ACTION


@NEWER
def test_a_command_sent_by_a_station_is_not_supported(version: str) -> None:
    with pytest.raises(CallRefused) as refused:
        Line(version).says("Reset", {"type": "Immediate"})
    assert refused.value.fault is Fault.UNSUPPORTED_ACTION


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_a_security_event_is_kept_once(version: str) -> None:
    line = Line(version)
    for _ in range(2):
        line.says("SecurityEventNotification", {"type": "TamperDetection", "timestamp": NOW_TEXT})
    assert [(e.type, e.at) for e in SecurityEvent.objects.all()] == [("TamperDetection", NOW)]


@pytest.mark.parametrize(
    ("version", "action", "number"),
    [
        ("1.6", "FirmwareStatusNotification", None),
        ("1.6", "SignedFirmwareStatusNotification", 7),
        ("2.0.1", "FirmwareStatusNotification", 7),
    ],
)
def test_a_firmware_job_follows_the_stations_steps(
    version: str, action: str, number: int | None
) -> None:
    line = Line(version)
    more = {} if number is None else {"requestId": number}
    for step in ("Downloading", "Downloading", "Idle", "Downloaded", "Installing", "Installed"):
        line.says(action, {"status": step, **more})
    job = FirmwareJob.objects.get()
    steps = ["Downloading", "Downloaded", "Installing", "Installed"]
    assert (job.state, [s["step"] for s in job.steps]) == (FirmwareJob.State.DONE, steps)


def test_a_second_update_without_a_number_is_a_new_job() -> None:
    line = Line("1.6")
    for step in ("Installed", "Installed", "Downloading", "DownloadFailed"):
        line.says("FirmwareStatusNotification", {"status": step})
    states = FirmwareJob.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["done", "failed"]


@pytest.mark.parametrize(
    ("version", "action"),
    [
        ("1.6", "DiagnosticsStatusNotification"),
        ("1.6", "LogStatusNotification"),
        ("2.0.1", "LogStatusNotification"),
    ],
)
def test_a_log_request_follows_the_stations_steps(version: str, action: str) -> None:
    line = Line(version)
    more = {} if action.startswith("Diag") else {"requestId": 3}
    for step in ("Uploading", "Uploaded", "Idle"):
        line.says(action, {"status": step, **more})
    assert LogRequest.objects.get().state == LogRequest.State.UPLOADED


@NEWER
def test_an_event_is_kept_once(version: str) -> None:
    event = {
        "eventId": 1,
        "timestamp": NOW_TEXT,
        "trigger": "Alerting",
        "actualValue": "0",
        **PLACE,
    }
    event |= {"eventNotificationType": "HardWiredMonitor", "techCode": "E7", "cleared": True}
    payload = {"generatedAt": NOW_TEXT, "seqNo": 0, "eventData": [event, event]}
    line = Line(version)
    line.says("NotifyEvent", payload)
    line.says("NotifyEvent", payload)
    kept = DeviceEvent.objects.get()
    assert (kept.component, kept.variable, kept.is_cleared) == ("EVSE@1", "Power", True)
    assert (kept.at, kept.tech_code, kept.value) == (NOW, "E7", "0")


def test_a_monitoring_report_replaces_what_was_known_of_a_monitor() -> None:
    line = Line("2.0.1")
    for value in (10, 12.5):
        monitor = {"id": 4, "transaction": False, "value": value, "type": "Delta", "severity": 5}
        report = {"requestId": 1, "seqNo": 0, "generatedAt": NOW_TEXT}
        report["monitor"] = [{**PLACE, "variableMonitoring": [monitor]}]
        line.says("NotifyMonitoringReport", report)
    assert [(m.monitor_id, m.value) for m in VariableMonitor.objects.all()] == [(4, "12.5")]


@NEWER
def test_the_messages_on_a_display_are_kept(version: str) -> None:
    shown = {"id": 2, "priority": "InFront", "state": "Idle", "startDateTime": NOW_TEXT}
    shown["message"] = {"format": "UTF8", "language": "sv", "content": "Välkommen"}
    Line(version).says("NotifyDisplayMessages", {"requestId": 1, "messageInfo": [shown]})
    kept = DisplayMessage.objects.get()
    assert (kept.message_id, kept.content, kept.shown_from) == (2, "Välkommen", NOW)


def test_customer_information_is_put_together_from_its_parts() -> None:
    line = Line("2.0.1")
    parts = [(1, "World", False), (0, "Hello ", True), (1, "World", False)]
    for number, text, more in parts:
        part = {"data": text, "seqNo": number, "requestId": 9, "tbc": more, "generatedAt": NOW_TEXT}
        line.says("NotifyCustomerInformation", part)
    report = CustomerReport.objects.get()
    assert (report.text, report.is_complete) == ("Hello World", True)


@NEWER
def test_a_limit_from_outside_holds_until_it_is_cleared(version: str) -> None:
    line = Line(version)
    limit = {"chargingLimitSource": "EMS", "isGridCritical": True}
    line.says("NotifyChargingLimit", {"chargingLimit": limit, "evseId": 1})
    for minutes in (1, 2):
        at = NOW + timedelta(minutes=minutes)
        line.says("ClearedChargingLimit", {"chargingLimitSource": "EMS", "evseId": 1}, at)
    kept = ChargingLimit.objects.get()
    assert (kept.is_grid_critical, kept.cleared_at) == (True, NOW + timedelta(minutes=1))


def schedule() -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": 16}]
    return {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}


@NEWER
def test_reported_profiles_are_kept_with_who_set_them(version: str) -> None:
    profile = {"id": 5, "stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile"}
    profile |= {"chargingProfileKind": "Absolute", "chargingSchedule": [schedule()]}
    report = {
        "requestId": 1,
        "chargingLimitSource": "EMS",
        "evseId": 2,
        "chargingProfile": [profile],
    }
    line = Line(version)
    line.says("ReportChargingProfiles", report)
    line.says("ReportChargingProfiles", report)
    kept = ChargingProfile.objects.get()
    assert (kept.profile_id, kept.source, kept.evse_id) == (5, "EMS", 2)


@NEWER
def test_a_cars_needs_and_schedule_are_kept(version: str) -> None:
    line = Line(version)
    needs = {"requestedEnergyTransfer": "DC", "departureTime": NOW_TEXT}
    assert line.says("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs}) == {
        "status": "Rejected"
    }
    mine = {"timeBase": NOW_TEXT, "evseId": 1, "chargingSchedule": schedule()}
    assert line.says("NotifyEVChargingSchedule", mine) == {"status": "Accepted"}
    kept = ChargingNeed.objects.get()
    assert (kept.needs, kept.schedule_from) == (needs, NOW)


@NEWER
def test_certificates_of_cars_are_honestly_refused(version: str) -> None:
    line = Line(version)
    hashes = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b"}
    asked = {**hashes, "serialNumber": "1", "responderURL": "http://ocsp.example"}
    wish = {"iso15118SchemaVersion": "2", "action": "Install", "exiRequest": "x"}
    assert line.says("GetCertificateStatus", {"ocspRequestData": asked}) == {"status": "Failed"}
    assert line.says("Get15118EVCertificate", wish) == {"status": "Failed", "exiResponse": ""}


def test_publishing_firmware_is_followed() -> None:
    line = Line("2.0.1")
    line.says("PublishFirmwareStatusNotification", {"status": "Downloading", "requestId": 2})
    published = {"status": "Published", "requestId": 2, "location": ["http://lc.example/fw"]}
    line.says("PublishFirmwareStatusNotification", published)
    job = FirmwareJob.objects.get()
    assert (job.kind, job.state) == (FirmwareJob.Kind.PUBLISH, FirmwareJob.State.DONE)


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_a_vendor_we_do_not_know_is_told_so(version: str) -> None:
    assert Line(version).says("DataTransfer", {"vendorId": "x"}) == {"status": "UnknownVendorId"}
