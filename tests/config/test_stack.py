"""The embedded servers as a developer runs them: kept over a crash, one run per checkout."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.devstack.state import AlreadyRunning, local_values, only_run, port_is_free, renew_ports
from tests.config.terminal import GONE_WITHIN_S, Terminal

Start = Callable[[], Terminal]
GIVEN = ("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "DJANGO_SETTINGS_MODULE")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the others have no pidfd")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`manage.py services` on a state folder of its own, as often as wanted."""
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
    environment |= {"LADDBOK_STATE": str(tmp_path / "state"), "LADDBOK_BOOTSTRAP": "off"}
    terminals: list[Terminal] = []

    def run() -> Terminal:
        terminals.append(Terminal([sys.executable, "manage.py", "services"], environment))
        return terminals[-1]

    yield run
    for terminal in terminals:
        terminal.close()


def test_the_servers_survive_a_kill_of_everything_and_stop_cleanly(start: Start) -> None:
    first = start()
    url = first.wait_for("DATABASE_URL='([^']+)'")[1]
    broker_url = first.wait_for("REDIS_URL='([^']+)'")[1]
    assert redis.Redis.from_url(broker_url).ping()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")
    first.watch_children()
    first.process.kill()
    second = start()
    second.wait_for("REDIS_URL")
    assert first.left_of(first.watched) == 0
    with psycopg.connect(url) as connection:
        connection.execute("SELECT * FROM kept")
    second.watch_children()
    second.press_ctrl_c()
    assert second.process.wait(GONE_WITHIN_S) == 0
    assert second.left_of(second.watched) == 0


def test_a_killed_database_is_started_again(start: Start) -> None:
    stack = start()
    url = stack.wait_for("DATABASE_URL='([^']+)'")[1]
    stack.watch_children()
    signal.pidfd_send_signal(stack.watched[0], signal.SIGKILL)
    stack.wait_for(r"PostgreSQL ended with code -9; starting it again\s+PostgreSQL +ready")
    psycopg.connect(url).close()


def test_a_second_run_of_the_same_checkout_is_refused(start: Start) -> None:
    first = start()
    first.wait_for("REDIS_URL")
    second = start()
    second.wait_for(f"already running \\(process {first.process.pid}\\)")
    assert second.process.wait(GONE_WITHIN_S) == 1


def test_the_lock_is_free_again_after_its_holder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LADDBOK_STATE", str(tmp_path))
    with only_run(), pytest.raises(AlreadyRunning, match=str(os.getpid())), only_run():
        pass
    with only_run():
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_secrets_are_made_up_once_and_ports_can_be_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LADDBOK_STATE", str(tmp_path))
    first, second = local_values(), local_values()
    assert first == second
    renewed = renew_ports()
    assert (renewed.secret_key, renewed.database_url) == (first.secret_key, first.database_url)
    assert port_is_free(renewed.valkey_port)
    assert (tmp_path / "local.json").stat().st_mode & 0o077 == 0
