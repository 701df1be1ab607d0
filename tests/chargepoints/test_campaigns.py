"""Settings and firmware for many stations: waves, failures, retries, never while charging."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from chargepoints.drift import drift_of, stations_of
from chargepoints.frames import CallResult
from chargepoints.models import (
    Campaign,
    CampaignStation,
    ChargePoint,
    Command,
    Connector,
    DeviceVariable,
    FirmwareJob,
    SettingsTemplate,
)
from chargepoints.services.answers import apply_answer
from chargepoints.services.campaigns import (
    advance_campaigns,
    plan_campaign,
    start_campaign,
    stop_campaign,
)
from chargepoints.services.delivery import _outcome
from tenants.scope import tenant_scope
from tests.cast import a_charge_point, a_connector, a_site, a_tenant
from tests.chargepoints.lines import NOW, Line

BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])
IMAGE = {"location": "https://images.example/fw.bin", "retrieve_at": NOW.isoformat()}


@pytest.fixture(autouse=True)
def volt(db: None) -> Iterator[None]:
    with tenant_scope(a_tenant().id), time_machine.travel(NOW, tick=False):
        yield


def lines(version: str, count: int = 1) -> list[Line]:
    site = a_site()
    made = [Line(version, a_charge_point(f"CP-{n}", site)) for n in range(count)]
    ChargePoint.objects.update(last_seen_at=NOW + timedelta(days=2))
    return made


def campaign(stations: list[Line], kind: str = "settings", **more: Any) -> Campaign:
    values = [["", "HeartbeatInterval", "300"], ["", "LocalPreAuthorize", "true"]]
    if stations[0].version != "1.6":
        values = [["OCPPCommCtrlr", "HeartbeatInterval", "300"]]
    made = Campaign(name="one", kind=kind, made_by="anna", template_values=values, **more)
    if kind == "firmware":
        made.firmware = made.firmware or IMAGE
    chosen = list(ChargePoint.objects.order_by("identity"))
    plan_campaign(campaign=made, stations=chosen)
    start_campaign(campaign=made, now=NOW)
    return made


def step(now: Any = NOW) -> list[str]:
    advance_campaigns(now=now)
    return list(CampaignStation.objects.values_list("state", flat=True))


def answered(line: Line, **answer: Any) -> None:
    """The station answers whatever it was sent, as the socket would write it down."""
    for command in Command.objects.filter(charge_point=line.charge_point, state="queued"):
        outcome = _outcome(line.version, command, CallResult("1", answer))
        Command.objects.filter(pk=command.pk).update(answered_at=NOW, **outcome)
        apply_answer(command, answer, NOW)


def set_result(status: str) -> dict[str, Any]:
    place = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    return {"setVariableResult": [{"attributeStatus": status, **place}]}


@BOTH
def test_settings_are_pushed_and_each_answer_is_shown(version: str) -> None:
    line = lines(version)[0]
    campaign([line])
    assert step() == ["sent"]
    old = {"status": "RebootRequired"}
    answered(line, **(old if version == "1.6" else set_result("RebootRequired")))
    assert step() == ["done"]
    assert "HeartbeatInterval: RebootRequired" in CampaignStation.objects.get().note
    assert Campaign.objects.get().state == "done"


@BOTH
def test_a_refused_setting_fails_the_station_and_says_which(version: str) -> None:
    line = lines(version)[0]
    campaign([line], stop_at_failures=1)
    step()
    answered(line, **({"status": "Rejected"} if version == "1.6" else set_result("Rejected")))
    assert step() == ["failed"]
    assert "HeartbeatInterval: Rejected" in CampaignStation.objects.get().note
    assert Campaign.objects.get().state == "stopped"


def test_waves_begin_one_after_the_other_and_stop_at_failures() -> None:
    four = lines("1.6", 4)
    campaign(four, wave_percent=50, stop_at_failures=1)
    assert step() == ["sent", "sent", "waiting", "waiting"]
    answered(four[0], status="Accepted")
    assert step() == ["done", "sent", "waiting", "waiting"]
    answered(four[1], status="Accepted")
    step()
    assert step() == ["done", "done", "sent", "sent"]
    answered(four[2], status="Rejected")
    assert step()[2] == "failed"
    assert Campaign.objects.get().state == "stopped"


def test_a_station_without_an_answer_is_tried_again_and_then_given_up() -> None:
    line = lines("1.6")[0]
    campaign([line], attempts=2)
    for _ in range(2):
        step()
        Command.objects.filter(state="queued").update(state="timed_out")
        states = step()
    assert (states, CampaignStation.objects.get().attempt) == (["failed"], 2)
    assert Command.objects.count() == 4


@pytest.mark.parametrize(("while_charging", "state"), [(False, "waiting"), (True, "sent")])
def test_a_station_in_use_waits_unless_told_otherwise(while_charging: bool, state: str) -> None:
    line = lines("1.6")[0]
    a_connector(line.charge_point, status=Connector.Status.CHARGING)
    campaign([line], "firmware", while_charging=while_charging)
    assert step() == [state]


def test_a_station_that_is_away_waits() -> None:
    line = lines("1.6")[0]
    ChargePoint.objects.update(socket_channel="")
    campaign([line])
    assert step() == ["waiting"]


@pytest.mark.parametrize("signed", [False, True])
@BOTH
def test_firmware_is_followed_to_its_end(version: str, signed: bool) -> None:
    line = lines(version)[0]
    image = IMAGE | ({"signature": "c2ln", "signing_certificate": "PEM"} if signed else {})
    campaign([line], "firmware", firmware=image)
    step()
    sent = Command.objects.get()
    assert sent.action == (
        "SignedUpdateFirmware" if signed and version == "1.6" else "UpdateFirmware"
    )
    answered(line, **({} if version == "1.6" and not signed else {"status": "Accepted"}))
    FirmwareJob.objects.update(step="Downloading")
    assert step() == ["sent"]
    assert CampaignStation.objects.get().note == "Downloading"
    said: dict[str, Any] = {"status": "Installed"}
    if "requestId" in sent.payload:
        said["requestId"] = sent.payload["requestId"]
    action = (
        "SignedFirmwareStatusNotification"
        if sent.action[0] == "S"
        else "FirmwareStatusNotification"
    )
    line.says(action, said)
    assert step() == ["done"]


def test_a_download_that_fails_is_tried_again_and_silence_is_a_failure() -> None:
    line = lines("1.6")[0]
    campaign([line], "firmware", attempts=2)
    step()
    answered(line)
    line.says("FirmwareStatusNotification", {"status": "DownloadFailed"})
    assert step() == ["waiting"] or step() == ["sent"]
    step()
    answered(line)
    assert step(NOW + timedelta(hours=7)) == ["failed"]
    assert "silent since" in CampaignStation.objects.get().note


def test_a_stopped_campaign_goes_on_with_what_failed() -> None:
    line = lines("1.6")[0]
    made = campaign([line], stop_at_failures=1)
    assert stop_campaign(campaign=made, now=NOW)
    assert step() == ["waiting"]
    assert start_campaign(campaign=made, now=NOW)
    assert not start_campaign(campaign=made, now=NOW)
    assert step() == ["sent"]


def test_a_campaign_needs_a_station() -> None:
    with pytest.raises(ValidationError):
        plan_campaign(campaign=Campaign(name="none", kind="settings", made_by="a"), stations=[])
    assert not Campaign.objects.exists()


def test_drift_names_what_differs_and_what_was_never_reported() -> None:
    line = lines("1.6", 2)[0]
    values = [["", "HeartbeatInterval", "300"], ["", "Measurands", "A,B"], ["", "New", "1"]]
    template = SettingsTemplate.objects.create(name="t", values=values)
    for name, value in (("HeartbeatInterval", "60"), ("Measurands", "b, a")):
        DeviceVariable.objects.create(
            charge_point=line.charge_point, name=name, value=value, reported_at=NOW, read_only=True
        )
    stations = list(stations_of(template))
    found = [(d.station.identity, d.setting, d.reported) for d in drift_of(template, stations)]
    assert found[:2] == [("CP-0", "HeartbeatInterval", "60"), ("CP-0", "New", None)]
    assert [one[0] for one in found[2:]] == ["CP-1"] * 3
