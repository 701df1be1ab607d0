"""The platform's processes as tests use them: start, stop, and kill without warning."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from django.db import connection

from config.devstack.children import Child, Program
from config.devstack.programs import web_program, worker_program
from config.devstack.state import free_port
from config.env import with_path

READY_WITHIN_S = 60.0


class RentedProcess:
    """One process of the platform on the test database and the test broker."""

    def __init__(self, folder: Path) -> None:
        """Logs go to `folder`; nothing is started yet."""
        self._folder = folder
        self._child: Child | None = None
        self._log_from = 0
        self._environment: dict[str, str] = {}

    @property
    def is_running(self) -> bool:
        """Whether it was started and lives."""
        return self._child is not None and self._child.is_alive

    @property
    def pid(self) -> int:
        """Its process id; raises `LookupError` when it was never started."""
        if self._child is None:
            raise LookupError("not started")
        return self._child.process.pid

    @property
    def log(self) -> str:
        """What it has written since it was last started."""
        path = self._log_path()
        written = path.read_bytes() if path.exists() else b""
        return written[self._log_from :].decode()

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it unless it runs with this environment, and return when it does its work.

        Raises `ChildFailed`.
        """
        wanted = dict(environment or {})
        if self.is_running and wanted == self._environment:
            return
        self.stop()
        self._environment = wanted
        program = self._program({**child_environment(), **wanted})
        self._log_from = self._log_path().stat().st_size if self._log_path().exists() else 0
        self._child = Child(program, self._log_path())
        self._child.wait_until_ready(READY_WITHIN_S)

    def kill(self) -> None:
        """End it at once, as a power cut would (SIGKILL)."""
        if self._child is not None:
            self._child.kill()

    def pause(self) -> None:
        """Freeze it where it stands (SIGSTOP)."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self.signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it cleanly, if it runs."""
        if self._child is not None:
            self.signal(signal.SIGCONT)
            self._child.stop()
            self._child = None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self._child is not None and self._child.is_alive:
            self._child.process.send_signal(number)

    def _log_path(self) -> Path:
        return self._folder / "process.log"

    def _program(self, environment: Mapping[str, str]) -> Program:
        raise NotImplementedError


class WorkerProcess(RentedProcess):
    """A Celery worker on all queues."""

    name = f"test-{os.getpid()}@localhost"

    def _program(self, environment: Mapping[str, str]) -> Program:
        return worker_program(self.name, environment)


class WebProcess(RentedProcess):
    """An ASGI server."""

    def __init__(self, folder: Path) -> None:
        """Takes a free port and keeps it over restarts."""
        super().__init__(folder)
        self.port = free_port()

    @property
    def url(self) -> str:
        """`http://host:port`, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket_url(self) -> str:
        """`ws://host:port`, without a slash at the end."""
        return f"ws://127.0.0.1:{self.port}"

    def _program(self, environment: Mapping[str, str]) -> Program:
        return web_program("127.0.0.1", self.port, environment)


def child_environment() -> dict[str, str]:
    """What a child needs to work on the database and broker of this very test process."""
    name = str(connection.settings_dict["NAME"])
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": with_path(os.environ["DATABASE_URL"], name),
        "LOG_LEVEL": "INFO",
    }
