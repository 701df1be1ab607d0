"""What `bench.ocpp` measures, in a process whose environment names the servers."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import uvloop

django.setup()

import orjson  # noqa: E402 - Django has to be set up before its models are imported
import psycopg  # noqa: E402
from django.core.management import call_command  # noqa: E402

from bench.frames import metering_calls, start_call  # noqa: E402
from bench.sockets import Address, Saturator, Socket, Tally, ask, connect  # noqa: E402
from chargepoints.services import register_charge_point  # noqa: E402
from config.devstack.rented import WebProcess  # noqa: E402
from config.devstack.state import free_port  # noqa: E402
from sessions_app.models import MeterSample  # noqa: E402
from tenants.scope import across_tenants, tenant_scope  # noqa: E402
from tests.cast import a_driver, a_site, a_tenant  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
VERSIONS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1"}
# All the stations come from one address, which would be a flood elsewhere.
QUIET = {"LOG_LEVEL": "WARNING", "OCPP_CONNECTS_PER_MINUTE": "1000000"}
NAIVE_SOCKETS = 60
TENANTS = 3
OPENING_AT_ONCE = 20
BEGUN_AT = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Figures:
    """One measurement; processor times in microseconds for each answered call."""

    calls: int
    calls_per_s: float
    app_us: float
    postgres_us: float
    p50_ms: float
    p99_ms: float
    refused: int

    def __str__(self) -> str:
        return (
            f"{self.calls_per_s:>9,.0f} calls/s {self.app_us:>8,.1f} us app"
            f" {self.postgres_us:>8,.1f} us PostgreSQL"
            f"  p50 {self.p50_ms:>7,.1f} ms  p99 {self.p99_ms:>7,.1f} ms  {self.refused} refused"
        )


@dataclass
class Server:
    """A process to measure, and who connects to it."""

    name: str
    pid: int
    addresses: dict[str, list[Address]]
    starts: bool = True


def main() -> None:
    """Measure and print."""
    options = read_options()
    call_command("migrate", verbosity=0)
    stations = register(options.sockets * len(VERSIONS))
    with tempfile.TemporaryDirectory() as name, all_servers(Path(name), stations) as servers:
        servers = [server for server in servers if server.name in options.servers]
        found: dict[tuple[str, str], list[Figures]] = defaultdict(list)
        for round_number in range(1, options.rounds + 1):
            for version in VERSIONS:
                for server in servers:
                    figures = uvloop.run(measure(server, version, options))
                    found[server.name, version].append(figures)
                    print(f"{round_number} {version:5} {server.name:8} {figures}", flush=True)
        summarise(found)
    with across_tenants(reason="the benchmark is over"):
        print(f"{MeterSample.objects.count():,} samples stored")


def summarise(found: dict[tuple[str, str], list[Figures]]) -> None:
    """Ratios within each round, the median of all rounds."""
    for version in VERSIONS:
        ours = found["laddbok", version]
        for name, value in (("app", "app_us"), ("calls/s", "calls_per_s")):
            for other in ("echo", "naive"):
                pairs = zip(found[other, version], ours, strict=False)
                ratios = [getattr(us, value) / getattr(them, value) for them, us in pairs]
                if ratios:
                    ratio = statistics.median(ratios)
                    said = f"{ratio:.2f}" if ratio >= 1 else f"1/{1 / ratio:.1f}"
                    print(f"{version:5} {name:8} laddbok : {other:5} = {said}")
        both = [us.app_us + us.postgres_us for us in ours]
        print(f"{version:5} calls/s per core of app CPU {1e6 / median(ours, 'app_us'):,.0f},")
        print(f"      with PostgreSQL's {1e6 / statistics.median(both):,.0f}")


def median(figures: list[Figures], value: str) -> float:
    """The median of one of the figures."""
    return statistics.median(getattr(each, value) for each in figures)


async def measure(server: Server, version: str, options: argparse.Namespace) -> Figures:
    """Open the sockets, begin a transaction on each, and send as fast or as slow as asked."""
    tally = Tally()
    addresses = server.addresses[version]
    gate = asyncio.Semaphore(OPENING_AT_ONCE)

    async def begin(address: Address) -> tuple[Socket, Iterator[bytes]]:
        async with gate:
            socket = await connect(address, tally)
            number = next(_numbers)
            # A start is known by its content: the same one again would be a repetition.
            begun_at = BEGUN_AT + timedelta(days=number)
            if not server.starts:
                return socket, metering_calls(version, number, begun_at)
            answer = orjson.loads(await ask(socket, start_call(version, number, begun_at)))
            if answer[0] != 3:
                raise RuntimeError(f"{server.name} refused the start: {answer}")
            id_ = answer[2]["transactionId"] if version == "1.6" else f"bench-{number}"
            return socket, metering_calls(version, id_, begun_at)

    async with asyncio.timeout(120):
        pairs = await asyncio.gather(*map(begin, addresses))
    # The first message after a start is not yet of the usual kind.
    for _ in range(2):
        await asyncio.gather(*(ask(socket, next(calls)) for socket, calls in pairs))
    app_before, postgres_before = cpu_s(server.pid), postgres_cpu_s()
    began = time.perf_counter()
    if options.paced:
        await pace(pairs, options)
    else:
        await saturate(pairs, began + options.seconds)
    took_s = time.perf_counter() - began
    app_s, postgres_s = cpu_s(server.pid) - app_before, postgres_cpu_s() - postgres_before
    for socket, _ in pairs:
        socket.close()
    calls, ordered = len(tally.latencies), sorted(tally.latencies)
    return Figures(
        calls,
        calls / took_s,
        app_s * 1e6 / calls,
        postgres_s * 1e6 / calls,
        ordered[calls // 2] * 1e3,
        ordered[calls * 99 // 100] * 1e3,
        tally.refused,
    )


async def saturate(pairs: list[tuple[Socket, Iterator[bytes]]], until: float) -> None:
    """Every socket one call at a time, without a pause."""
    senders = [Saturator(socket, calls) for socket, calls in pairs]
    for sender in senders:
        sender.start(until)
    await asyncio.gather(*(sender.done.wait() for sender in senders))


async def pace(pairs: list[tuple[Socket, Iterator[bytes]]], options: argparse.Namespace) -> None:
    """Calls at a steady rate, from one socket after the other."""
    senders = itertools.cycle([Saturator(socket, calls) for socket, calls in pairs])
    began = time.perf_counter()
    for number in range(int(options.paced * options.seconds)):
        wait_s = began + number / options.paced - time.perf_counter()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        next(senders).start(0.0)
    await asyncio.sleep(1.0)


def register(count: int) -> list[Address]:
    """Stations of several operators, each with a key; a card that may charge."""
    addresses = []
    for tenant_number in range(TENANTS):
        tenant = a_tenant(f"bench-{tenant_number}")
        with tenant_scope(tenant.id):
            a_driver()
            site = a_site()
            for number in range(tenant_number, count, TENANTS):
                name = f"B{number:05d}"
                _, key = register_charge_point(site=site, identity=name)
                addresses.append(Address(0, f"/ocpp/{tenant.slug}/{name}", "", name, key))
    return addresses


@contextmanager
def all_servers(folder: Path, stations: list[Address]) -> Iterator[list[Server]]:
    """The finished server, the naive one and the echo; stopped at the end."""
    web = WebProcess(folder)
    echo_port, naive_port = free_port(), free_port()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "bench.naive.settings"}
    commands = [
        [sys.executable, "-m", "bench.echo", str(echo_port)],
        [
            *(sys.executable, "-m", "uvicorn", "bench.naive.server:application"),
            *("--port", str(naive_port), "--ws", "websockets-sansio", "--loop", "uvloop"),
            *("--ws-per-message-deflate", "false", "--lifespan", "off", "--log-level", "warning"),
        ],
    ]
    children = [subprocess.Popen(command, cwd=ROOT, env=environment) for command in commands]
    try:
        web.start(QUIET)
        for port in (echo_port, naive_port):
            wait_for(port)
        half = len(stations) // len(VERSIONS)
        parts = (stations[:half], stations[half:])
        ours = {
            version: [
                Address(web.port, each.path, subprotocol, each.user, each.key) for each in part
            ]
            for (version, subprotocol), part in zip(VERSIONS.items(), parts, strict=True)
        }
        yield [
            Server("echo", children[0].pid, anonymous(echo_port, half, ""), starts=False),
            Server("naive", children[1].pid, anonymous(naive_port, NAIVE_SOCKETS, "ocpp")),
            Server("laddbok", web.pid, ours),
        ]
    finally:
        web.stop()
        for child in children:
            child.kill()
            child.wait()


def anonymous(port: int, count: int, subprotocol: str) -> dict[str, list[Address]]:
    """Addresses of a server that lets everybody in."""
    return {
        version: [Address(port, f"/S{number:05d}", subprotocol and name) for number in range(count)]
        for version, name in VERSIONS.items()
    }


def wait_for(port: int) -> None:
    """Return when somebody listens there."""

    async def knock() -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    return

    asyncio.run(knock())


def cpu_s(pid: int) -> float:
    """Processor time so far of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def postgres_cpu_s() -> float:
    """Processor time so far of PostgreSQL and its processes, of those that ended as well."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        backend = connection.info.backend_pid
        parent = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1]
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = stat.read_text().partition(" ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = rest.rpartition(")")[2].split()
        if parent in (pid, fields[1]):
            total += sum(map(int, fields[11:13]))
        if parent == pid:
            total += sum(map(int, fields[13:15]))
    return total / TICKS_PER_S


def read_options() -> argparse.Namespace:
    """How much and how long."""
    parser = argparse.ArgumentParser(prog="python -m bench.ocpp")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--sockets", type=int, default=300)
    parser.add_argument("--paced", type=float, default=0.0, help="calls a second, in all")
    parser.add_argument("--servers", default="echo,naive,laddbok", help="which, with commas")
    options = parser.parse_args()
    options.servers = ["laddbok"] if options.paced else options.servers.split(",")
    return options


if __name__ == "__main__":
    main()
