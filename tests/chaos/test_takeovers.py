"""Random take-overs over two processes leave no stale socket; LADDBOK_TAKEOVERS says how many."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chargepoints.services import register_charge_point
from config.devstack.rented import WebProcess
from tenants.scope import tenant_scope
from tests.cast import a_site, a_tenant
from tests.chargepoints.conftest import forget_knocks, wait_for_release
from tests.station import Station, open_station

TAKEOVERS = int(os.environ.get("LADDBOK_TAKEOVERS", "30"))
STATIONS = max(3, min(40, TAKEOVERS // 10))
ENVIRONMENT = {"OCPP_PING_WITHIN_MS": "1000", "OCPP_CONNECTS_PER_MINUTE": "1000000"}
CLOSED_WITHIN_S = 15
# The machine may be busy with other things.
PATIENCE_S = 60


@dataclass
class Tally:
    """What was seen."""

    taken_over: int = 0
    refused: int = 0
    opened: list[Station] = field(default_factory=list)


@dataclass
class Fleet:
    """One station's id and key, the addresses of both processes, and all its sockets so far."""

    identity: str
    key: str
    bases: tuple[str, ...]
    dice: random.Random
    tally: Tally = field(default_factory=Tally)

    async def connect(self) -> Station | None:
        url = f"{self.dice.choice(self.bases)}/ocpp/volt/{self.identity}"
        try:
            station = await open_station(url, self.key, open_timeout=PATIENCE_S)
        except InvalidStatus as refusal:
            if refusal.response.status_code != 409:
                raise
            self.tally.refused += 1
            return None
        self.tally.opened.append(station)
        return station

    async def run(self, rounds: int) -> None:
        """Take over in one of four ways, `rounds` times."""
        live = await self.connect()
        for _ in range(rounds):
            assert live is not None
            way = self.dice.randrange(4)
            if way == 0:
                live.fall_silent()
            elif way == 1:
                await live.cut()
            elif way == 2:
                await live.socket.close()
            else:
                live.fall_silent()
                rivals = await asyncio.gather(self.connect(), self.connect())
                live = await self._the_one(rivals)
                self.tally.taken_over += 1
                continue
            live = await self.connect() or await self._start_afresh()
            self.tally.taken_over += 1

    async def _start_afresh(self) -> Station:
        """On a loaded machine the rival may have won after all: end them all and come back."""
        for station in self.tally.opened:
            if station.socket.close_code is None:
                await station.cut()
        station = await self.connect()
        assert station is not None
        return station

    async def _the_one(self, rivals: list[Station | None]) -> Station:
        """Of two that came at once, the one that is in."""
        for station in reversed(rivals):
            if station is not None:
                with suppress(ConnectionClosed):
                    await station.call("Heartbeat", {})
                    return station
        raise AssertionError("neither got in")

    async def open_sockets(self) -> list[ClientConnection]:
        """Those of all its sockets that do not learn in time that they are over."""
        sockets = [station.socket for station in self.tally.opened]
        for socket in sockets:
            with suppress(RuntimeError):
                socket.transport.resume_reading()
        give_up_at = time.monotonic() + CLOSED_WITHIN_S
        while time.monotonic() < give_up_at:
            left = [socket for socket in sockets if socket.close_code is None]
            if len(left) <= 1:
                break
            ends = [asyncio.ensure_future(socket.wait_closed()) for socket in left]
            await asyncio.wait(ends, timeout=1, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
        return [socket for socket in sockets if socket.close_code is None]


@pytest.fixture
def two_processes(
    transactional_db: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Two servers of the same platform."""
    forget_knocks()
    processes = [WebProcess(tmp_path_factory.mktemp(f"web{n}")) for n in (1, 2)]
    for process in processes:
        process.start(ENVIRONMENT)
    yield processes[0].websocket_url, processes[1].websocket_url
    wait_for_release()
    for process in processes:
        process.stop()


def test_random_takeovers_leave_no_stale_socket(two_processes: tuple[str, str]) -> None:
    dice = random.Random(7)
    with tenant_scope(a_tenant().id):
        site = a_site()
        keys = {
            f"CP-{n}": register_charge_point(site=site, identity=f"CP-{n}")[1]
            for n in range(STATIONS)
        }
    fleets = [
        Fleet(identity, key, two_processes, random.Random(dice.random()))
        for identity, key in keys.items()
    ]

    async def campaign() -> list[int]:
        await asyncio.gather(*(fleet.run(-(-TAKEOVERS // STATIONS)) for fleet in fleets))
        left = await asyncio.gather(*(fleet.open_sockets() for fleet in fleets))
        for sockets in left:
            for socket in sockets:
                await socket.close()
        return [len(sockets) for sockets in left]

    began = time.monotonic()
    assert asyncio.run(campaign()) == [1] * STATIONS
    done = sum(fleet.tally.taken_over for fleet in fleets)
    refused = sum(fleet.tally.refused for fleet in fleets)
    assert done >= TAKEOVERS
    print(f"{done} take-overs, {refused} refused, 0 stale, {time.monotonic() - began:.0f} s")  # noqa: T201
