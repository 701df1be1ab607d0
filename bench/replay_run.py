"""What `bench.replay` measures, in a process whose environment names the servers."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import django

django.setup()

import orjson  # noqa: E402 - Django has to be set up before its models are imported
from django.core.management import call_command  # noqa: E402
from django.db.models import Count, Sum  # noqa: E402
from websockets.asyncio.client import connect  # noqa: E402

from billing.models import Charge  # noqa: E402
from billing.selectors import ledger_faults  # noqa: E402
from config.devstack.rented import WebProcess, WorkerProcess  # noqa: E402
from config.devstack.simulator.framelog import read_frames, sent_calls  # noqa: E402
from config.devstack.simulator.plan import Summary  # noqa: E402
from config.devstack.simulator.runner import run  # noqa: E402
from config.devstack.state import free_port  # noqa: E402
from config.devstack.stripe_stand_in import StandIn  # noqa: E402
from sessions_app.models import ChargingSession  # noqa: E402
from tenants.scope import tenant_scope  # noqa: E402
from tests.journeys.acn import Replay, plan_acn  # noqa: E402
from tests.journeys.stage import Operator, Platform, Prices, eventually  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
Frames = dict[str, list[str]]


@dataclass(frozen=True)
class Figures:
    """Calls, how long they took (s), and what they cost the server (s of processor time)."""

    calls: int
    took_s: float
    cpu_s: float

    @property
    def calls_per_s(self) -> float:
        """The rate."""
        return self.calls / self.took_s

    @property
    def cpu_us(self) -> float:
        """The cost of one call in microseconds."""
        return self.cpu_s * 1e6 / self.calls

    def __str__(self) -> str:
        return f"{self.calls_per_s:>9,.0f} calls/s {self.cpu_us:>9,.0f} us of server CPU a call"


def main() -> None:
    """Measure and print."""
    options = read_options()
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as name, platform(Path(name)) as running:
        operator = Operator(running, "volt", Prices())
        log = Path(name) / "frames.jsonl"
        replay = plan_acn(operator, options.data / "data", options.sessions, log_path=log)
        replay = Replay(replay.real, replace(replay.plan, sample_interval_s=options.interval))
        with tenant_scope(operator.tenant.id):
            measure(replay, log)


def measure(replay: Replay, log: Path) -> None:
    """Replay, wait for the last charge, and compare with the floor."""
    sessions = len(replay.real)
    web_before_s, worker_before_s = cpu_s("config.serve"), cpu_s("celery")
    began = time.monotonic()
    summary = run(replay.plan)
    ours = Figures(summary.calls, summary.took_s, cpu_s("config.serve") - web_before_s)
    eventually(lambda: judged() == sessions, within_s=600)
    took_s, worker_s = time.monotonic() - began, cpu_s("celery") - worker_before_s
    print(f"{sessions} sessions, {summary.calls} calls, every one charged after {took_s:.1f} s")
    print(
        f"{sessions / took_s:>9.1f} sessions/s, {worker_s * 1000 / sessions:.0f} ms of worker CPU"
    )
    judge(replay, summary)
    floor = echo_figures(frames_of(log))
    print(f"platform {ours}")
    print(f"floor    {floor}")
    print(
        f"ratio    {floor.calls_per_s / ours.calls_per_s:>9.1f} x slower"
        f"  {ours.cpu_us / floor.cpu_us:>9.1f} x the CPU of a bare echo of the same frames"
    )


def judge(replay: Replay, summary: Summary) -> None:
    """Say whether the platform counted what the file says."""
    rows = ChargingSession.objects.values_list("started_at", "ended_at", "energy_wh")
    real = sorted((each.arrival_at, each.departure_at, each.energy_wh) for each in replay.real)
    gates = dict(ChargingSession.objects.values_list("gate").annotate(Count("id")))
    total_wh = Charge.objects.aggregate(total=Sum("energy_wh"))["total"]
    outcomes = dict(Counter(each.outcome for each in summary.results))
    print(f"energy as in the file: {sorted(rows) == real}; charged {total_wh} Wh")
    print(f"outcomes {outcomes}, gates {gates}, errors {summary.errors[:3]}")
    print(f"faults in the books: {ledger_faults()}")


def judged() -> int:
    """How many sessions are held or charged."""
    held = ChargingSession.objects.filter(gate=ChargingSession.Gate.HELD).count()
    return held + Charge.objects.count()


@contextmanager
def platform(folder: Path) -> Iterator[Platform]:
    """Web server and worker; nobody here has a card, so Stripe is not called."""
    web, worker = WebProcess(folder / "web"), WorkerProcess(folder / "worker")
    for part in ("web", "worker"):
        (folder / part).mkdir()
    quiet = {"LOG_LEVEL": "WARNING"}
    try:
        web.start(quiet)
        worker.start(quiet)
        with StandIn() as stripe:
            yield Platform(web, worker, stripe)
    finally:
        worker.stop()
        web.stop()


def frames_of(log: Path) -> Frames:
    """The calls each station made, as texts in order."""
    frames: Frames = defaultdict(list)
    for frame in sent_calls(read_frames(log)):
        frames[frame.station].append(orjson.dumps(frame.message).decode())
    return frames


def echo_figures(frames: Frames) -> Figures:
    """The same frames, one at a time on each station's connection, to a server that echoes."""
    port = free_port()
    command = [sys.executable, "-m", "bench.echo", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as server:
        try:
            asyncio.run(send_all({"warm-up": ["[]"]}, port))
            before_s, began = cpu_s("bench.echo"), time.monotonic()
            asyncio.run(send_all(frames, port))
            took_s = time.monotonic() - began
            calls = sum(map(len, frames.values()))
            return Figures(calls, took_s, cpu_s("bench.echo") - before_s)
        finally:
            server.kill()


async def send_all(frames: Frames, port: int) -> None:
    """All stations at once, once the server is there."""
    await asyncio.gather(*(send(texts, port) for texts in frames.values()))


async def send(texts: list[str], port: int) -> None:
    """One station: each frame when the one before has come back."""
    async for socket in connect(f"ws://127.0.0.1:{port}", compression=None, proxy=None):
        for text in texts:
            await socket.send(text)
            await socket.recv()
        await socket.close()
        return


def cpu_s(word: str) -> float:
    """Processor time so far of our child whose command line has the word in it."""
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            if word in Path(f"/proc/{pid}/cmdline").read_text():
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    raise LookupError(word)


def read_options() -> argparse.Namespace:
    """How many sessions, how far apart the samples, and where the file is."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay")
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--interval", type=int, default=900, help="seconds between samples")
    shared = os.environ.get("LADDBOK_SHARED", ROOT.parent / "shared")
    parser.add_argument("--data", type=Path, default=Path(shared), help="the shared folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
