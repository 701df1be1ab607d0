"""Several processes hold sockets; which one is anybody's guess, and one may be killed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from chargepoints.models import ChargePoint, Command
from chargepoints.services import queue_command
from config.devstack.rented import WebProcess
from tests.chargepoints.conftest import Registered, elsewhere


@pytest.fixture
def other_web(volt: Registered, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebProcess]:
    """A second server of the same platform."""
    process = WebProcess(tmp_path_factory.mktemp("other_web"))
    process.start()
    yield process
    process.stop()


def test_a_command_reaches_the_process_that_took_over(
    volt: Registered, other_web: WebProcess
) -> None:
    there = volt.url.replace(volt.url[: volt.url.index("/ocpp")], other_web.websocket_url)

    async def talk() -> str:
        async with volt.connect() as old:
            await old.call("Heartbeat", {})
            old.fall_silent()
            async with volt.connect(url=there) as new:
                await elsewhere(
                    queue_command,
                    charge_point=volt.charge_point,
                    action="ClearCache",
                    payload={},
                    requested_by="anna",
                )
                await new.recv_call("ClearCache")
                return (await elsewhere(Command.objects.get)).state

    assert asyncio.run(talk()) == Command.State.SENT


def test_a_killed_process_does_not_keep_its_stations(
    volt: Registered, other_web: WebProcess
) -> None:
    there = volt.url.replace(volt.url[: volt.url.index("/ocpp")], other_web.websocket_url)

    async def talk() -> bool:
        async with volt.connect(url=there) as old:
            await old.call("Heartbeat", {})
            other_web.kill()
            async with volt.connect() as new:
                return "currentTime" in await new.call("Heartbeat", {})

    assert asyncio.run(talk())
    assert ChargePoint.objects.get().socket_epoch == 2
