"""`bench_anomalies`: how well the detectors find faults, and how often they cry for nothing."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from anomalies.detectors import KINDS
from bench.anomalies import report
from bench.anomalies.beyond import run_probes
from bench.anomalies.campaign import FULL, QUICK, Size, run_interval, run_traces
from bench.anomalies.negatives import run_long_negatives
from bench.anomalies.probe import Tally
from bench.anomalies.score import Board
from bench.anomalies.targets import as_lines, targets_beyond, targets_elsewhere
from bench.anomaly_traces.external import TracesUnreadable, read_traces, why_left_out

INTERVALS_S = (15, 30, 60, 300)


class Command(BaseCommand):
    """Plays seeded sessions, healthy and broken, or real traces; needs no database."""

    help = (
        "OCPP frames of healthy and broken charges through the normaliser and every detector:"
        " recall, precision, delay and false alarms per kind."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--clean", type=int, help="healthy sessions per interval")
        parser.add_argument("--quick", action="store_true", help="few sessions: a first look")
        parser.add_argument("--kinds", type=read_kinds, default=(), help="E1,M4: only these")
        parser.add_argument(
            "--interval", type=read_intervals, default=None, help="seconds, comma-separated"
        )
        parser.add_argument("--json", type=Path, help="write the figures to this file as well")
        parser.add_argument(
            "--traces",
            type=Path,
            help="CSV (or .gz) of real charges: session, epoch_s, voltage_v, current_a",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, print a table per interval."""
        boards = self._boards(options)
        for interval_s, board in boards.items():
            for line in report.table(interval_s, board):
                self.stdout.write(line)
            self.stdout.write("")
        tallies: list[Tally] = []
        if options["traces"] is None:
            tallies = self._beyond(options)
        if options["json"] is not None:
            text = report.as_json(boards, tallies)
            options["json"].write_text(text + "\n", encoding="utf-8")

    def _beyond(self, options: dict[str, Any]) -> list[Tally]:
        size, seed, kinds = read_size(options), options["seed"], options["kinds"]
        tallies: list[Tally] = run_probes(seed, size.events, kinds, self._progress)
        silences = [] if kinds else run_long_negatives(seed, size.negatives)
        targets = [*targets_beyond(tallies, silences), *([] if kinds else targets_elsewhere())]
        for line in (
            *report.beyond(tallies),
            "",
            *report.silences("hard negative beyond one session", silences),
            *as_lines(targets),
        ):
            self.stdout.write(line)
        return tallies

    def _boards(self, options: dict[str, Any]) -> dict[int, Board]:
        size = read_size(options)
        seed, kinds = options["seed"], options["kinds"]
        if options["traces"] is None:
            intervals = options["interval"] or ((60,) if options["quick"] else INTERVALS_S)
            return {
                each: run_interval(seed, each, size, kinds, self._progress) for each in intervals
            }
        try:
            traces = read_traces(options["traces"])
        except (OSError, UnicodeDecodeError, TracesUnreadable) as error:
            raise CommandError(str(error)) from error
        left_out = why_left_out([trace for trace in traces if trace.flow() is None])
        if left_out.total() == len(traces):
            raise CommandError(f"{options['traces']} holds no session with a current")
        reasons = "".join(f"; {count} left out: {why}" for why, count in left_out.items())
        self.stdout.write(f"{len(traces)} sessions read from {options['traces']}{reasons}")
        intervals = options["interval"] or ((60,) if options["quick"] else (15, 30, 60))
        return {
            each: run_traces(traces, seed, each, size, kinds, self._progress) for each in intervals
        }

    def _progress(self, line: str) -> None:
        """On the terminal's other channel, over the line before."""
        end = "\n" if not sys.stderr.isatty() else "\033[K\r"
        self.stderr.write(line, ending=end)


def read_kinds(text: str) -> tuple[str, ...]:
    """Ids of the catalogue, comma-separated."""
    kinds = tuple(one.strip().upper() for one in text.split(",") if one.strip())
    for kind in kinds:
        if kind not in KINDS:
            raise ArgumentTypeError(f"{kind} is no kind; there are {', '.join(KINDS)}")
    return kinds


def read_intervals(text: str) -> tuple[int, ...]:
    """Whole seconds, comma-separated."""
    try:
        intervals = tuple(int(one) for one in text.split(","))
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no list of seconds") from error
    if not all(5 <= one <= 900 for one in intervals):
        raise ArgumentTypeError("an interval is 5 to 900 seconds")
    return intervals


def read_size(options: dict[str, Any]) -> Size:
    """How much to play."""
    size = QUICK if options["quick"] else FULL
    return size if options["clean"] is None else replace(size, clean=options["clean"])
