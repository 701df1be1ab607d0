"""Real traces from a file: session, epoch_s, voltage_v, current_a."""

from __future__ import annotations

import csv
import gzip
import math
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TextIO

from bench.anomaly_traces.physics import Flow

# Classes of DC stations by current (A); a session belongs to the smallest that it fits.
_CLASSES_A = (65.0, 125.0, 200.0, 250.0, 300.0, 375.0, 500.0, 700.0, 1_000.0)
_AC_CLASSES_A = (16.0, 32.0, 40.0, 63.0, 80.0, 100.0)
_MAINS_V = (100.0, 110.0, 120.0, 127.0, 208.0, 220.0, 230.0, 240.0, 277.0)
_IDLE_A = 1.0
_LEAST_ROWS = 8
_GAP_INTERVALS = 5
_GAP_S = 300.0
_COLUMNS = ("session", "epoch_s", "voltage_v", "current_a")


class TracesUnreadable(ValueError):
    """The file is not a table of traces; the text says which column or line."""


@dataclass
class Trace:
    """One session of the file: 24 bytes a row until it is played; NaN for a missing voltage."""

    session: str
    rows: array[float] = field(default_factory=lambda: array("d"))
    dropped: int = 0
    notes: list[str] = field(default_factory=list)
    has_gaps: bool = False

    def flow(self) -> Flow | None:
        """The charge, or None where nothing can be played; `notes` say why, and what was taken."""
        self.notes, self.has_gaps = [], False
        if self.dropped:
            self.notes.append(f"{self.dropped} rows without time or current passed over")
        rows = sorted(zip(self.rows[0::3], self.rows[1::3], self.rows[2::3], strict=True))
        amps = [abs(amp) for _, _, amp in rows]
        if len(rows) < _LEAST_ROWS or max(amps) < _IDLE_A:
            few = len(rows) < _LEAST_ROWS
            self.notes.append(f"fewer than {_LEAST_ROWS} rows" if few else "never above 1 A")
            return None
        times = [at - rows[0][0] for at, _, _ in rows]
        volts = self._voltages([volt for _, volt, _ in rows], amps)
        if volts is None:
            self.notes.append("voltage 0 all the time")
            return None
        steps = [after - before for before, after in pairwise(times)]
        usual_s = median(step for step in steps if step > 0) if any(steps) else 1.0
        longest_s = max(steps)
        if longest_s > max(_GAP_S, _GAP_INTERVALS * usual_s):
            self.has_gaps = True
            self.notes.append(f"a gap of {longest_s:.0f} s in the file")
        return _flow(times, volts, amps, usual_s)

    def _voltages(self, volts: Sequence[float], amps: Sequence[float]) -> list[float] | None:
        """As in the file; the one before where it is missing, 230 V where there is none at all."""
        known = [volt for volt in volts if not math.isnan(volt)]
        if not known:
            self.notes.append("no voltage in the file: 230 V taken")
            return [230.0] * len(volts)
        live = [volt for volt in known if volt > 50]
        if not live:
            return None
        if len(known) < len(volts):
            self.notes.append(f"{len(volts) - len(known)} voltages missing: the one before taken")
        latest, filled = median(live), []
        for volt in volts:
            latest = latest if math.isnan(volt) else max(0.0, volt)
            filled.append(latest)
        return filled


def read_traces(path: Path) -> list[Trace]:
    """The sessions in the order of their first row; rows may be in any order, sessions mixed.

    Columns may stand in any order, among others, separated by comma, semicolon or tab; a byte
    order mark is passed over. An empty cell (or nan) is a missing value. Raises TracesUnreadable
    for a missing column (voltage_v may be missing) or a cell that is no number, with its line.
    """
    traces: dict[str, Trace] = {}
    with _open(path) as file:
        for number, (session, at, volt, amp) in enumerate(_rows(file, path), start=2):
            if not (session or at or volt or amp):
                continue
            trace = traces.setdefault(session, Trace(session))
            try:
                values = (_number(at), _number(volt), _number(amp))
            except ValueError as problem:
                raise TracesUnreadable(f"{path} line {number}: {problem}") from problem
            if math.isnan(values[0]) or math.isnan(values[2]):
                trace.dropped += 1
            else:
                trace.rows.extend(values)
    return list(traces.values())


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _rows(file: TextIO, path: Path) -> Iterator[tuple[str, str, str, str]]:
    head = file.readline()
    mark = max(",;\t", key=head.count)
    names = [name.strip().strip('"').lower() for name in head.rstrip("\r\n").split(mark)]
    missing = [name for name in _COLUMNS if name not in names and name != "voltage_v"]
    if missing:
        raise TracesUnreadable(f"{path} has no column {', '.join(missing)}")
    places = [names.index(name) if name in names else None for name in _COLUMNS]
    for row in csv.reader(file, delimiter=mark):
        if any(row):
            session, at, volt, amp = (
                "" if place is None or place >= len(row) else row[place].strip() for place in places
            )
            yield session, at, volt, amp
        else:
            yield "", "", "", ""  # an empty line keeps the count of lines right


def _number(text: str) -> float:
    """NaN for a missing value; raises ValueError for what is no number."""
    if not text or text.lower() in {"nan", "null", "none", "na"}:
        return math.nan
    value = float(text)
    return value if math.isfinite(value) else math.nan


def why_left_out(traces: Sequence[Trace]) -> Counter[str]:
    """The reasons of those that gave no flow."""
    return Counter(trace.notes[-1] for trace in traces if trace.notes)


def _flow(times: list[float], volts: list[float], amps: list[float], usual_s: float) -> Flow:
    live = [volt for volt in volts if volt > 50]
    nominal_v = _mains_of(live, amps)
    classes = _CLASSES_A if nominal_v is None else _AC_CLASSES_A
    peak = max(amps)
    rated_a = next((each for each in classes if each >= peak * 1.005), peak * 1.05)
    flow = Flow(
        is_dc=nominal_v is None,
        lines=1,
        rated_a=rated_a,
        rated_w=rated_a * max(live) * 1.02,
        times=times,
        volts=[volts],
        amps=[amps],
        interval_s=usual_s,
        nominal_v=nominal_v or 230.0,
    )
    flow.offers = [(0.0, rated_a)]
    flow.states = _states(flow.times, amps)
    if flow.is_dc:
        _add_charge(flow)
    return flow


def _mains_of(live: list[float], amps: list[float]) -> float | None:
    """The mains it is on: near a usual voltage, hardly moving, not too much current; else DC."""
    ordered = sorted(live)
    middle = ordered[len(ordered) // 2]
    spread = ordered[int(len(ordered) * 0.97)] - ordered[int(len(ordered) * 0.03)]
    nearest = min(_MAINS_V, key=lambda volts: abs(volts - middle))
    is_mains = abs(middle - nearest) <= 0.08 * nearest and spread <= 0.06 * middle
    return nearest if is_mains and max(amps) <= _AC_CLASSES_A[-1] else None


def _states(times: list[float], amps: list[float]) -> list[tuple[float, str]]:
    """A station says that the car has paused; it notices with the next sample after the pause."""
    states = [(times[0], "Charging")]
    idle_since: float | None = None
    for at, amp in zip(times, amps, strict=True):
        if amp >= _IDLE_A:
            if states[-1][1] != "Charging":
                states.append((at, "Charging"))
            idle_since = None
        elif idle_since is None:
            idle_since = at
        elif at - idle_since >= 30 and states[-1][1] == "Charging":
            states.append((at, "SuspendedEV"))
    return states


def _add_charge(flow: Flow) -> None:
    """A state of charge that fits the energy, since the file has none: from 20 to at most 85 %."""
    wh, watts = [0.0], flow.watts()
    for index in range(1, len(flow.times)):
        lasted = flow.times[index] - flow.times[index - 1]
        wh.append(wh[-1] + (watts[index] + watts[index - 1]) * lasted / 7_200)
    flow.capacity_wh = min(max(40_000.0, wh[-1] / 0.65), 140_000.0)
    start = 20.0
    flow.soc = [min(99.0, start + 100 * each / flow.capacity_wh) for each in wh]
