"""The command lines of the platform's own processes, for the stack and for the tests alike."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from kombu.exceptions import OperationalError

from config.celery import QUEUES, app
from config.devstack.children import Program
from config.devstack.state import ROOT

PROBE_TIMEOUT_S = 2.0
PING_TIMEOUT_S = 0.3
WORKER_THREADS = 4
WEBHOOK_PATH = "/webhooks/stripe/"

# Loopback is never reached through a proxy, whatever the environment says.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def web_program(host: str, port: int, environment: Mapping[str, str] | None = None) -> Program:
    """The ASGI server: pages, API and charge points' sockets."""
    return Program(
        name="web",
        command=[
            *(sys.executable, "-m", "config.serve"),
            *("--host", host, "--port", str(port)),
        ],
        environment=environment or {},
        folder=ROOT,
        ready=lambda: _answers_ok(f"http://127.0.0.1:{port}/readyz"),
    )


def worker_program(name: str, environment: Mapping[str, str] | None = None) -> Program:
    """A Celery worker on all queues; threads start and stop faster than processes."""
    return Program(
        name="worker",
        command=[
            *(sys.executable, "-m", "celery", "--app", "config.worker", "worker"),
            *("--pool", "threads", "--concurrency", str(WORKER_THREADS)),
            *("--queues", ",".join(QUEUES), "--hostname", name, "--loglevel", "info"),
            *("--without-mingle", "--without-gossip", "--without-heartbeat"),
        ],
        environment=environment or {},
        folder=ROOT,
        ready=lambda: worker_answers(name),
    )


def beat_program(folder: Path, environment: Mapping[str, str] | None = None) -> Program:
    """Celery's clock; its notes live in `folder`. It only guards what bells do at once."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("schedule*"):
        old.unlink()
    return Program(
        name="beat",
        command=[
            *(sys.executable, "-m", "celery", "--app", "config.celery", "beat"),
            *("--schedule", str(folder / "schedule"), "--pidfile=", "--loglevel", "info"),
        ],
        environment=environment or {},
        folder=ROOT,
    )


def stripe_program(port: int, webhook_url: str, webhook_secret: str, state_file: Path) -> Program:
    """The Stripe stand-in on loopback; like the database, it remembers over restarts."""
    return Program(
        name="Stripe stand-in",
        command=[
            *(sys.executable, "-m", "config.devstack.stripe_stand_in", "--port", str(port)),
            *("--webhook-url", webhook_url, "--webhook-secret", webhook_secret),
            *("--state-file", str(state_file)),
        ],
        folder=ROOT,
        ready=lambda: _answers(f"http://127.0.0.1:{port}/"),
    )


def worker_answers(name: str) -> bool:
    """Whether the worker of this name takes commands over the broker."""
    try:
        replies = app.control.ping(destination=[name], timeout=PING_TIMEOUT_S, limit=1)
    except OperationalError:
        return False
    return bool(replies)


def _answers(url: str) -> bool:
    """Whether a server answers there, with whatever status."""
    try:
        with _direct.open(url, timeout=PROBE_TIMEOUT_S):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _answers_ok(url: str) -> bool:
    try:
        with _direct.open(url, timeout=PROBE_TIMEOUT_S):
            return True
    except OSError:  # urllib's errors for wrong statuses and broken connections are among these
        return False
