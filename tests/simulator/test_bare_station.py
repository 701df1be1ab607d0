"""The frame-by-frame station of `tests/station.py`."""

from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosed

from tests.simulator.csms import serve_csms
from tests.station import OcppError, connect

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}


def url_of(csms):
    return f"{csms.url}/ocpp/north/CP-1"


async def test_a_call_returns_the_payload_of_its_answer():
    async with serve_csms() as csms, connect(url_of(csms), "key") as station:
        answer = await station.call("BootNotification", BOOT)
    assert answer["status"] == "Accepted"


async def test_a_callerror_is_returned_not_raised():
    async with serve_csms() as csms, connect(url_of(csms), "key") as station:
        csms.refused = {"BootNotification": "InternalError"}
        answer = await station.call("BootNotification", BOOT)
    assert isinstance(answer, OcppError)
    assert answer.code == "InternalError"


async def test_calls_of_the_platform_wait_to_be_received():
    async with serve_csms() as csms, connect(url_of(csms), "key") as station:
        csms.on_boot = [("Reset", {"type": "Soft"}), ("ClearCache", {})]
        await station.call("BootNotification", BOOT)
        await station.call("Heartbeat", {})
        message_id, payload = await station.recv_call("ClearCache")
        await station.answer(message_id, {"status": "Accepted"})
    assert payload == {}


async def test_calls_with_a_known_answer_are_answered_at_once():
    async with serve_csms() as csms, connect(url_of(csms), "key") as station:
        station.answers = {"ClearCache": {"status": "Accepted"}}
        csms.on_boot = [("ClearCache", {})]
        await station.call("BootNotification", BOOT)
        await station.call("Heartbeat", {})
    assert station.asked == [("ClearCache", {})]


async def test_a_cut_leaves_no_close_frame():
    async with serve_csms() as csms, connect(url_of(csms), "key") as station:
        await station.cut()
        with pytest.raises(ConnectionClosed):
            await station.recv()
    assert csms.endings == [1006]


async def test_the_close_code_of_the_platform_is_told():
    async with serve_csms() as csms, connect(url_of(csms), "key") as station:
        await station.call("BootNotification", BOOT)
        await csms.sockets["CP-1"].close(1008)
        assert await station.closed() == 1008
