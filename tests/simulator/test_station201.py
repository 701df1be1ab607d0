"""A simulated OCPP 2.0.1 station against a platform that checks every frame."""

from __future__ import annotations

import pytest

from config.devstack.simulator.runner import run_async
from tests.simulator.csms import serve_csms
from tests.simulator.makers import charge_once, live_station, make_plan, make_session

TOKEN = {"idToken": "APP", "type": "ISO14443"}
START = {"idToken": TOKEN, "remoteStartId": 5}
ALL = "Voltage,Current.Import,Power.Active.Import,Energy.Active.Import.Register,SoC"


def variable(component, name):
    return {"component": {"name": component}, "variable": {"name": name}}


def register_wh(event):
    rows = event["meterValue"][0]["sampledValue"]
    return next(row["value"] for row in rows if row["measurand"].startswith("Energy"))


async def test_a_session_is_started_updated_and_ended_in_sequence():
    async with serve_csms() as csms:
        await charge_once(csms, "2.0.1")
    events = csms.payloads("TransactionEvent")
    assert [each["seqNo"] for each in events] == list(range(len(events)))
    assert [each["eventType"] for each in (events[0], events[1], events[-1])] == [
        "Started",
        "Updated",
        "Ended",
    ]
    assert len({each["transactionInfo"]["transactionId"] for each in events}) == 1


async def test_only_the_start_names_evse_and_token():
    async with serve_csms() as csms:
        await charge_once(csms, "2.0.1")
    events = csms.payloads("TransactionEvent")
    assert [("evse" in each, "idToken" in each) for each in events[:2]] == [
        (True, True),
        (False, False),
    ]


async def test_the_registers_of_start_and_end_differ_by_the_energy():
    async with serve_csms() as csms:
        summary = await charge_once(csms, "2.0.1")
    events = csms.payloads("TransactionEvent")
    assert register_wh(events[-1]) - register_wh(events[0]) == 4_000
    assert events[-1]["transactionInfo"]["stoppedReason"] == "EVDisconnected"
    assert (summary.energy_wh, summary.errors) == (4_000, [])


async def test_the_interval_and_measurands_the_platform_sets_are_kept():
    settings = [
        {**variable("SampledDataCtrlr", "TxUpdatedInterval"), "attributeValue": "30"},
        {**variable("SampledDataCtrlr", "TxUpdatedMeasurands"), "attributeValue": ALL},
    ]
    async with serve_csms() as csms:
        csms.on_boot = [("SetVariables", {"setVariableData": settings})]
        await run_async(make_plan(csms, "2.0.1", make_session(), settle_s=0.05))
    sample = csms.payloads("TransactionEvent")[2]
    assert sample["timestamp"] == "2026-01-05T08:00:30.000Z"
    assert len(sample["meterValue"][0]["sampledValue"]) == 8


async def test_a_token_refused_at_the_start_ends_the_charge():
    session = make_session(id_token="BLOCKED", remote_start_id=1)
    async with serve_csms() as csms:
        summary = await run_async(make_plan(csms, "2.0.1", session))
    ended = csms.payloads("TransactionEvent")[-1]
    assert summary.errors == ["CP-1: token BLOCKED refused"]
    assert ended["triggerReason"] == "Deauthorized"
    assert ended["transactionInfo"]["stoppedReason"] == "DeAuthorized"


async def test_a_blocked_token_gets_no_charge():
    async with serve_csms() as csms:
        summary = await run_async(make_plan(csms, "2.0.1", make_session(id_token="BLOCKED")))
    assert [each.outcome for each in summary.results] == ["refused"]
    assert "TransactionEvent" not in csms.actions()


async def test_a_remote_start_carries_its_id_and_a_remote_stop_ends_it():
    async with serve_csms() as csms, live_station(csms, "2.0.1"):
        await csms.ask("CP-1", "RequestStartTransaction", START)
        started = await csms.heard("TransactionEvent")
        number = started["transactionInfo"]["transactionId"]
        await csms.ask("CP-1", "RequestStopTransaction", {"transactionId": number})
        await csms.heard("StatusNotification", 3)
    ended = csms.payloads("TransactionEvent")[-1]
    assert started["transactionInfo"]["remoteStartId"] == 5
    assert (ended["triggerReason"], ended["transactionInfo"]["stoppedReason"]) == (
        "RemoteStop",
        "Remote",
    )


@pytest.mark.parametrize(
    ("action", "payload", "status"),
    [
        ("RequestStopTransaction", {"transactionId": "none"}, "Rejected"),
        ("RequestStartTransaction", {**START, "evseId": 9}, "Rejected"),
        ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, "Accepted"),
        ("TriggerMessage", {"requestedMessage": "LogStatusNotification"}, "NotImplemented"),
        ("TriggerMessage", {"requestedMessage": "Heartbeat", "evse": {"id": 9}}, "Rejected"),
        ("ChangeAvailability", {"operationalStatus": "Inoperative"}, "Accepted"),
        (
            "ChangeAvailability",
            {"operationalStatus": "Inoperative", "evse": {"id": 9}},
            "Rejected",
        ),
        ("UnlockConnector", {"evseId": 1, "connectorId": 1}, "Unlocked"),
        ("UnlockConnector", {"evseId": 9, "connectorId": 1}, "UnknownConnector"),
        ("DataTransfer", {"vendorId": "Nobody"}, "UnknownVendorId"),
    ],
)
async def test_commands_are_answered(action, payload, status):
    async with serve_csms() as csms, live_station(csms, "2.0.1"):
        answer = await csms.ask("CP-1", action, payload)
    assert answer[2] == {"status": status}


async def test_an_unknown_action_gets_a_callerror():
    async with serve_csms() as csms, live_station(csms, "2.0.1"):
        answer = await csms.ask("CP-1", "BrewCoffee", {})
    assert (answer[0], answer[2]) == (4, "NotImplemented")


async def test_a_base_report_arrives_in_parts():
    async with serve_csms() as csms, live_station(csms, "2.0.1"):
        await csms.ask("CP-1", "GetBaseReport", {"requestId": 3, "reportBase": "FullInventory"})
        await csms.heard("NotifyReport", 2)
    parts = csms.payloads("NotifyReport")
    assert [(part["requestId"], part["seqNo"], part["tbc"]) for part in parts] == [
        (3, 0, True),
        (3, 1, False),
    ]
    assert sum(len(part["reportData"]) for part in parts) == 15


async def test_variables_are_read_with_their_status_and_the_password_is_not():
    wanted = [
        variable("OCPPCommCtrlr", "HeartbeatInterval"),
        variable("SecurityCtrlr", "BasicAuthPassword"),
        variable("Kitchen", "Coffee"),
        variable("TxCtrlr", "Coffee"),
        {**variable("TxCtrlr", "TxStartPoint"), "attributeType": "MaxSet"},
    ]
    async with serve_csms() as csms, live_station(csms, "2.0.1"):
        answer = await csms.ask("CP-1", "GetVariables", {"getVariableData": wanted})
    rows = answer[2]["getVariableResult"]
    assert [(row["attributeStatus"], row.get("attributeValue")) for row in rows] == [
        ("Accepted", "300"),
        ("Rejected", None),
        ("UnknownComponent", None),
        ("UnknownVariable", None),
        ("NotSupportedAttributeType", None),
    ]


async def test_a_read_only_variable_cannot_be_set():
    row = {**variable("ChargingStation", "Model"), "attributeValue": "Other"}
    async with serve_csms() as csms, live_station(csms, "2.0.1"):
        answer = await csms.ask("CP-1", "SetVariables", {"setVariableData": [row]})
    assert answer[2]["setVariableResult"][0]["attributeStatus"] == "Rejected"


@pytest.mark.parametrize("wanted", ["BootNotification", "Heartbeat", "StatusNotification"])
async def test_a_trigger_sends_the_message_after_the_answer(wanted):
    async with serve_csms() as csms, live_station(csms, "2.0.1"):
        before = len(csms.payloads(wanted))
        await csms.ask("CP-1", "TriggerMessage", {"requestedMessage": wanted})
        await csms.heard(wanted, before + 1)


async def test_a_trigger_during_a_charge_brings_a_sample():
    async with serve_csms() as csms, live_station(csms, "2.0.1", speed=1.0):
        await csms.ask("CP-1", "RequestStartTransaction", START)
        await csms.heard("TransactionEvent", 2)
        await csms.ask("CP-1", "TriggerMessage", {"requestedMessage": "MeterValues"})
        event = await csms.heard("TransactionEvent", 3)
    assert event["triggerReason"] == "Trigger"


async def test_an_immediate_reset_ends_the_charge_and_boots_again():
    async with serve_csms() as csms, live_station(csms, "2.0.1"):
        await csms.ask("CP-1", "RequestStartTransaction", START)
        await csms.heard("TransactionEvent", 2)
        unlock = await csms.ask("CP-1", "UnlockConnector", {"evseId": 1, "connectorId": 1})
        answer = await csms.ask("CP-1", "Reset", {"type": "Immediate"})
        boot = await csms.heard("BootNotification", 2)
    ended = csms.payloads("TransactionEvent")[-1]
    assert unlock[2] == {"status": "OngoingAuthorizedTransaction"}
    assert answer[2] == {"status": "Accepted"}
    assert (ended["transactionInfo"]["stoppedReason"], boot["reason"]) == (
        "ImmediateReset",
        "RemoteReset",
    )
