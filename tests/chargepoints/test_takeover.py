"""There is one live socket per station, and nobody takes it from a station that answers."""

from __future__ import annotations

import asyncio
import socket as sockets
import struct
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus

from chargepoints.models import ChargePoint, DoorRecord
from config.devstack.rented import WebProcess
from outbox.models import Event
from tests.chargepoints.conftest import Registered, elsewhere
from tests.station import OcppError, Station

HEARTBEAT: dict[str, str] = {}


async def refused(volt: Registered, url: str = "") -> tuple[int, str | None]:
    with pytest.raises(InvalidStatus) as caught:
        async with volt.connect(url=url or volt.url):
            pass
    return caught.value.response.status_code, caught.value.response.headers.get("Retry-After")


async def lives(station: Station) -> bool:
    return not isinstance(await station.call("Heartbeat", HEARTBEAT), OcppError)


@pytest.fixture
def elsewhere_url(volt: Registered, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The station's address at a second server of the same platform."""
    process = WebProcess(tmp_path_factory.mktemp("other_web"))
    process.start()
    yield process.websocket_url + volt.url[volt.url.index("/ocpp") :]
    process.stop()


def test_a_thief_with_the_right_key_is_refused_while_the_station_answers(volt: Registered) -> None:
    async def talk() -> tuple[tuple[int, str | None], bool]:
        async with volt.connect() as station:
            answer = await refused(volt)
            return answer, await lives(station)

    assert asyncio.run(talk()) == ((409, "10"), True)
    assert ChargePoint.objects.get().socket_epoch == 1


def test_a_refused_second_connection_is_told_once_a_minute(volt: Registered) -> None:
    async def talk() -> None:
        async with volt.connect():
            for _ in range(3):
                await refused(volt)

    asyncio.run(talk())
    (record,) = DoorRecord.objects.filter(kind=DoorRecord.Kind.SECOND_REFUSED)
    assert record.address == "127.0.0.1"
    (event,) = Event.objects.filter(type="charge_point.second_connection_refused")
    assert event.payload["charge_point_id"] == str(volt.charge_point.pk)


def test_a_station_whose_old_connection_is_half_open_gets_in(volt: Registered) -> None:
    async def talk() -> tuple[bool, int]:
        async with volt.connect() as old:
            await lives(old)
            old.fall_silent()
            async with volt.connect() as new:
                return await lives(new), (await elsewhere(ChargePoint.objects.get)).socket_epoch

    assert asyncio.run(talk()) == (True, 2)


def test_a_station_that_resets_its_connection_gets_in(volt: Registered) -> None:
    async def talk() -> bool:
        async with volt.connect() as old:
            raw: sockets.socket = old.socket.transport.get_extra_info("socket")
            raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
            await old.cut()
            async with volt.connect() as new:
                return await lives(new)

    assert asyncio.run(talk())


def test_a_station_busy_with_its_own_question_still_counts_as_there(volt: Registered) -> None:
    """A command without an answer says nothing: some stations know few and stay silent."""

    async def talk() -> tuple[int, str | None]:
        async with volt.connect() as station:
            for number in range(8):
                await station.send([2, str(number), "Heartbeat", {}])
            return await refused(volt)

    assert asyncio.run(talk())[0] == 409


def test_of_many_connections_at_once_one_remains(volt: Registered) -> None:
    async def knock() -> str:
        try:
            async with volt.connect() as station:
                await all_answered.wait()
                return "in" if await lives(station) else "dead"
        except InvalidStatus as refusal:
            return str(refusal.response.status_code)

    all_answered = asyncio.Event()

    async def rush() -> list[str]:
        knocks = [asyncio.ensure_future(knock()) for _ in range(8)]
        while sum(k.done() for k in knocks) < 7:
            await asyncio.wait(
                [k for k in knocks if not k.done()], return_when=asyncio.FIRST_COMPLETED
            )
        all_answered.set()
        return sorted(await asyncio.gather(*knocks))

    assert asyncio.run(rush()) == ["409"] * 7 + ["in"]
    assert ChargePoint.objects.get().socket_epoch == 1


def test_a_thief_at_another_process_is_refused(volt: Registered, elsewhere_url: str) -> None:
    async def talk() -> tuple[int, bool]:
        async with volt.connect() as station:
            status, _ = await refused(volt, elsewhere_url)
            return status, await lives(station)

    assert asyncio.run(talk()) == (409, True)


def test_a_half_open_connection_at_another_process_is_taken_over(
    volt: Registered, elsewhere_url: str
) -> None:
    async def talk() -> tuple[bool, int]:
        async with volt.connect() as old:
            await lives(old)
            old.fall_silent()
            async with volt.connect(url=elsewhere_url) as new:
                return await lives(new), (await elsewhere(ChargePoint.objects.get)).socket_epoch

    assert asyncio.run(talk()) == (True, 2)
