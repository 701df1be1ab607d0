"""Whatever ends the supervisor, nothing it started is left behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.devstack.children import Child, ChildFailed, Program
from config.devstack.reporter import Reporter
from config.devstack.supervisor import Supervisor
from tests.config.terminal import GONE_WITHIN_S, ROOT, Terminal

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the others have no pidfd")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Terminal]:
    """`small_stack.py`; what is watched are its three dummies, the last one deaf to SIGTERM."""
    script = str(Path(__file__).with_name("small_stack.py"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    terminal = Terminal([sys.executable, script, str(tmp_path)], environment)
    pids = terminal.wait_for(r"pids ([\d ]+)\r")[1]
    terminal.watch(int(pid) for pid in pids.split())
    yield terminal
    terminal.close()


@linux_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_cleanly(stack: Terminal, number: signal.Signals) -> None:
    stack.process.send_signal(number)
    assert stack.process.wait(GONE_WITHIN_S) == 0
    assert stack.left_of(stack.watched) == 0


@linux_only
def test_ctrl_c_pressed_twice_still_ends_everything_cleanly(stack: Terminal) -> None:
    stack.press_ctrl_c()
    stack.wait_for("stopping")
    stack.press_ctrl_c()
    assert stack.process.wait(GONE_WITHIN_S) == 0
    assert stack.left_of(stack.watched) == 0


@linux_only
def test_a_closed_terminal_ends_everything(stack: Terminal) -> None:
    stack.hang_up()
    stack.process.wait(GONE_WITHIN_S)
    assert stack.left_of(stack.watched) == 0


@linux_only
def test_a_killed_supervisor_takes_its_children_along(stack: Terminal) -> None:
    stack.process.kill()
    assert stack.left_of(stack.watched[:2]) == 0
    signal.pidfd_send_signal(stack.watched[2], signal.SIGKILL)


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
