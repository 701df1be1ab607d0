"""What `bench.kills` does, in a process whose environment names the servers."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import django
import uvloop

django.setup()

import orjson  # noqa: E402 - Django has to be set up before its models are imported
import psycopg  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Count  # noqa: E402

from bench.frames import metering_calls, start_call  # noqa: E402
from bench.ocpp_run import BEGUN_AT, QUIET, VERSIONS, register  # noqa: E402
from bench.sockets import Address, Socket, Tally, ask, connect  # noqa: E402
from config.devstack.rented import WebProcess  # noqa: E402
from sessions_app.models import ChargingSession, MeterSample  # noqa: E402
from tenants.scope import across_tenants  # noqa: E402

RETRY_S = 0.3
LOST = (ConnectionError, TimeoutError, OSError)


@dataclass
class Reporter:
    """A station that sends each call until it is answered."""

    number: int
    version: str
    address: Address
    reference: str = ""
    sent: set[datetime] = field(default_factory=set)
    answered: set[datetime] = field(default_factory=set)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, stop: asyncio.Event) -> None:
        """Begin a transaction and report until told to stop."""
        socket = await self._connect()
        answer = await ask(socket, start_call(self.version, self.number, BEGUN_AT))
        started = orjson.loads(answer)[2]
        id_ = started["transactionId"] if self.version == "1.6" else f"bench-{self.number}"
        self.reference = str(id_)
        calls = metering_calls(self.version, id_, BEGUN_AT)
        while not stop.is_set():
            socket = await self._report(socket, next(calls))
        socket.close()

    async def _report(self, socket: Socket, call: bytes) -> Socket:
        at = reading_at(call)
        self.sent.add(at)
        while True:
            try:
                answer = await ask(socket, call)
            except LOST:
                socket.close()
                socket = await self._connect()
                continue
            if not answer.startswith(b"[3"):
                raise RuntimeError(f"refused: {answer!r}")
            self.answered.add(at)
            self.heard.set()
            return socket

    async def _connect(self) -> Socket:
        while True:
            try:
                async with asyncio.timeout(10):
                    return await connect(self.address, Tally())
            except LOST:
                await asyncio.sleep(RETRY_S * random.uniform(0.5, 1.5))


def main() -> int:
    """Report, kill, compare."""
    options = read_options()
    random.seed(options.seed)
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        web = WebProcess(Path(folder))
        web.start(QUIET)
        try:
            stations = list(reporters(options.sockets, web.port))
            uvloop.run(suffer(stations, web, options.kills))
        finally:
            web.stop()
    # Ours has died with PostgreSQL.
    connection.close()
    return judge(stations)


async def suffer(stations: list[Reporter], web: WebProcess, kills: int) -> None:
    """Let them report while things break; then a calm moment, and the end."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for station in stations:
            tasks.create_task(station.run(stop))
        for number in range(1, kills + 1):
            # Everything is back, and works, before it is killed again.
            await all_answered(stations)
            await asyncio.sleep(random.uniform(0.5, 2.0))
            victim = random.choice(("web server", "PostgreSQL"))
            if victim == "web server":
                web.kill()
                await asyncio.to_thread(web.start, QUIET)
            else:
                stop_postgres()
            answered = sum(len(station.answered) for station in stations)
            print(f"{number}: {victim} killed, {answered} answered so far", flush=True)
        await all_answered(stations)
        stop.set()


async def all_answered(stations: list[Reporter]) -> None:
    """Return when every station has had an answer since the call."""
    for station in stations:
        station.heard.clear()
    for station in stations:
        await station.heard.wait()


def judge(stations: list[Reporter]) -> int:
    """Say what is missing, what is too much, and whether the sessions' own counts are right."""
    missing = unasked = miscounted = answered = 0
    with across_tenants(reason="a benchmark counts"):
        for station in stations:
            session = ChargingSession.objects.get(
                charge_point__identity=station.address.user, transaction_ref=station.reference
            )
            samples = MeterSample.objects.filter(session=session)
            stored = set(samples.values_list("at", flat=True))
            answered += len(station.answered)
            missing += len(station.answered - stored)
            unasked += len(stored - station.sent)
            rows = samples.aggregate(rows=Count("seq"), numbers=Count("seq", distinct=True))
            counts = {session.sample_count, session.last_seq, rows["rows"], rows["numbers"]}
            miscounted += len(counts) != 1
    print(
        f"{answered} answered: {missing} missing, {unasked} never sent, "
        f"{miscounted} of {len(stations)} sessions counted wrong"
    )
    return int(bool(missing or unasked or miscounted))


def reporters(count: int, port: int) -> Iterator[Reporter]:
    """Half of them of each OCPP version."""
    names = list(VERSIONS.items())
    for number, each in enumerate(register(count)):
        version, subprotocol = names[number % len(names)]
        address = Address(port, each.path, subprotocol, each.user, each.key)
        yield Reporter(number, version, address)


def reading_at(call: bytes) -> datetime:
    """The time of a metering call's only reading."""
    payload = orjson.loads(call)[3]
    return datetime.fromisoformat(payload["meterValue"][0]["timestamp"])


def stop_postgres() -> None:
    """An immediate stop: no checkpoint, no goodbye."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as visitor:
        backend = visitor.info.backend_pid
        stat = Path(f"/proc/{backend}/stat").read_text()
    os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGQUIT)


def read_options() -> argparse.Namespace:
    """How often and with how many."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills")
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--sockets", type=int, default=40)
    parser.add_argument("--seed", type=int, default=None)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
