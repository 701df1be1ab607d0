"""Rubbish gets a clear answer or a close code, is written down, and disturbs nobody else."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chargepoints.models import OcppMessage, StatusRecord
from config.devstack.rented import WebProcess
from tests.chargepoints.conftest import Registered
from tests.station import OcppError, Station

HUGE = "9" * 30
DEEP = '{"a":' * 1000 + "1" + "}" * 1000
BOOT16 = {"chargePointVendor": "V", "chargePointModel": "M"}


def status(**other: Any) -> dict[str, Any]:
    return {"connectorId": 1, "errorCode": "NoError", "status": "Available", **other}


def call(payload: Any, action: Any = "StatusNotification") -> str:
    return json.dumps([2, "7", action, payload])


# What is sent over 1.6: the message id, code and description of the CALLERROR.
BAD_FRAMES_16 = {
    "not JSON": ("{nope", "-1", "FormationViolation", "not valid JSON"),
    "an empty text": ("", "-1", "FormationViolation", "not valid JSON"),
    "not an array": ('{"a": 1}', "-1", "FormationViolation", "not an array of a message"),
    "an empty array": ("[]", "-1", "FormationViolation", "not an array of a message"),
    "an unknown message type": ('[9, "7", {}]', "7", "FormationViolation", "message type"),
    "a message type as text": ('["2", "7", "Heartbeat", {}]', "7", "FormationViolation", "message"),
    "true as message type": ('[true, "7", "Heartbeat", {}]', "7", "FormationViolation", "message"),
    "a number as id": ('[2, 7, "Heartbeat", {}]', "-1", "FormationViolation", "message id: not"),
    "a long id": (
        json.dumps([2, "7" * 37, "Heartbeat", {}]),
        "-1",
        "FormationViolation",
        "message id: longer than 36 characters",
    ),
    "no payload": ('[2, "7", "Heartbeat"]', "7", "FormationViolation", "payload: is missing"),
    "a list as payload": (call([], "Heartbeat"), "7", "FormationViolation", "payload: not"),
    "too many elements": ('[2, "7", "Heartbeat", {}, 1]', "7", "FormationViolation", "message:"),
    "a list as action": (call({}, []), "7", "FormationViolation", "action: not a text"),
    "an unknown action": (call({}, "Teleport"), "7", "NotImplemented", "action: not part of"),
    "a path as action": (call({}, "../Reset"), "7", "NotImplemented", "action: not part of"),
    "a schema's name": (call({}, "ResetResponse"), "7", "NotImplemented", "action: not part of"),
    "an action for stations": (call({"type": "Hard"}, "Reset"), "7", "NotSupported", "action: "),
    "a wrong type": (
        call(status(connectorId="one")),
        "7",
        "TypeConstraintViolation",
        "connectorId: is not of type integer",
    ),
    "a long text": (
        call({**BOOT16, "chargePointVendor": "V" * 21}, "BootNotification"),
        "7",
        "TypeConstraintViolation",
        "chargePointVendor: is too long",
    ),
    "a missing field": (
        call({"connectorId": 1, "status": "Available"}),
        "7",
        "OccurenceConstraintViolation",
        "errorCode: is missing",
    ),
    "an unknown field": (
        call(status(colour="red")),
        "7",
        "FormationViolation",
        "colour: is not a field of this message",
    ),
    "an unknown word": (
        call(status(status="Dancing")),
        "7",
        "PropertyConstraintViolation",
        "status: is not one of the allowed values",
    ),
    "no date": (
        call(status(timestamp="yesterday")),
        "7",
        "PropertyConstraintViolation",
        "timestamp: is not a date and time",
    ),
    "a NUL character": (call(status(info="a\0b")), "7", "PropertyConstraintViolation", "NUL"),
    "a huge integer": (
        call(status()).replace("1", HUGE, 1),
        "7",
        "PropertyConstraintViolation",
        "message: has a number beyond 64 bits",
    ),
    "an integer of 64 bits": (
        call(status(connectorId=2**63)),
        "7",
        "PropertyConstraintViolation",
        "message: has a number beyond 64 bits",
    ),
    "a connector no station has": (
        call(status(connectorId=4711)),
        "7",
        "PropertyConstraintViolation",
        "connectorId: is not between 0 and 100",
    ),
    "infinity": ('[2, "7", "Heartbeat", {"a": 1e999}]', "-1", "FormationViolation", "not valid"),
    "deep nesting": (
        f'[2, "7", "DataTransfer", {DEEP}]',
        "7",
        "FormationViolation",
        "message: nested deeper than 32 levels",
    ),
    "very deep nesting": ("[" * 20_000, "-1", "FormationViolation", "not valid JSON"),
    "bytes": (b"[]", "-1", "FormationViolation", "a binary frame"),
}


async def end_of(station: Station) -> int | None:
    """Read whatever still comes, until the platform closes; the close code."""
    with suppress(ConnectionClosed):
        while True:
            await station.recv()
    return station.socket.close_code


def test_every_bad_frame_is_answered_and_written_down(
    volt: Registered, subtests: pytest.Subtests
) -> None:
    async def talk() -> list[tuple[list[Any], Any]]:
        async with volt.connect() as station:
            answers = []
            for text, *_ in BAD_FRAMES_16.values():
                await station.send_raw(text)
                answers.append((await station.recv(), await station.call("Heartbeat", {})))
            return answers

    answers = asyncio.run(talk())
    rows = OcppMessage.objects.filter(inbound=True).exclude(error_code="").order_by("id")
    for name, (answer, beat), row in zip(BAD_FRAMES_16, answers, rows, strict=True):
        with subtests.test(name):
            _, message_id, code, description = BAD_FRAMES_16[name]
            assert answer[:3] == [4, message_id, code]
            assert description in answer[3]
            assert answer[4] == {}
            assert "currentTime" in beat
            assert (row.message_id, row.error_code, row.reason) == (message_id, code, answer[3])
    assert not StatusRecord.objects.exists()


@pytest.mark.parametrize(
    ("text", "message_id", "code"),
    [
        ("{nope", "-1", "RpcFrameworkError"),
        ('[9, "7", {}]', "7", "MessageTypeNotSupported"),
        ('[2, "7", "Heartbeat"]', "7", "FormatViolation"),
        ('[2, "7", "Heartbeat", {"a": 1}]', "7", "FormatViolation"),
        ('[2, "7", "StatusNotification", {}]', "7", "OccurrenceConstraintViolation"),
        ('[2, "7", "Teleport", {}]', "7", "NotImplemented"),
    ],
)
def test_version_2_has_its_own_words(
    volt: Registered, text: str, message_id: str, code: str
) -> None:
    async def talk() -> list[Any]:
        async with volt.connect("2.0.1") as station:
            await station.send_raw(text)
            frame: list[Any] = await station.recv()
            return frame

    assert asyncio.run(talk())[:3] == [4, message_id, code]


@pytest.mark.parametrize("size", [64 * 1024 + 1, 200_000])
def test_an_oversized_frame_closes_the_socket(volt: Registered, size: int, web: WebProcess) -> None:
    async def talk() -> int | None:
        async with volt.connect() as station:
            await station.send_raw(" " * size)
            return await end_of(station)

    assert asyncio.run(talk()) == 1009


def test_the_largest_frame_is_read(volt: Registered) -> None:
    async def talk() -> Any:
        async with volt.connect() as station:
            payload = {"vendorId": "V", "data": ""}
            room = 64 * 1024 - len(call(payload, "DataTransfer"))
            await station.send_raw(call({**payload, "data": "x" * room}, "DataTransfer"))
            return await station.recv()

    assert asyncio.run(talk()) == [3, "7", {"status": "UnknownVendorId"}]


@pytest.mark.parametrize("frame", ["{nope", '[3, "nobody asked", {}]'])
def test_a_flood_of_garbage_closes_the_socket(volt: Registered, frame: str) -> None:
    async def talk() -> int | None:
        async with volt.connect() as station:
            for _ in range(50):
                await station.send_raw(frame)
            return await end_of(station)

    assert asyncio.run(talk()) == 1008
    assert OcppMessage.objects.filter(inbound=True).count() == 50


def test_garbage_now_and_then_is_forgiven(volt: Registered) -> None:
    async def talk() -> Any:
        async with volt.connect() as station:
            for _ in range(60):
                await station.send_raw("{nope")
                answer = await station.call("Heartbeat", {})
            return answer

    assert "currentTime" in asyncio.run(talk())


def test_an_answer_nobody_asked_for_is_dropped_in_silence(volt: Registered) -> None:
    async def talk() -> tuple[Any, int]:
        async with volt.connect() as station:
            await station.send_raw('[3, "7", {}]')
            await station.send_raw('[4, "7"]')
            await station.send_raw('[3, "7"]')
            await station.send_raw(call({}, "Heartbeat"))
            return await station.recv()

    assert asyncio.run(talk())[:2] == [3, "7"]


def test_another_stations_connection_lives_on(volt: Registered, ampere: Registered) -> None:
    async def talk() -> Any:
        async with ampere.connect() as good, volt.connect() as bad:
            for text, *_ in BAD_FRAMES_16.values():
                await bad.send_raw(text)
            await bad.send_raw(" " * 70_000)
            assert await end_of(bad) == 1009
            return await good.call("Heartbeat", {})

    assert "currentTime" in asyncio.run(talk())


def test_a_refusal_names_operator_station_and_reason_in_the_log(
    volt: Registered, web: WebProcess
) -> None:
    async def talk() -> OcppError | dict[str, Any]:
        async with volt.connect() as station:
            return await station.call("StatusNotification", {"connectorId": 1})

    answer = asyncio.run(talk())
    assert isinstance(answer, OcppError)
    assert "OCPP message refused: " in web.log


def test_nothing_of_a_payload_comes_back(volt: Registered) -> None:
    async def talk() -> Any:
        async with volt.connect() as station:
            await station.send_raw(call(status(status="SECRET", info="SECRET")))
            return await station.recv()

    assert "SECRET" not in json.dumps(asyncio.run(talk()))
