"""The benchmark: a small seeded run of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bench.anomalies.beyond import PROBES, Probe, run_probes
from bench.anomalies.campaign import Size, run_interval
from bench.anomaly_traces.external import TracesUnreadable, read_traces

INVARIANTS = ("E1", "E3", "E9", "E14", "M1", "M2", "M3", "M8")


def test_a_small_run_finds_every_fault_in_time_and_holds_the_money_faults() -> None:
    board = run_interval(11, 60, Size(12, 3), INVARIANTS, lambda line: None)
    assert board.macro_recall(INVARIANTS) == 1.0
    assert board.clean.alarmed == 0
    rows = board.rows.values()
    assert sum(row.held for row in rows) == sum(row.hold_due for row in rows) > 0
    late = [n for n, _ in board.faults["current above the rating"].delays]
    assert max(late) <= 2


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: f"{probe.kind} {probe.name}")
def test_what_no_sample_shows_is_found_and_a_healthy_history_is_silence(probe: Probe) -> None:
    [tally] = [one for one in run_probes(5, 2, (probe.kind,), print) if one.name == probe.name]
    assert (tally.hits, tally.false) == (tally.events, 0)


def test_healthy_sessions_raise_no_alarm_and_hold_nothing() -> None:
    clean = run_interval(7, 60, Size(30, 0), ("E1",), lambda line: None).clean
    assert (clean.sessions, clean.alarmed, clean.held) == (30, 0, 0)


def test_a_file_without_the_columns_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "traces.csv"
    path.write_text("session,epoch_s,voltage_v\na,1,400\n")
    with pytest.raises(TracesUnreadable, match="no column current_a"):
        read_traces(path)
    with pytest.raises(CommandError, match="no column current_a"):
        call_command("bench_anomalies", traces=path)


def test_a_row_that_is_no_number_is_refused_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "traces.csv"
    path.write_text("session,epoch_s,voltage_v,current_a\na,1,400,10\na,16,,10\n")
    with pytest.raises(TracesUnreadable, match="line 3"):
        read_traces(path)
