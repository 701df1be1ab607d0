"""Pytest plugin: throwaway PostgreSQL and Valkey for the run, a real worker and web server on ask.

Loaded with `-p` from the settings of pytest, so that the servers are there before Django reads its
settings. With DATABASE_URL and REDIS_URL set it uses those servers instead.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO

import pytest

from config.devstack.children import Child, Program, stop_together
from config.devstack.identity import Identity, choose_identity
from config.devstack.postgres import THROWAWAY, Cluster
from config.devstack.rented import WebProcess, WorkerProcess
from config.devstack.state import free_port, socket_folder
from config.devstack.valkey import Broker
from config.env import with_path

PREFIX = "laddbok-test-"
SERVERS_WITHIN_S = 60.0
STOP_WITHIN_S = 3.0


class Servers:
    """The run's own servers, in a folder that a later run removes if this one cannot."""

    def __init__(self, settings: tuple[str, ...] = THROWAWAY) -> None:
        """`settings` are PostgreSQL's. Nothing is started yet."""
        self._settings = settings
        self._children: list[Child] = []
        self._folder: Path | None = None
        self._lock: IO[str] | None = None
        self._cluster: Cluster | None = None

    def start(self) -> None:
        """Start what the environment does not name, and name it there."""
        wanted = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
        if not wanted:
            return
        folder = self._make_folder()
        programs: list[Program] = []
        if "DATABASE_URL" in wanted:
            self._cluster = _throwaway_cluster(folder, self._settings)
            programs.append(self._cluster.program())
            os.environ["DATABASE_URL"] = self._cluster.url
        if "REDIS_URL" in wanted:
            broker = Broker(free_port(), secrets.token_hex(16), folder / "valkey")
            programs.append(broker.program())
            os.environ["REDIS_URL"] = broker.url
        for program in programs:
            self._children.append(Child(program, folder / f"{program.name}.log"))
        for child in self._children:
            child.wait_until_ready(SERVERS_WITHIN_S)

    def revive(self) -> None:
        """Start again what has ended."""
        for number, child in enumerate(self._children):
            if not child.is_alive:
                self._children[number] = Child(child.program, child.log)

    def stop(self) -> None:
        """End them and delete everything they wrote."""
        stop_together(self._children, STOP_WITHIN_S)
        self._children.clear()
        if self._cluster is not None:
            self._cluster.remove()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()

    def _make_folder(self) -> Path:
        remove_abandoned_folders(Path(tempfile.gettempdir()))
        self._folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = (self._folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self._folder


def remove_abandoned_folders(parent: Path) -> None:
    """Delete the folders of runs that were killed: nobody holds their lock any more."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            with (folder / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def share_broker(worker_id: str) -> None:
    """Give each of several parallel test processes a database of its own on the one broker."""
    number = int(worker_id.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = with_path(os.environ["REDIS_URL"], str(number))
    os.environ["CHANNEL_PREFIX"] = f"laddbok-{worker_id}"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Start the servers first: a wrapper comes before pytest-django, which reads the settings."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    worker_id = os.environ.get("PYTEST_XDIST_WORKER")
    if worker_id is not None:
        share_broker(worker_id)
    elif not _only_asks(early_config):
        servers = Servers()
        early_config.add_cleanup(servers.stop)
        servers.start()
    return (yield)


@pytest.fixture(scope="session")
def worker(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkerProcess]:
    """A real Celery worker on the test database, not started yet; it outlives single tests.

    Its rows must be committed: use it with `django_db(transaction=True)`.
    """
    process = WorkerProcess(tmp_path_factory.mktemp("worker"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebProcess]:
    """A real ASGI server on a free port and the test database, not started yet."""
    process = WebProcess(tmp_path_factory.mktemp("web"))
    yield process
    process.stop()


def _throwaway_cluster(folder: Path, settings: tuple[str, ...]) -> Cluster:
    identity = choose_identity()
    if identity is Identity.NOBODY:
        folder.chmod(0o711)  # to be passed through, not looked into
    home = folder / "postgres"
    return Cluster(
        folder=home,
        sockets=socket_folder(home),
        password=secrets.token_hex(16),
        identity=identity,
        settings=settings,
    )


def _only_asks(config: pytest.Config) -> bool:
    options = config.known_args_namespace
    return bool(options.help or options.version)
