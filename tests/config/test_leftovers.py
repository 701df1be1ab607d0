"""What a killed supervisor left behind is ended by the next run, and nothing else is."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from config.devstack.children import Child, Program
from config.devstack.leftovers import note_processes, started_at, stop_noted_processes

pytestmark = pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps")


def sleeper(log: Path) -> Child:
    code = "import signal; print('up', flush=True); signal.pause()"
    up = Program("sleeper", [sys.executable, "-c", code], ready=lambda: b"up" in log.read_bytes())
    child = Child(up, log)
    child.wait_until_ready(10)
    return child


def test_a_noted_process_is_ended(tmp_path: Path) -> None:
    child = sleeper(tmp_path / "log")
    note_processes(tmp_path / "notes", [child.process.pid])
    assert stop_noted_processes(tmp_path / "notes") == 1
    assert child.wait_until_ended(5)
    assert not (tmp_path / "notes").exists()


def test_a_process_that_got_the_same_id_later_is_left_alone(tmp_path: Path) -> None:
    child = sleeper(tmp_path / "log")
    notes = {str(child.process.pid): "Thu Jan  1 00:00:00 1970"}
    (tmp_path / "notes").write_text(json.dumps(notes))
    assert stop_noted_processes(tmp_path / "notes") == 0
    assert child.is_alive
    child.kill()


def test_a_process_that_is_gone_has_no_start(tmp_path: Path) -> None:
    child = sleeper(tmp_path / "log")
    child.kill()
    assert started_at(child.process.pid) == ""
    assert stop_noted_processes(tmp_path / "notes") == 0
