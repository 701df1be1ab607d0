"""Real traces from a file: session, epoch_s, voltage_v, current_a."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from statistics import median

from bench.anomaly_traces.physics import Flow

# Classes of DC stations by current (A); a session belongs to the smallest that it fits.
_CLASSES_A = (65.0, 125.0, 200.0, 250.0, 300.0, 375.0, 500.0, 700.0, 1_000.0)
_AC_CLASSES_A = (16.0, 32.0, 63.0, 80.0)
_IDLE_A = 1.0


class TracesUnreadable(ValueError):
    """The file is not a table of traces; the text says which column or line."""


def read_traces(path: Path) -> list[Flow]:
    """One flow per session, in the order of the file; sessions without any current are left out.

    Seconds may be irregular, with gaps and repeated times, which are kept. Voltage may
    drop to 0 for single rows (kept) or for a whole session (left out: nothing can be simulated).
    """
    sessions: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        missing = {"session", "epoch_s", "voltage_v", "current_a"} - set(rows.fieldnames or ())
        if missing:
            raise TracesUnreadable(f"{path} has no column {', '.join(sorted(missing))}")
        for number, row in enumerate(rows, start=2):
            try:
                at, volt = float(row["epoch_s"]), float(row["voltage_v"])
                amp = float(row["current_a"])
            except (TypeError, ValueError) as problem:
                raise TracesUnreadable(f"{path} line {number}: {problem}") from problem
            sessions[row["session"]].append((at, volt, amp))
    flows = (_flow(rows) for rows in sessions.values())
    return [flow for flow in flows if flow is not None]


def _flow(rows: list[tuple[float, float, float]]) -> Flow | None:
    rows.sort(key=itemgetter(0))
    times = [at for at, _, _ in rows]
    volts = [max(0.0, volt) for _, volt, _ in rows]
    amps = [abs(amp) for _, _, amp in rows]
    live = [volt for volt in volts if volt > 50]
    if len(times) < 8 or not live or max(amps) < _IDLE_A:
        return None
    first = times[0]
    middle = median(live)
    is_ac = _is_ac(live, amps, middle)
    classes = _AC_CLASSES_A if is_ac else _CLASSES_A
    peak = max(amps)
    rated_a = next((each for each in classes if each >= peak * 1.005), peak * 1.05)
    steps = [after - before for before, after in pairwise(times)]
    flow = Flow(
        is_dc=not is_ac,
        lines=1,
        rated_a=rated_a,
        rated_w=rated_a * max(live) * 1.02,
        times=[at - first for at in times],
        volts=[volts],
        amps=[amps],
        interval_s=median(steps),
    )
    flow.offers = [(0.0, rated_a)]
    flow.states = _states(flow.times, amps)
    if not is_ac:
        _add_charge(flow)
    return flow


def _is_ac(live: list[float], amps: list[float], middle: float) -> bool:
    """Mains: within 10 % of 230 V, hardly moving, and no more current than AC outlets give."""
    ordered = sorted(live)
    spread = ordered[int(len(ordered) * 0.97)] - ordered[int(len(ordered) * 0.03)]
    return 210 <= middle <= 250 and spread <= 0.04 * middle and max(amps) <= 80


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
