"""Whatever ends the supervisor, nothing it started is left behind."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.devstack.children import Child, ChildFailed, Program
from config.devstack.reporter import Reporter
from config.devstack.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
GONE_WITHIN_S = 5.0


class SmallStack:
    """`small_stack.py` in a terminal of its own."""

    def __init__(self, logs: Path) -> None:
        self.terminal, inner = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("small_stack.py")), str(logs)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            preexec_fn=lambda: os.login_tty(0),
        )
        os.close(inner)
        found = re.search(r"pids ([\d ]+)\r", self.read_until("pids [^\r]+\r"))
        assert found is not None
        self.children = [os.pidfd_open(int(pid)) for pid in found[1].split()]

    def read_until(self, pattern: str) -> str:
        said = ""
        until = time.monotonic() + 20
        while not re.search(pattern, said) and time.monotonic() < until:
            if select.select([self.terminal], [], [], 0.5)[0]:
                said += os.read(self.terminal, 1000).decode()
        return said

    def press_ctrl_c(self) -> None:
        os.write(self.terminal, b"\x03")

    def children_left(self, of: int = 3) -> int:
        """How many of the first so many live on after the time they have to end."""
        until = time.monotonic() + GONE_WITHIN_S
        left = set(self.children[:of])
        while left and time.monotonic() < until:
            ended, _, _ = select.select(left, [], [], until - time.monotonic())
            left -= set(ended)
        return len(left)

    def close(self) -> None:
        for descriptor in (*self.children, self.terminal):
            if descriptor >= 0:
                os.close(descriptor)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    small = SmallStack(tmp_path)
    yield small
    small.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_cleanly(stack: SmallStack, number: signal.Signals) -> None:
    stack.process.send_signal(number)
    assert stack.process.wait(GONE_WITHIN_S) == 0
    assert stack.children_left() == 0


def test_ctrl_c_pressed_twice_still_ends_everything_cleanly(stack: SmallStack) -> None:
    stack.press_ctrl_c()
    stack.read_until("stopping")
    stack.press_ctrl_c()
    assert stack.process.wait(GONE_WITHIN_S) == 0
    assert stack.children_left() == 0


def test_a_closed_terminal_ends_everything(stack: SmallStack) -> None:
    os.close(stack.terminal)
    stack.terminal = -1
    stack.process.wait(GONE_WITHIN_S)
    assert stack.children_left() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
def test_a_killed_supervisor_takes_its_children_along(stack: SmallStack) -> None:
    stack.process.kill()
    assert stack.children_left(of=2) == 0
    signal.pidfd_send_signal(stack.children[2], signal.SIGKILL)  # the one that is deaf to SIGTERM


def program(code: str, **options: object) -> Program:
    return Program("dummy", [sys.executable, "-c", code], **options)  # type: ignore[arg-type]


def test_a_program_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    child = Child(program("raise SystemExit('no room')", ready=lambda: False), tmp_path / "log")
    with pytest.raises(ChildFailed, match=r"(?s)dummy ended with code 1.*no room"):
        child.wait_until_ready(10)


def test_a_program_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    child = Child(program("input()", ready=lambda: False), tmp_path / "log")
    child.process.wait(10)
    child = Child(program("import signal; signal.pause()", ready=lambda: False), tmp_path / "log")
    with pytest.raises(ChildFailed, match="was not ready after 0 s"):
        child.wait_until_ready(0.1)
    child.kill()


def test_what_a_program_is_told_by_standard_input_is_not_in_its_command(tmp_path: Path) -> None:
    child = Child(program("print(input())", standard_input=b"secret"), tmp_path / "log")
    assert child.wait_until_ended(10)
    assert child.last_lines().strip() == "secret"


def test_a_program_that_ends_is_started_again_three_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Supervisor(Reporter(sys.stdout), tmp_path) as supervisor:
        supervisor.start_group([program("raise SystemExit(3)")], within_s=10)
        with pytest.raises(ChildFailed, match="dummy ended 4 times"):
            supervisor.watch()
    assert capsys.readouterr().out.count("ended with code 3; starting it again") == 3


def test_a_start_that_fails_for_a_passing_reason_is_repeated(tmp_path: Path) -> None:
    flag = tmp_path / "second time"
    code = (
        f"from pathlib import Path; p = Path({str(flag)!r}); import signal\n"
        "if p.exists(): signal.pause()\np.touch(); raise SystemExit('lock file exists')"
    )
    log = tmp_path / "dummy.log"
    with Supervisor(Reporter(sys.stdout), tmp_path) as supervisor:
        retried = program(
            code, ready=lambda: flag.exists() and "exists" in log.read_text(), start_again_on="lock"
        )
        supervisor.start_group([retried], within_s=10)
        assert len(supervisor.process_ids()) == 1
