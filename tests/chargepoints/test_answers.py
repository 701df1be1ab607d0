"""What the answers to our calls change here, in every version that has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chargepoints.models import (
    ChargingProfile,
    Command,
    CompositeSchedule,
    DeviceVariable,
    DisplayMessage,
    FirmwareJob,
    InstalledCertificate,
    LocalList,
    LogRequest,
    Reservation,
    VariableMonitor,
)
from tenants.scope import tenant_scope
from tests.cast import a_connector, a_tenant
from tests.chargepoints.lines import NOW, NOW_TEXT, Line

BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])
HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b"}
HASHES |= {"serialNumber": "1"}
PLACE = {"component": {"name": "EVSE"}, "variable": {"name": "Power"}}


@pytest.fixture(autouse=True)
def volt(db: None) -> Iterator[None]:
    with tenant_scope(a_tenant().id):
        yield


def reservation(version: str, number: int = 5) -> dict[str, Any]:
    until = "2026-06-01T12:15:00Z"
    if version == "1.6":
        named = {"reservationId": number, "connectorId": 1, "idTag": "aabbcc"}
        return {**named, "expiryDate": until}
    token = {"idToken": "aabbcc", "type": "ISO14443"}
    return {"id": number, "evseId": 1, "idToken": token, "expiryDateTime": until}


@BOTH
def test_an_accepted_reservation_is_active_and_can_be_cancelled(version: str) -> None:
    line = Line(version)
    outlet = a_connector(line.charge_point)
    line.obeys("ReserveNow", **reservation(version))
    kept = Reservation.objects.get()
    assert (kept.state, kept.token_uid, kept.connector) == ("active", "AABBCC", outlet)
    assert (kept.active_from, kept.expires_at) == (NOW, NOW + timedelta(minutes=15))
    line.obeys("CancelReservation", reservationId=5)
    assert Reservation.objects.get().state == "cancelled"


@BOTH
@pytest.mark.parametrize("answer", ["Occupied", "Faulted", "Rejected", "Unavailable"])
def test_a_refused_reservation_says_why(version: str, answer: str) -> None:
    Line(version).obeys("ReserveNow", answer={"status": answer}, **reservation(version))
    kept = Reservation.objects.get()
    assert (kept.state, kept.answer, kept.reserved_s) == ("refused", answer, 0)


def test_a_station_ends_a_reservation() -> None:
    line = Line("2.0.1")
    line.obeys("ReserveNow", **reservation("2.0.1"))
    update = {"reservationId": 5, "reservationUpdateStatus": "Removed"}
    line.says("ReservationStatusUpdate", update, NOW + timedelta(seconds=90))
    line.says("ReservationStatusUpdate", update, NOW + timedelta(seconds=99))
    assert (Reservation.objects.get().state, Reservation.objects.get().reserved_s) == (
        "removed",
        90,
    )


def local_list(version: str, number: int, kind: str, *tokens: tuple[str, str]) -> dict[str, Any]:
    """Tokens with a status; one with none is to be removed."""
    old = version == "1.6"
    items: list[dict[str, Any]] = []
    for uid, status in tokens:
        item: dict[str, Any] = {"idTag": uid}
        if not old:
            item = {"idToken": {"idToken": uid, "type": "ISO14443"}}
        info = {"status": status}
        items.append(item | ({("idTagInfo" if old else "idTokenInfo"): info} if status else {}))
    named = {"listVersion" if old else "versionNumber": number, "updateType": kind}
    return {**named, "localAuthorizationList": items}


@BOTH
def test_an_accepted_local_list_is_kept_and_changed(version: str) -> None:
    line = Line(version)
    full = local_list(version, 1, "Full", ("A1", "Accepted"), ("B2", "Accepted"))
    line.obeys("SendLocalList", **full)
    change = local_list(version, 2, "Differential", ("A1", ""), ("C3", "Blocked"))
    line.obeys("SendLocalList", **change)
    kept = LocalList.objects.get()
    assert (kept.version, kept.station_version, kept.problem) == (2, 2, "")
    assert kept.entries == {"B2": ["Accepted", ""], "C3": ["Blocked", ""]}


@BOTH
def test_a_refused_or_unknown_local_list_is_a_mismatch(version: str) -> None:
    line = Line(version)
    change = local_list(version, 2, "Differential", ("A1", "Accepted"))
    line.obeys("SendLocalList", answer={"status": "VersionMismatch"}, **change)
    assert LocalList.objects.get().problem == "VersionMismatch"
    name = "listVersion" if version == "1.6" else "versionNumber"
    line.obeys("GetLocalListVersion", answer={name: 0})
    assert (LocalList.objects.get().problem, LocalList.objects.get().entries) == ("", {})


def profile(version: str, number: int = 7) -> dict[str, Any]:
    old = version == "1.6"
    periods = [{"startPeriod": 0, "limit": 16.0}]
    rates: dict[str, Any] = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    content: dict[str, Any] = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    content |= {"chargingProfileKind": "Absolute"}
    if old:
        content |= {"chargingProfileId": number, "chargingSchedule": rates}
        return {"connectorId": 1, "csChargingProfiles": content}
    content |= {"id": number, "chargingSchedule": [{"id": 1, **rates}]}
    return {"evseId": 1, "chargingProfile": content}


@BOTH
def test_an_accepted_profile_replaces_the_one_of_its_level(version: str) -> None:
    line = Line(version)
    for number in (7, 8):
        line.obeys("SetChargingProfile", **profile(version, number))
    line.obeys("SetChargingProfile", answer={"status": "Rejected"}, **profile(version, 9))
    assert [p.profile_id for p in ChargingProfile.objects.all()] == [8]


@pytest.mark.parametrize(
    ("version", "cleared"),
    [
        ("1.6", {"id": 7}),
        ("1.6", {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile"}),
        ("2.0.1", {"chargingProfileId": 7}),
        ("2.0.1", {"chargingProfileCriteria": {"evseId": 1, "stackLevel": 0}}),
    ],
)
def test_cleared_profiles_are_forgotten(version: str, cleared: dict[str, Any]) -> None:
    line = Line(version)
    line.obeys("SetChargingProfile", **profile(version))
    line.obeys("ClearChargingProfile", **cleared)
    assert not ChargingProfile.objects.exists()


@BOTH
def test_a_composite_schedule_is_kept(version: str) -> None:
    line = Line(version)
    rates: dict[str, Any] = {"chargingRateUnit": "W"}
    rates["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": 11000}]
    if version == "1.6":
        place = {"connectorId": 1}
        answer = {"chargingSchedule": {**rates, "duration": 3600}, "scheduleStart": NOW_TEXT}
    else:
        place = {"evseId": 1}
        times = {"evseId": 1, "duration": 3600, "scheduleStart": NOW_TEXT}
        answer = {"schedule": {**rates, **times}}
    line.obeys(
        "GetCompositeSchedule", answer={"status": "Accepted", **answer}, duration=86_400, **place
    )
    kept = CompositeSchedule.objects.get()
    assert (kept.evse_id, kept.unit, kept.duration_s, kept.starts_at) == (1, "W", 3600, NOW)
    assert kept.periods == [{"startPeriod": 0, "limit": 11000}]


@BOTH
def test_installed_certificates_are_kept_and_forgotten(version: str) -> None:
    line = Line(version)
    if version == "1.6":
        kind, found = "ManufacturerRootCertificate", {"certificateHashData": [HASHES]}
        asked: Any = kind
    else:
        kind = "CSMSRootCertificate"
        chain = {"certificateHashData": HASHES, "certificateType": kind}
        asked, found = [kind], {"certificateHashDataChain": [chain]}
    answer = {"status": "Accepted", **found}
    for _ in range(2):
        line.obeys("GetInstalledCertificateIds", answer=answer, certificateType=asked)
    assert [c.certificate_type for c in InstalledCertificate.objects.all()] == [kind]
    line.obeys("DeleteCertificate", certificateHashData=HASHES)
    assert not InstalledCertificate.objects.exists()


@pytest.mark.parametrize(
    ("version", "kind", "asked"),
    [
        ("1.6", "CentralSystemRootCertificate", "CentralSystemRootCertificate"),
        ("2.0.1", "V2GRootCertificate", ["V2GRootCertificate"]),
    ],
)
def test_after_an_installation_the_certificates_are_asked_for(
    version: str, kind: str, asked: Any
) -> None:
    Line(version).obeys("InstallCertificate", certificateType=kind, certificate="-----BEGIN")
    assert Command.objects.get(action="GetInstalledCertificateIds").payload == {
        "certificateType": asked
    }


FIRMWARE = {"location": "https://fw.example/1.bin", "retrieveDateTime": NOW_TEXT}


@pytest.mark.parametrize(
    ("version", "action", "payload", "answer", "state"),
    [
        ("1.6", "UpdateFirmware", {"location": "https://fw.example/1.bin"}, {}, "under_way"),
        ("2.0.1", "UpdateFirmware", {"requestId": 4}, {"status": "Accepted"}, "under_way"),
        ("2.0.1", "UpdateFirmware", {"requestId": 4}, {"status": "Rejected"}, "failed"),
    ],
)
def test_a_firmware_update_begins_with_its_command(
    version: str, action: str, payload: dict[str, Any], answer: dict[str, Any], state: str
) -> None:
    line = Line(version)
    more = {"retrieveDate": NOW_TEXT} if version == "1.6" else {"firmware": FIRMWARE}
    command = line.is_told(action, **payload, **more)
    assert FirmwareJob.objects.get().state == "asked"
    line.answers(command, **answer)
    job = FirmwareJob.objects.get()
    assert (job.state, job.command, job.location) == (state, command, "https://fw.example/1.bin")
    line.says("FirmwareStatusNotification", {"status": "Downloading", **payload_number(payload)})
    assert FirmwareJob.objects.get().step == "Downloading"


def payload_number(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: payload[name] for name in payload if name == "requestId"}


def test_unpublished_firmware_says_so() -> None:
    line = Line("2.0.1")
    more = {"location": "https://fw.example/1.bin", "checksum": "c0ffee"}
    line.obeys("PublishFirmware", requestId=1, **more)
    line.obeys("UnpublishFirmware", answer={"status": "Unpublished"}, checksum="c0ffee")
    assert FirmwareJob.objects.get().step == "Unpublished"


LOG = {"log": {"remoteLocation": "https://up.example/x"}, "logType": "SecurityLog"}


@pytest.mark.parametrize(
    ("version", "action", "payload", "answer", "state"),
    [
        ("1.6", "GetDiagnostics", {"location": "https://up"}, {"fileName": "a.zip"}, "asked"),
        ("1.6", "GetDiagnostics", {"location": "https://up"}, {}, "failed"),
        ("1.6", "GetLog", {**LOG, "requestId": 1}, {"status": "Accepted"}, "asked"),
        ("2.0.1", "GetLog", {**LOG, "requestId": 1}, {"status": "Rejected"}, "failed"),
    ],
)
def test_a_log_request_begins_with_its_command(
    version: str, action: str, payload: dict[str, Any], answer: dict[str, Any], state: str
) -> None:
    Line(version).obeys(action, answer=answer, **payload)
    kept = LogRequest.objects.get()
    assert (kept.state, kept.file_name) == (state, answer.get("fileName", ""))


def test_a_display_message_is_kept_until_it_is_cleared() -> None:
    line = Line("2.0.1")
    text = {"format": "UTF8", "content": "Hej"}
    line.obeys("SetDisplayMessage", message={"id": 1, "priority": "InFront", "message": text})
    assert DisplayMessage.objects.get().content == "Hej"
    line.obeys("ClearDisplayMessage", id=1)
    assert not DisplayMessage.objects.exists()


def test_a_monitor_is_kept_under_the_number_the_station_gave() -> None:
    line = Line("2.0.1")
    wish = {"value": 11, "type": "UpperThreshold", "severity": 4, **PLACE}
    result = {"id": 30, "status": "Accepted", "type": "UpperThreshold", "severity": 4, **PLACE}
    answer = {"setMonitoringResult": [result]}
    line.obeys("SetVariableMonitoring", answer=answer, setMonitoringData=[wish])
    assert [(m.monitor_id, m.value) for m in VariableMonitor.objects.all()] == [(30, "11")]
    gone = {"clearMonitoringResult": [{"status": "Accepted", "id": 30}]}
    line.obeys("ClearVariableMonitoring", answer=gone, id=[30])
    assert not VariableMonitor.objects.exists()


@pytest.mark.parametrize(
    ("action", "payload", "setting"),
    [
        ("SetMonitoringBase", {"monitoringBase": "All"}, ("ActiveMonitoringBase", "All")),
        ("SetMonitoringLevel", {"severity": 4}, ("ActiveMonitoringLevel", "4")),
    ],
)
def test_what_is_monitored_becomes_a_setting(
    action: str, payload: dict[str, Any], setting: tuple[str, str]
) -> None:
    Line("2.0.1").obeys(action, **payload)
    assert DeviceVariable.objects.values_list("name", "value").get() == setting


def test_an_accepted_network_profile_becomes_settings() -> None:
    way = {"ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://x.example"}
    way |= {"messageTimeout": 30, "securityProfile": 2, "ocppInterface": "Wired0"}
    Line("2.0.1").obeys("SetNetworkProfile", configurationSlot=1, connectionData=way)
    kept = DeviceVariable.objects.get(name="OcppCsmsUrl")
    assert (kept.component, kept.value) == ("NetworkConfiguration[1]", "wss://x.example")
