"""The station's end of a connection when the other end does not behave."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from config.devstack.simulator.link import (
    Address,
    Answer,
    Link,
    LinkLost,
    LinkRefused,
    OcppError,
    open_link,
)

Reaction = Callable[[ServerConnection, list[Any]], Awaitable[None]]


@asynccontextmanager
async def link_to(react: Reaction, frames: list[Any] | None = None) -> AsyncIterator[Link]:
    """A link to a platform that does nothing but react to frames."""

    async def accept(socket: ServerConnection) -> None:
        async for text in socket:
            await react(socket, json.loads(text))

    async with serve(accept, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:
        link = await open_link(
            address_of(server),
            lambda action, payload: Answer({"action": action}),
            iter("abc"),
            lambda is_sent, message: (frames if frames is not None else []).append(message),
            lambda work: work.close(),
        )
        yield link
        await link.close()


def address_of(server) -> Address:
    port = server.sockets[0].getsockname()[1]
    return Address(f"ws://127.0.0.1:{port}/", "north", "CP 1/a", "key", "ocpp1.6")


async def answer(socket, frame):
    await socket.send(json.dumps([3, frame[1], {"ok": True}]))


async def test_an_answer_finds_its_call():
    async with link_to(answer) as link:
        assert await link.call("Heartbeat", {}) == {"ok": True}


async def test_answers_to_nothing_are_passed_over():
    async def stray_first(socket, frame):
        await socket.send(json.dumps([3, "never-asked", {}]))
        await answer(socket, frame)

    async with link_to(stray_first) as link:
        assert await link.call("Heartbeat", {}) == {"ok": True}


async def test_a_callerror_is_raised_with_code_and_text():
    async def refuse(socket, frame):
        await socket.send(json.dumps([4, frame[1], "InternalError", "sorry", {"a": 1}]))

    async with link_to(refuse) as link:
        with pytest.raises(OcppError, match="InternalError: sorry") as caught:
            await link.call("Heartbeat", {})
    assert caught.value.details == {"a": 1}


async def test_no_answer_in_time_counts_as_a_lost_link():
    async def keep_quiet(socket, frame):
        return None

    async with link_to(keep_quiet) as link:
        with pytest.raises(LinkLost, match="no answer to Heartbeat"):
            await link.call("Heartbeat", {}, timeout_s=0.01)


@pytest.mark.parametrize("text", ["not json", "{"])
async def test_rubbish_from_the_platform_ends_the_link(text):
    async def talk_rubbish(socket, frame):
        await socket.send(text)

    async with link_to(talk_rubbish) as link:
        with pytest.raises(LinkLost):
            await link.call("Heartbeat", {})
        assert not link.is_open


async def test_a_call_on_a_closed_connection_is_a_lost_link():
    async def leave(socket, frame):
        await socket.close()

    async with link_to(leave) as link:
        for _ in range(2):
            with pytest.raises(LinkLost):
                await link.call("Heartbeat", {})


async def test_calls_of_the_platform_are_answered_while_the_station_waits():
    async def ask_back(socket, frame):
        if frame[0] == 2:
            await socket.send(json.dumps([2, "p1", "ClearCache", {}]))
        else:
            await answer(socket, [2, "a"])

    frames: list[Any] = []
    async with link_to(ask_back, frames) as link:
        await link.call("Heartbeat", {})
    assert frames[2] == [3, "p1", {"action": "ClearCache"}]


async def test_a_mute_station_neither_calls_nor_answers():
    frames: list[Any] = []
    async with link_to(answer, frames) as link:
        link.is_mute = True
        with pytest.raises(LinkLost):
            await link.call("Heartbeat", {}, timeout_s=0.01)
    assert frames == []


async def test_a_platform_without_our_version_is_refused():
    async with serve(lambda socket: socket.wait_closed(), "127.0.0.1", 0) as server:
        with pytest.raises(LinkRefused):
            await open_link(address_of(server), None, iter("a"), None, None)


def test_the_endpoint_escapes_what_ids_may_hold():
    address = Address("ws://host/", "north", "CP 1/a", "key", "ocpp1.6")
    assert address.endpoint == "ws://host/ocpp/north/CP%201%2Fa"
    assert address.credentials == "Basic Q1AgMS9hOmtleQ=="
