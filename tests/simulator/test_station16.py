"""A simulated OCPP 1.6 station against a platform that checks every frame."""

from __future__ import annotations

import base64

import pytest

from config.devstack.simulator.runner import run_async
from tests.simulator.csms import serve_csms
from tests.simulator.makers import KEY, charge_once, live_station, make_plan, make_session

ALL = "Voltage,Current.Import,Power.Active.Import,Energy.Active.Import.Register,SoC,Power.Offered"


def of_measurand(payload, measurand):
    rows = payload["meterValue"][0]["sampledValue"]
    return [(row.get("phase"), row["value"]) for row in rows if row["measurand"] == measurand]


async def test_a_session_speaks_in_the_order_of_a_real_station():
    async with serve_csms() as csms:
        await charge_once(csms, "1.6")
    statuses = [each["status"] for each in csms.payloads("StatusNotification")]
    assert csms.actions()[:5] == [
        "BootNotification",
        "StatusNotification",
        "StatusNotification",
        "Authorize",
        "StartTransaction",
    ]
    assert statuses == [
        "Available",
        "Preparing",
        "Charging",
        "SuspendedEV",
        "Finishing",
        "Available",
    ]


async def test_the_registers_of_start_and_stop_differ_by_the_energy():
    async with serve_csms() as csms:
        summary = await charge_once(csms, "1.6")
    start, stop = csms.payloads("StartTransaction")[0], csms.payloads("StopTransaction")[0]
    assert stop["meterStop"] - start["meterStart"] == 4_000
    assert (stop["reason"], stop["timestamp"]) == ("EVDisconnected", "2026-01-05T09:00:00Z")
    assert (summary.energy_wh, summary.errors) == (4_000, [])


async def test_the_station_authenticates_with_its_id_and_key():
    async with serve_csms() as csms, live_station(csms, "1.6"):
        pass
    assert csms.rights == [f"Basic {base64.b64encode(f'CP-1:{KEY}'.encode()).decode()}"]


async def test_samples_carry_the_transaction_id_the_platform_gave():
    async with serve_csms() as csms:
        summary = await charge_once(csms, "1.6")
    number = summary.results[0].transaction_id
    assert isinstance(number, int)
    assert {each["transactionId"] for each in csms.payloads("MeterValues")} == {number}


async def test_the_interval_and_measurands_the_platform_sets_are_kept():
    async with serve_csms() as csms:
        csms.on_boot = [
            ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "120"}),
            ("ChangeConfiguration", {"key": "MeterValuesSampledData", "value": ALL}),
        ]
        await run_async(make_plan(csms, "1.6", make_session(), settle_s=0.05))
    first, second = csms.payloads("MeterValues")[:2]
    assert first["meterValue"][0]["timestamp"] == "2026-01-05T08:02:00Z"
    assert second["meterValue"][0]["timestamp"] == "2026-01-05T08:04:00Z"
    assert [phase for phase, _ in of_measurand(first, "Voltage")] == ["L1-N", "L2-N", "L3-N"]
    assert [phase for phase, _ in of_measurand(first, "Current.Import")] == ["L1", "L2", "L3"]
    assert of_measurand(first, "Power.Offered") == [(None, "22080")]


async def test_a_blocked_token_gets_no_charge():
    async with serve_csms() as csms:
        summary = await run_async(make_plan(csms, "1.6", make_session(id_token="BLOCKED")))
    assert [each.outcome for each in summary.results] == ["refused"]
    assert "StartTransaction" not in csms.actions()


async def test_a_pending_boot_is_repeated_until_it_is_accepted():
    async with serve_csms() as csms:
        csms.boot_statuses = ["Pending", "Rejected", "Accepted"]
        await charge_once(csms, "1.6", longest_pause_s=0.01)
    assert csms.actions()[:4] == [*["BootNotification"] * 3, "StatusNotification"]


async def test_a_refused_start_ends_with_an_invented_transaction_id():
    async with serve_csms() as csms:
        csms.refused = {"StartTransaction": "InternalError"}
        summary = await charge_once(csms, "1.6")
    assert csms.payloads("StopTransaction")[0]["transactionId"] < 0
    assert summary.errors == ["CP-1 StartTransaction: InternalError: as the test wants"]


async def test_a_remote_start_charges_and_a_remote_stop_ends_it():
    async with serve_csms() as csms, live_station(csms, "1.6"):
        start = await csms.ask("CP-1", "RemoteStartTransaction", {"idTag": "APP", "connectorId": 1})
        number = (await csms.heard("MeterValues"))["transactionId"]
        stop = await csms.ask("CP-1", "RemoteStopTransaction", {"transactionId": number})
        stopped = await csms.heard("StopTransaction")
    assert (start[2], stop[2]) == ({"status": "Accepted"}, {"status": "Accepted"})
    assert (stopped["reason"], stopped["idTag"]) == ("Remote", "APP")


async def test_a_busy_connector_refuses_a_remote_start():
    async with serve_csms() as csms, live_station(csms, "1.6"):
        await csms.ask("CP-1", "RemoteStartTransaction", {"idTag": "APP"})
        second = await csms.ask("CP-1", "RemoteStartTransaction", {"idTag": "APP"})
    assert second[2] == {"status": "Rejected"}


@pytest.mark.parametrize(
    ("action", "payload", "status"),
    [
        ("RemoteStopTransaction", {"transactionId": 99}, "Rejected"),
        ("RemoteStartTransaction", {"idTag": "APP", "connectorId": 9}, "Rejected"),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}, "Accepted"),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "often"}, "Rejected"),
        ("ChangeConfiguration", {"key": "NumberOfConnectors", "value": "7"}, "Rejected"),
        ("ChangeConfiguration", {"key": "Colour", "value": "red"}, "NotSupported"),
        ("TriggerMessage", {"requestedMessage": "MeterValues"}, "NotImplemented"),
        ("TriggerMessage", {"requestedMessage": "Heartbeat", "connectorId": 9}, "Rejected"),
        ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, "Accepted"),
        ("ChangeAvailability", {"connectorId": 9, "type": "Inoperative"}, "Rejected"),
        ("UnlockConnector", {"connectorId": 1}, "Unlocked"),
        ("UnlockConnector", {"connectorId": 9}, "NotSupported"),
        ("DataTransfer", {"vendorId": "Nobody"}, "UnknownVendorId"),
    ],
)
async def test_commands_are_answered(action, payload, status):
    async with serve_csms() as csms, live_station(csms, "1.6"):
        answer = await csms.ask("CP-1", action, payload)
    assert answer[2] == {"status": status}


async def test_an_unknown_action_gets_a_callerror():
    async with serve_csms() as csms, live_station(csms, "1.6"):
        unknown = await csms.ask("CP-1", "BrewCoffee", {})
        broken = await csms.ask("CP-1", "ChangeConfiguration", {"key": "HeartbeatInterval"})
    assert (unknown[0], unknown[2]) == (4, "NotImplemented")
    assert (broken[0], broken[2]) == (4, "FormationViolation")


async def test_get_configuration_lists_known_and_unknown_keys():
    wanted = {"key": ["HeartbeatInterval", "AuthorizationKey", "Colour"]}
    async with serve_csms() as csms, live_station(csms, "1.6"):
        answer = (await csms.ask("CP-1", "GetConfiguration", wanted))[2]
        everything = (await csms.ask("CP-1", "GetConfiguration", {}))[2]
    assert answer["unknownKey"] == ["Colour"]
    assert {row["key"]: row["value"] for row in answer["configurationKey"]} == {
        "HeartbeatInterval": "300",
        "AuthorizationKey": KEY,
    }
    assert len(everything["configurationKey"]) == 14


@pytest.mark.parametrize("wanted", ["BootNotification", "Heartbeat", "StatusNotification"])
async def test_a_trigger_sends_the_message_after_the_answer(wanted):
    async with serve_csms() as csms, live_station(csms, "1.6"):
        before = len(csms.payloads(wanted))
        await csms.ask("CP-1", "TriggerMessage", {"requestedMessage": wanted})
        await csms.heard(wanted, before + 1)


async def test_a_trigger_during_a_charge_brings_a_sample():
    async with serve_csms() as csms, live_station(csms, "1.6", speed=1.0):
        await csms.ask("CP-1", "RemoteStartTransaction", {"idTag": "APP"})
        await csms.heard("StartTransaction")
        await csms.ask("CP-1", "TriggerMessage", {"requestedMessage": "MeterValues"})
        sample = await csms.heard("MeterValues")
    assert sample["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"


async def test_a_reset_stops_the_charge_and_boots_again():
    async with serve_csms() as csms, live_station(csms, "1.6"):
        await csms.ask("CP-1", "RemoteStartTransaction", {"idTag": "APP"})
        await csms.heard("MeterValues")
        await csms.ask("CP-1", "Reset", {"type": "Soft"})
        stopped = await csms.heard("StopTransaction")
        await csms.heard("BootNotification", 2)
    assert stopped["reason"] == "SoftReset"


async def test_a_station_that_is_switched_off_ends_its_charge():
    async with serve_csms() as csms:
        async with live_station(csms, "1.6"):
            await csms.ask("CP-1", "RemoteStartTransaction", {"idTag": "APP"})
            await csms.heard("MeterValues")
        assert csms.payloads("StopTransaction")[0]["reason"] == "Reboot"


async def test_an_inoperative_connector_says_so_and_takes_no_car():
    async with serve_csms() as csms, live_station(csms, "1.6"):
        await csms.ask("CP-1", "ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
        status = await csms.heard("StatusNotification", 2)
        start = await csms.ask("CP-1", "RemoteStartTransaction", {"idTag": "APP"})
    assert status["status"] == "Unavailable"
    assert start[2] == {"status": "Rejected"}
