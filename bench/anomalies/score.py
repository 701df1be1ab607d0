"""Counting: what was found, how late, and what was said of sessions that were well."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from anomalies.types import Finding
from bench.anomalies.heard import Heard
from bench.anomalies.negatives import Silence
from bench.anomalies.play import Outcome
from bench.anomalies.rivals import Rival
from bench.anomaly_traces.sessions import Truth

PREVALENCE = 0.01


@dataclass
class Row:
    """One catalogue id: events put in, found, their delays, and findings that were wrong.

    `sized`: size of the event and delay in seconds, infinite for one that was missed.
    """

    kind: str
    events: int = 0
    hits: int = 0
    false: int = 0
    held: int = 0
    hold_due: int = 0
    delays: list[tuple[int, float]] = field(default_factory=list)
    sized: list[tuple[float, float]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.hits / self.events if self.events else 0.0

    @property
    def precision(self) -> float:
        said = self.hits + self.false
        return self.hits / said if said else 0.0


@dataclass
class Clean:
    """Healthy sessions: how many, how many with an alarm or a hold, and which alarms."""

    sessions: int = 0
    alarmed: int = 0
    held: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    samples: int = 0
    seconds: float = 0.0
    reading_seconds: float = 0.0

    @property
    def alarm_share(self) -> float:
        return self.alarmed / self.sessions if self.sessions else 0.0

    @property
    def hold_share(self) -> float:
        return self.held / self.sessions if self.sessions else 0.0


def is_explained(finding: Finding) -> bool:
    """Whether it names signal, unit, kind, cause, since when and what to do (T10)."""
    named = finding.kind and finding.cause and finding.signal and finding.action
    return bool(named)


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest rank; 0 for nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Board:
    """All results of one sampling interval."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.faults: dict[str, Row] = {}
        self.clean = Clean()
        self.missed: defaultdict[str, list[str]] = defaultdict(list)
        self.silences: list[Silence] = []
        self.unexplained = 0
        self.findings = 0
        self.state_bytes: list[int] = []
        self._told = hashlib.sha256()
        self.rivals: list[Rival] = []
        self.heard: list[Heard] = []

    @property
    def fingerprint(self) -> str:
        """Of everything that was said, in order: equal in two runs that said the same."""
        return self._told.hexdigest()[:16]

    def _listen(self, outcome: Outcome) -> None:
        self.state_bytes.append(outcome.state_bytes)
        for one in outcome.said:
            self.findings += 1
            self.unexplained += not is_explained(one.finding)
            self._told.update(f"{one.sample} {one.finding!r}".encode())

    def row(self, kind: str) -> Row:
        return self.rows.setdefault(kind, Row(kind))

    def add_clean(self, outcome: Outcome) -> None:
        self._listen(outcome)
        clean = self.clean
        clean.sessions += 1
        clean.alarmed += bool(outcome.alarms)
        clean.held += outcome.is_held
        clean.samples += len(outcome.times)
        clean.seconds += outcome.seconds
        clean.reading_seconds += outcome.reading_seconds
        for kind in {one.finding.kind for one in outcome.said}:
            clean.kinds[kind] += 1
            self.row(kind).false += 1

    def add_event(self, outcome: Outcome, truth: Truth, holds: bool) -> None:
        """One event is found once, by its own kind, inside it; the rest is false."""
        self._listen(outcome)
        fault = truth.fault
        name = f"{fault.name}, hidden" if truth.is_hidden else fault.name
        fine = self.faults.setdefault(name, Row(fault.kind))
        first = None
        for one in outcome.said:
            in_time = one.at_s >= truth.from_s or fault.at_end or fault.starts
            if one.finding.kind == fault.kind and in_time:
                first = one if first is None or one.at_s < first.at_s else first
        for row in (fine,) if truth.is_hidden else (self.row(fault.kind), fine):
            row.events += 1
            row.hits += first is not None
            row.hold_due += holds
            row.held += holds and outcome.is_held
            late_s = math.inf if first is None else max(0.0, first.at_s - truth.from_s)
            row.sized.append((truth.size, late_s))
            if first is not None and not first.at_end:
                onset = next((i for i, at in enumerate(outcome.times) if at >= truth.from_s), 0)
                row.delays.append((max(0, first.sample - onset), late_s))
        if first is None:
            self.missed[fault.name].append(f"{truth.size:g}")
        for kind in {one.finding.kind for one in outcome.alarms}:
            if kind != fault.kind and kind not in fault.also:
                self.row(kind).false += 1
                self.missed[f"{fault.name} -> {kind}"].append(f"{truth.size:g}")

    def macro_recall(self, kinds: Iterable[str]) -> float:
        rows = [self.rows[kind] for kind in kinds if kind in self.rows and self.rows[kind].events]
        return sum(row.recall for row in rows) / len(rows) if rows else 0.0
