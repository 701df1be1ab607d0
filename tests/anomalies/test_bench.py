"""The benchmark: a small seeded run of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bench.anomalies import rivals
from bench.anomalies.beyond import PROBES, run_probes
from bench.anomalies.campaign import HELD, Size, run_interval, run_traces
from bench.anomalies.negatives import Silence
from bench.anomalies.play import play
from bench.anomalies.probe import Probe, Tally
from bench.anomalies.report import rules_table
from bench.anomalies.score import Board, Clean
from bench.anomalies.targets import targets_beyond, targets_of
from bench.anomaly_traces.external import TracesUnreadable, read_traces
from bench.anomaly_traces.faults import FAULTS, Fault
from bench.anomaly_traces.negatives import NEGATIVES, Negative

MONEY = frozenset(HELD)
# The package has a function of the same name.
scan = import_module("anomalies.detectors.scan")


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
    path.write_text("session,epoch_s,voltage_v,current_a\na,1,400,10\na,16,x,10\n")
    with pytest.raises(TracesUnreadable, match="line 3"):
        read_traces(path)


def write_rows(path: Path, head: str, rows: Iterable[str]) -> Path:
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8-sig")
    return path


def test_columns_stand_in_any_order_and_rows_too(tmp_path: Path) -> None:
    rows = [f"{10 + n % 3};x;{60 * n};a;{230 + n % 2}" for n in range(20)]
    head = "Current_A;note;epoch_s; session;voltage_v"
    [shuffled] = read_traces(write_rows(tmp_path / "b.csv", head, rows[::-1]))
    [trace] = read_traces(write_rows(tmp_path / "a.csv", head, rows))
    flow = trace.flow()
    assert flow is not None
    assert flow == shuffled.flow()
    assert (flow.times[1], flow.amps[0][1], flow.volts[0][1]) == (60.0, 11.0, 231.0)
    assert (flow.is_dc, flow.nominal_v, trace.notes) == (False, 230.0, [])


def test_what_is_missing_is_filled_or_passed_over_and_said(tmp_path: Path) -> None:
    rows = [f"a,{30 * n},{'' if n == 3 else 400 + n},{50}" for n in range(20)]
    rows += ["a,,400,50", "a,700,400,nan", "a,2700,430,50", "", "b,0,230,0.04", "b,60,230,0.03"]
    head = "session,epoch_s,voltage_v,current_a"
    trace, idle = read_traces(write_rows(tmp_path / "a.csv", head, rows))
    flow = trace.flow()
    assert flow is not None
    assert flow.volts[0][3] == 402.0
    assert trace.has_gaps
    assert trace.notes == [
        "2 rows without time or current passed over",
        "1 voltages missing: the one before taken",
        "a gap of 2130 s in the file",
    ]
    assert idle.flow() is None
    assert idle.notes == ["fewer than 8 rows"]


def test_a_file_with_only_currents_is_taken_as_mains(tmp_path: Path) -> None:
    rows = [f"a,{60 * n},{16 + n % 2 / 10}" for n in range(30)]
    [trace] = read_traces(write_rows(tmp_path / "a.csv", "session,epoch_s,current_a", rows))
    flow = trace.flow()
    assert flow is not None
    assert not flow.is_dc
    assert trace.notes == ["no voltage in the file: 230 V taken"]


@pytest.mark.parametrize("step_s", [1, 10, 60, 240])
@pytest.mark.parametrize("volts", [120, 208, 231, 400])
def test_real_habits_of_meters_raise_no_alarm(tmp_path: Path, step_s: int, volts: int) -> None:
    """Noise, idle currents of some tens of mA, three phases logged as one, any sampling."""
    rng, rows, count = Random(step_s), [], min(900, 9_000 // step_s)
    for number in range(count):
        idle = number < count // 8 or number > count * 3 // 4
        amps = abs(rng.gauss(0.03, 0.02)) if idle else rng.gauss(46, 0.5)
        rows.append(f"a,{number * step_s * 1.001},{rng.gauss(volts, 1):.1f},{amps:.3f}")
    head = "session,epoch_s,voltage_v,current_a"
    traces = read_traces(write_rows(tmp_path / "a.csv", head, rows))
    board = run_traces(traces, 1, 15, Size(0, 0), ("E1",), lambda line: None)
    assert [said.finding.kind for one in board.heard for said in one.findings] == []


def test_real_charges_are_told_one_by_one_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"a,{60 * n},230,{n % 2 * 14 + 2}" for n in range(40)]
    path = write_rows(tmp_path / "a.csv", "session,epoch_s,voltage_v,current_a", rows)
    figures = tmp_path / "figures.json"
    call_command(
        "bench_anomalies", traces=path, interval=(60,), kinds=("E5",), quick=True, json=figures
    )
    assert "E12  hunting" in capsys.readouterr().out
    [session] = json.loads(figures.read_text())["60"]["sessions"]
    assert (session["session"], session["current_type"], session["samples"]) == ("a", "AC", 40)
    assert [one["kind"] for one in session["findings"]] == ["E12"]


def test_a_rule_that_misses_its_faults_fails_its_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ("E3", "M2", "E9")
    seen = run_interval(5, 60, Size(4, 8), kinds, lambda line: None)
    assert {one.is_met for one in targets_of(seen, 60)} == {True}
    blind = [(one, _says_nothing if one.kind in kinds else rule) for one, rule in scan._STEPPING]
    monkeypatch.setattr(scan, "_STEPPING", blind)
    scan._rules.cache_clear()
    missed = run_interval(5, 60, Size(0, 8), kinds, lambda line: None)
    scan._rules.cache_clear()
    verdicts = {(one.number, one.asked[:14]): one.is_met for one in targets_of(missed, 60)}
    assert verdicts["T1", "typed recall o"] is verdicts["T1", "no type below "] is False
    assert verdicts["T2", "zero power: p9"] is verdicts["T7", "money faults h"] is False
    assert seen.fingerprint != missed.fingerprint


def test_alarms_of_healthy_sessions_fail_their_targets() -> None:
    board = Board()
    board.clean = Clean(sessions=100, alarmed=1, held=1)
    board.silences = [Silence("taper", 2, 1)]
    board.findings, board.unexplained = 5, 1
    assert {one.number for one in targets_of(board, 60) if one.is_met is False} == {
        "T1", "T4", "T5", "T7", "T10",
    }  # fmt: skip


def test_histories_that_are_judged_late_or_wrongly_fail_their_targets() -> None:
    derated = Tally("E10", "derated to 70 %", "", 10, 10, [4] * 10, 1_000, 2)
    failing = Tally("S8", "failures in a row", "", 10, 10, [3] * 10, 1_000, 12)
    drivers = Tally("S8", "failures, by drivers", "", 2, 2, [2, 5])
    assert [one.is_met for one in targets_beyond([derated, failing, drivers], [])] == [False] * 3


@pytest.mark.parametrize("negative", NEGATIVES, ids=lambda negative: negative.name)
def test_a_hard_negative_of_the_benchmark_stays_silent(negative: Negative) -> None:
    outcome = play(negative.make(Random(3), 30))
    assert {one.finding.kind for one in outcome.alarms} - negative.true == set()


def test_other_detectors_are_played_or_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rivals, "find_spec", lambda name: None)
    board = run_interval(2, 300, Size(8, 1), (), lambda line: None)
    scores, *rest = [one for one in board.rivals if one.features == "residuals"]
    assert scores.name == "largest z-score"
    assert 0 < scores.event_share < 1
    assert all("requirements/bench.txt" in one.note for one in rest)


def _says_nothing(memory: Any, view: Any, thresholds: Any) -> tuple[Any, None]:
    return memory, None


def test_the_rules_in_the_docs_are_those_of_the_code() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "anomalies.md").read_text("utf-8")
    assert "\n".join(rules_table()) in text
