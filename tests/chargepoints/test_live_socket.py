"""The socket's own duties, seen from inside: fence, sign of life, log, failures, the end."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
import time_machine
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.urls import re_path

from chargepoints.consumers import OCPP_PATH, OcppConsumer
from chargepoints.models import ChargePoint, OcppMessage, Site
from chargepoints.ocpp_handlers import ChargePointHandlers16
from chargepoints.routing import answers
from chargepoints.services import register_charge_point
from tenants.scope import tenant_scope
from tests.cast import a_site, a_tenant
from tests.chargepoints.conftest import elsewhere

T = TypeVar("T")
AT = datetime.fromisoformat("2026-06-01T12:00:00+00:00")


class Station(ChargePointHandlers16):
    """A station class with handlers that go wrong."""

    version = "1.6"

    @answers("DiagnosticsStatusNotification")
    def answer_diagnostics_status(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        Site.objects.create(name="never committed")
        return {"never": 1 // 0}

    @answers("FirmwareStatusNotification")
    def answer_firmware_status(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        Site.objects.create(name="never committed")
        return {"nonsense": True}


@pytest.fixture
def charge_point(transactional_db: None) -> Iterator[tuple[ChargePoint, str]]:
    with tenant_scope(a_tenant().id):
        yield register_charge_point(site=a_site(), identity="CP-1")


@asynccontextmanager
async def connected(registered: tuple[ChargePoint, str]) -> AsyncIterator[WebsocketCommunicator]:
    credentials = base64.b64encode(f"CP-1:{registered[1]}".encode())
    application = URLRouter([re_path(OCPP_PATH, OcppConsumer.as_asgi(stations={"1.6": Station}))])
    communicator = WebsocketCommunicator(
        application,
        "/ocpp/volt/CP-1",
        headers=[(b"authorization", b"Basic " + credentials)],
        subprotocols=["ocpp1.6"],
    )
    assert await communicator.connect(timeout=10) == (True, "ocpp1.6")
    yield communicator
    await communicator.disconnect(timeout=10)


async def call(socket: WebsocketCommunicator, action: str, **payload: Any) -> Any:
    await socket.send_json_to([2, "1", action, payload])
    return await socket.receive_json_from(timeout=10)


async def beat(socket: WebsocketCommunicator) -> Any:
    return await call(socket, "Heartbeat")


def run(talk: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(talk)


def test_the_end_of_a_socket_is_written_down(charge_point: tuple[ChargePoint, str]) -> None:
    async def talk() -> None:
        async with connected(charge_point) as socket:
            await beat(socket)

    run(talk())
    row = ChargePoint.objects.get()
    assert row.socket_channel == ""
    assert row.connected_at < row.last_seen_at < row.disconnected_at


def test_heartbeats_are_answered_from_memory_and_written_later(
    charge_point: tuple[ChargePoint, str],
) -> None:
    async def talk() -> list[int]:
        counts = []
        with time_machine.travel(AT, tick=False) as clock:
            async with connected(charge_point) as socket:
                for seconds in (5, 10, 15, 20):
                    clock.move_to(AT + timedelta(seconds=seconds))
                    await beat(socket)
                    await beat(socket)
                    counts.append(await elsewhere(OcppMessage.objects.count))
        return counts

    # A call and its answer are two rows; the beat after the 15th second comes too late for them.
    assert run(talk()) == [0, 0, 10, 10]
    assert OcppMessage.objects.count() == 16


def test_the_sign_of_life_is_saved_every_15_s(charge_point: tuple[ChargePoint, str]) -> None:
    async def talk() -> list[datetime]:
        seen = []
        with time_machine.travel(AT, tick=False) as clock:
            async with connected(charge_point) as socket:
                for seconds in (14, 15, 29, 30):
                    clock.move_to(AT + timedelta(seconds=seconds))
                    await beat(socket)
                    await call(socket, "DataTransfer", vendorId="V")
                    row: ChargePoint = await elsewhere(ChargePoint.objects.get)
                    seen.append(row.last_seen_at)
        return seen

    seconds = [(at - AT).total_seconds() for at in run(talk())]
    assert seconds == [0, 15, 15, 30]


def test_a_handler_that_fails_leaves_the_socket_open(
    charge_point: tuple[ChargePoint, str], caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> tuple[Any, Any]:
        async with connected(charge_point) as socket:
            answer = await call(socket, "DiagnosticsStatusNotification", status="Idle")
            return answer, await beat(socket)

    with caplog.at_level(logging.ERROR):
        answer, after = run(talk())
    assert answer == [4, "1", "InternalError", "internal error, try again later", {}]
    assert after[0] == 3
    assert "ZeroDivisionError" in caplog.text
    assert Site.objects.count() == 1


def test_an_answer_of_ours_that_breaks_the_schema_is_not_sent(
    charge_point: tuple[ChargePoint, str],
) -> None:
    async def talk() -> Any:
        async with connected(charge_point) as socket:
            return await call(socket, "FirmwareStatusNotification", status="Idle")

    assert run(talk())[2] == "InternalError"
    assert Site.objects.count() == 1


def test_calls_sent_without_waiting_are_answered_in_order(
    charge_point: tuple[ChargePoint, str],
) -> None:
    async def talk() -> list[str]:
        async with connected(charge_point) as socket:
            for number, action in enumerate(("DataTransfer", "Heartbeat") * 5):
                payload = {"vendorId": "V"} if action == "DataTransfer" else {}
                await socket.send_json_to([2, str(number), action, payload])
            return [(await socket.receive_json_from(timeout=10))[1] for _ in range(10)]

    assert run(talk()) == [str(number) for number in range(10)]


def test_a_stale_socket_writes_nothing(charge_point: tuple[ChargePoint, str]) -> None:
    """Even where no message about the newer socket arrives, its epoch in the row is enough."""

    async def talk() -> Any:
        async with connected(charge_point) as socket:
            await elsewhere(ChargePoint.objects.update, socket_epoch=99)
            await socket.send_json_to([2, "1", "DataTransfer", {"vendorId": "V"}])
            return await socket.receive_output(timeout=10)

    assert run(talk())["code"] == 4001
    assert not OcppMessage.objects.exists()


def test_a_disabled_station_is_cut_off(charge_point: tuple[ChargePoint, str]) -> None:
    async def talk() -> Any:
        async with connected(charge_point) as socket:
            await elsewhere(ChargePoint.objects.update, enabled=False)
            await socket.send_json_to([2, "1", "DataTransfer", {"vendorId": "V"}])
            return await socket.receive_output(timeout=10)

    assert run(talk())["code"] == 4001


def test_tokens_are_masked_in_the_log(charge_point: tuple[ChargePoint, str]) -> None:
    async def talk() -> None:
        async with connected(charge_point) as socket:
            await call(socket, "DataTransfer", vendorId="V", data="x")
            await call(socket, "StatusNotification", idTag="AABBCC")

    run(talk())
    inbound = OcppMessage.objects.filter(inbound=True).order_by("id")
    assert [row.payload for row in inbound] == [{"vendorId": "V", "data": "x"}, {"idTag": "***"}]


def test_a_refusal_is_logged_with_operator_station_and_reason(
    charge_point: tuple[ChargePoint, str], caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        async with connected(charge_point) as socket:
            await call(socket, "StatusNotification")

    run(talk())
    (record,) = [r for r in caplog.records if r.name == "chargepoints.conversation"]
    assert vars(record)["tenant"] == str(charge_point[0].tenant_id)
    assert vars(record)["charge_point"] == str(charge_point[0].id)
    assert "CP-1" not in str(vars(record))
    assert vars(record)["reason"].endswith("is missing")
