"""The benchmark: a small seeded run of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bench.anomalies.beyond import PROBES, Probe, run_probes
from bench.anomalies.campaign import HELD, Size, run_interval
from bench.anomalies.report import rules_table
from bench.anomaly_traces.external import TracesUnreadable, read_traces
from bench.anomaly_traces.faults import FAULTS, Fault

MONEY = frozenset(HELD)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind} {fault.name}")
def test_every_fault_is_found_as_its_kind_and_money_faults_are_held(fault: Fault) -> None:
    board = run_interval(11, 60, Size(0, len(fault.sizes)), (fault.kind,), lambda line: None)
    row = board.faults[fault.name]
    # The least of these ladders, 10 % of the energy and 5 points of charge, may drown in noise.
    assert row.hits >= row.events - (fault.kind in {"M4", "E14"})
    assert row.held == row.hold_due
    assert not row.hold_due or fault.kind in MONEY
    if fault.is_step and row.delays:
        assert max(samples for samples, _ in row.delays) <= 2


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


def test_the_rules_in_the_docs_are_those_of_the_code() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "anomalies.md").read_text("utf-8")
    assert "\n".join(rules_table()) in text
