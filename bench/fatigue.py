"""How often the rule of failures in a row (S8) speaks on real histories of charging.

Run: python -m bench.fatigue [--data FOLDER] [--days 100] [--seed 1]

Plays the sessions of public files (ACN-Data, EPFL) through the rules of connectors, as they are:
those files are cleaned, they have no failed session. Then with failures put back among the same
arrivals as they were measured on 34,982 transactions of one network: 20.7 % fail, 11.4 % after a
good one, most of them at few connectors, 60 % are tried again by the same driver within ten
minutes, and runs of two drivers or more come 1.02 times in 100 connector-days. Ends with code 1
above one incident in 100 connector-days.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from anomalies.detectors.connector import ConnectorState, connector_step
from anomalies.detectors.summaries import GOOD_WH, SessionSummary
from config.devstack.simulator.replay import RealSession, read_sessions

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LADDBOK_SHARED", ROOT.parent / "shared")) / "data"
MOST_PER_100_DAYS = 1.0

# Each connector fails at a rate of its own. Of the measured shares (all sessions 0.207, those after
# a good one 0.114) follow mean and variance of the rates, and of these the Beta distribution.
RATE = (0.256, 0.981)
TRIES_AGAIN = 0.6
# So many arrivals are of a connector's own regular driver that runs of two come as often as
# measured; nothing public says who the drivers were.
REGULAR, DRIVERS = 0.72, 25
RETRY = (timedelta(seconds=40), timedelta(minutes=10))
FAILED = timedelta(seconds=30)
AFFECTED_AT_MOST = 3


@dataclass
class Fatigue:
    """What the rule said.

    `runs_of_two`: failures in a row of two drivers or more; `long_runs` reached a fourth driver,
    `late_runs` of them in silence.
    """

    connectors: int = 0
    connector_days: int = 0
    sessions: int = 0
    failed: int = 0
    incidents: int = 0
    runs_of_two: int = 0
    long_runs: int = 0
    late_runs: int = 0
    other_kinds: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def per_100_days(self) -> float:
        """Incidents in 100 connector-days."""
        return 100 * self.incidents / max(1, self.connector_days)

    def add(self, part: Fatigue) -> None:
        """Count the part's as well."""
        for name in ("connectors", "connector_days", "sessions", "failed", "incidents"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        for name in ("runs_of_two", "long_runs", "late_runs"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        for kind, count in part.other_kinds.items():
            self.other_kinds[kind] += count

    def __str__(self) -> str:
        others = ", ".join(f"{kind} {count}" for kind, count in sorted(self.other_kinds.items()))
        return (
            f"{self.connectors} connectors, {self.connector_days} connector-days, "
            f"{self.sessions} sessions, {self.failed} failed: {self.incidents} S8, "
            f"{self.per_100_days:.2f} in 100 connector-days; {self.runs_of_two} runs of two "
            f"drivers or more ({100 * self.runs_of_two / max(1, self.connector_days):.2f}), "
            f"{self.long_runs} reached a "
            f"fourth driver, {self.late_runs} of them unsaid; others: {others or 'none'}"
        )


def as_recorded(real: Iterable[RealSession]) -> Iterator[SessionSummary]:
    """A connector's sessions as the file has them, each of a driver of its own."""
    for each in real:
        yield _summary(each.reference, each.reference, each.arrival_at, each.departure_at, each)


def with_failures(real: Iterable[RealSession], dice: random.Random) -> Iterator[SessionSummary]:
    """The same arrivals, some of which fail, are tried again, or are given up."""
    rate = dice.betavariate(*RATE)
    free_from: datetime | None = None
    for each in real:
        is_regular = dice.random() < REGULAR
        driver = "regular" if is_regular else f"driver-{dice.randrange(DRIVERS)}"
        at, attempt = max(each.arrival_at, free_from or each.arrival_at), 0
        while dice.random() < rate:
            attempt += 1
            yield _summary(f"{each.reference}-{attempt}", driver, at, at + FAILED, None)
            at += FAILED + dice.uniform(0, 1) * (RETRY[1] - RETRY[0]) + RETRY[0]
            if dice.random() >= TRIES_AGAIN:
                break
        else:
            ends_at = max(each.departure_at, at + timedelta(minutes=5))
            yield _summary(each.reference, driver, at, ends_at, each)
            at = ends_at
        free_from = at


def play(histories: Sequence[Iterable[SessionSummary]], days: int) -> Fatigue:
    """Run every connector's history through its rules."""
    seen = Fatigue(connectors=len(histories), connector_days=days * len(histories))
    for history in histories:
        _play_one(history, seen)
    return seen


def first_days(real: Sequence[RealSession], days: int) -> list[list[RealSession]]:
    """The sessions of the file's first days, by connector, in the order of their ends."""
    until = min(each.arrival_at for each in real) + timedelta(days=days)
    by_connector: defaultdict[str, list[RealSession]] = defaultdict(list)
    for each in sorted(real, key=lambda one: one.departure_at):
        if each.arrival_at < until:
            by_connector[each.station].append(each)
    return list(by_connector.values())


def _play_one(history: Iterable[SessionSummary], seen: Fatigue) -> None:
    state, affected, is_said = ConnectorState(), set[str](), False
    for summary in history:
        state, findings = connector_step(state, summary)
        seen.sessions += 1
        seen.failed += not summary.is_good
        for finding in findings:
            if finding.kind == "S8":
                seen.incidents += 1
            else:
                seen.other_kinds[finding.kind] += 1
        if summary.is_good:
            seen.runs_of_two += len(affected) >= 2
            affected, is_said = set(), False
            continue
        is_new = summary.token not in affected
        affected.add(summary.token)
        if is_new and len(affected) == AFFECTED_AT_MOST + 1:
            seen.long_runs += 1
            seen.late_runs += not is_said
        is_said = is_said or any(finding.kind == "S8" for finding in findings)


def _summary(
    ref: str, driver: str, from_at: datetime, to_at: datetime, real: RealSession | None
) -> SessionSummary:
    energy_wh = 0 if real is None else real.energy_wh
    return SessionSummary(ref, driver, from_at, to_at, energy_wh)


def main() -> int:
    """Play every file of the folder both ways and print what was said."""
    parser = argparse.ArgumentParser(prog="python -m bench.fatigue")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of ACN and EPFL files")
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    files = sorted(options.data.glob("*.csv.gz")) if options.data.is_dir() else []
    if not files:
        print(f"no files in {options.data}: say with --data where they are")
        return 2
    totals = (Fatigue(), Fatigue())
    for file in files:
        dice = random.Random(options.seed)
        real = [each for each in read_sessions(file) if each.energy_wh >= GOOD_WH]
        connectors = first_days(real, options.days)
        recorded = play([as_recorded(rows) for rows in connectors], options.days)
        failing = play([with_failures(rows, dice) for rows in connectors], options.days)
        print(f"{file.name}\n  as recorded:   {recorded}\n  with failures: {failing}", flush=True)
        for total, part in zip(totals, (recorded, failing), strict=True):
            total.add(part)
    print(f"all files\n  as recorded:   {totals[0]}\n  with failures: {totals[1]}")
    worst = max(total.per_100_days for total in totals)
    print(f"{worst:.2f} in 100 connector-days, at most {MOST_PER_100_DAYS} is wanted")
    return int(worst > MOST_PER_100_DAYS)


if __name__ == "__main__":
    sys.exit(main())
