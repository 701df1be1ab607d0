"""What stations are asked to measure, and when they are not asked."""

from __future__ import annotations

import asyncio
from typing import Any

from chargepoints.metering import MEASURANDS, WISHES_16
from chargepoints.models import ChargePoint, Command, DeviceVariable
from tests.chargepoints.conftest import Registered
from tests.station import Station

BOOT16 = {"chargePointVendor": "Volvo", "chargePointModel": "Amazon", "firmwareVersion": "1.0"}
BOOT201 = {
    "reason": "PowerUp",
    "chargingStation": {"vendorName": "Volvo", "model": "Amazon", "serialNumber": "7"},
}
INTERVAL, SAMPLED = WISHES_16


def settings() -> dict[str, str]:
    return dict(DeviceVariable.objects.values_list("name", "value"))


async def answer_all(station: Station, replies: dict[str, Any], last: str) -> list[Any]:
    """Answer the platform's calls until the one named `last` has come; returns their payloads."""
    asked = []
    while True:
        _, message_id, action, payload = await station.recv()
        asked.append((action, payload))
        reply = replies[action]
        await station.answer(message_id, reply(payload) if callable(reply) else reply)
        if action == last:
            return asked


def test_a_boot_asks_for_meter_values_once_a_minute(volt: Registered) -> None:
    async def talk() -> list[Any]:
        async with volt.connect() as station:
            answer = await station.call("BootNotification", BOOT16)
            assert (answer["status"], answer["interval"]) == ("Accepted", 300)
            replies = {"ChangeConfiguration": {"status": "Accepted"}, "GetConfiguration": {}}
            return await answer_all(station, replies, last="GetConfiguration")

    assert asyncio.run(talk()) == [
        ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}),
        ("ChangeConfiguration", {"key": "MeterValuesSampledData", "value": MEASURANDS[0]}),
        ("GetConfiguration", {}),
    ]
    assert settings() == {
        "MeterValueSampleInterval": "60",
        "MeterValuesSampledData": MEASURANDS[0],
    }


def test_a_boot_is_kept(volt: Registered) -> None:
    async def talk() -> None:
        async with volt.connect() as station:
            await station.call("BootNotification", BOOT16)

    asyncio.run(talk())
    row = ChargePoint.objects.get()
    assert (row.vendor, row.model, row.firmware_version) == ("Volvo", "Amazon", "1.0")
    assert row.boot_state == ChargePoint.BootState.ACCEPTED


def test_the_answer_to_the_boot_comes_before_any_command(volt: Registered) -> None:
    async def talk() -> list[Any]:
        async with volt.connect() as station:
            await station.send([2, "1", "BootNotification", BOOT16])
            return [await station.recv(), await station.recv()]

    first, second = asyncio.run(talk())
    assert (first[0], second[0]) == (3, 2)


def test_a_setting_lost_with_the_connection_is_asked_for_again(volt: Registered) -> None:
    async def talk() -> list[Any]:
        asked = []
        for _ in range(2):
            async with volt.connect() as station:
                if not asked:
                    await station.call("BootNotification", BOOT16)
                asked.append((await station.recv())[3])
        return asked

    first, second = asyncio.run(talk())
    assert first == second == {"key": "MeterValueSampleInterval", "value": "60"}


def test_a_station_set_right_already_is_not_asked(volt: Registered) -> None:
    for name, value in (
        ("MeterValueSampleInterval", "30"),
        ("MeterValuesSampledData", MEASURANDS[0]),
    ):
        remember(volt, name, value)

    async def talk() -> None:
        async with volt.connect() as station:
            await station.call("BootNotification", BOOT16)

    asyncio.run(talk())
    assert not Command.objects.exists()


def remember(volt: Registered, name: str, value: str, component: str = "") -> None:
    DeviceVariable.objects.create(
        charge_point=volt.charge_point,
        component=component,
        name=name,
        value=value,
        reported_at=volt.charge_point.created_at,
    )


def test_a_station_that_refuses_is_asked_for_less(volt: Registered) -> None:
    def without_soc(payload: dict[str, Any]) -> dict[str, str]:
        return {"status": "Rejected" if "SoC" in payload["value"] else "Accepted"}

    async def talk() -> None:
        async with volt.connect() as station:
            await station.call("BootNotification", BOOT16)
            replies = {"ChangeConfiguration": without_soc, "GetConfiguration": {}}
            await answer_all(station, replies, last="GetConfiguration")
            await answer_all(station, replies, last="ChangeConfiguration")
            await station.call("BootNotification", BOOT16)

    asyncio.run(talk())
    assert settings()["MeterValuesSampledData"] == MEASURANDS[1]
    assert Command.objects.filter(action="ChangeConfiguration").count() == 3


def test_a_station_that_forgot_its_settings_is_asked_again(volt: Registered) -> None:
    reported = [
        {"key": "MeterValueSampleInterval", "readonly": False, "value": "900"},
        {"key": "MeterValuesSampledData", "readonly": False, "value": MEASURANDS[0]},
        {"key": "AuthorizationKey", "readonly": False, "value": "s3cret"},
    ]

    async def talk() -> list[Any]:
        async with volt.connect() as station:
            await station.call("BootNotification", BOOT16)
            replies = {
                "ChangeConfiguration": {"status": "Accepted"},
                "GetConfiguration": {"configurationKey": reported},
            }
            await answer_all(station, replies, last="GetConfiguration")
            return await answer_all(station, replies, last="ChangeConfiguration")

    assert asyncio.run(talk()) == [
        ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"})
    ]
    assert settings()["AuthorizationKey"] == "***"


def accepted_variables(payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "setVariableResult": [
            {
                "attributeStatus": "Rejected" if "SoC" in item["attributeValue"] else "Accepted",
                "component": item["component"],
                "variable": item["variable"],
            }
            for item in payload["setVariableData"]
        ]
    }


def test_a_boot_in_2_0_1_sets_variables_and_asks_for_a_report(volt: Registered) -> None:
    async def talk() -> list[Any]:
        async with volt.connect("2.0.1") as station:
            await station.call("BootNotification", BOOT201)
            replies = {"SetVariables": accepted_variables, "GetBaseReport": {"status": "Accepted"}}
            asked = await answer_all(station, replies, last="GetBaseReport")
            return asked + await answer_all(station, replies, last="SetVariables")

    first, report, second = asyncio.run(talk())
    assert [item["variable"]["name"] for item in first[1]["setVariableData"]] == [
        "TxUpdatedInterval",
        "TxUpdatedMeasurands",
        "TxStartedMeasurands",
        "TxEndedMeasurands",
    ]
    assert report[1]["reportBase"] == "FullInventory"
    (again,) = second[1]["setVariableData"]
    assert again["attributeValue"] == MEASURANDS[1]


def report_of(name: str, value: str, **other: Any) -> dict[str, Any]:
    item = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": name},
        "variableAttribute": [
            {"type": "MaxSet", "value": "99"},
            {"value": value, "mutability": "ReadOnly"},
        ],
    }
    return {
        "requestId": 1,
        "generatedAt": "2026-06-01T12:00:00Z",
        "seqNo": 0,
        "reportData": [item],
        **other,
    }


def test_a_report_is_kept_with_keys_masked(volt: Registered) -> None:
    async def talk() -> None:
        async with volt.connect("2.0.1") as station:
            await station.call("NotifyReport", report_of("OrganizationName", "Volt", tbc=True))
            await station.call("NotifyReport", report_of("BasicAuthPassword", "s3cret", tbc=True))

    asyncio.run(talk())
    assert settings() == {"OrganizationName": "Volt", "BasicAuthPassword": "***"}
    assert DeviceVariable.objects.filter(component="SecurityCtrlr", read_only=True).count() == 2
    assert not Command.objects.exists()


def test_the_last_part_of_a_report_shows_what_is_missing(volt: Registered) -> None:
    async def talk() -> Any:
        async with volt.connect("2.0.1") as station:
            await station.call("NotifyReport", report_of("OrganizationName", "Volt"))
            return await station.recv()

    assert asyncio.run(talk())[2] == "SetVariables"


def test_wishes_are_met_by_as_much_or_more() -> None:
    assert INTERVAL.is_met_by("15")
    assert not INTERVAL.is_met_by("0")
    assert not INTERVAL.is_met_by("90")
    assert not INTERVAL.is_met_by(None)
    assert SAMPLED.is_met_by(MEASURANDS[0] + ",Temperature")
    assert SAMPLED.is_met_by(MEASURANDS[1])
    assert not SAMPLED.is_met_by("Energy.Active.Import.Register,Temperature")


def test_offers_end_somewhere() -> None:
    assert SAMPLED.next_offer(MEASURANDS[-2]) == MEASURANDS[-1]
    assert SAMPLED.next_offer(MEASURANDS[-1]) is None
    assert SAMPLED.next_offer("something of an operator's") is None
