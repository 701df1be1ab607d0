"""Whole sessions as scripts of frames: healthy ones, and ones with a fault put in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from bench.anomaly_traces.faults import Fault
from bench.anomaly_traces.frames import Dialect, Script, draw_dialect, write_frames
from bench.anomaly_traces.meters import Meter, Reading, draw_meter, measure
from bench.anomaly_traces.physics import Flow, draw_ac, draw_dc

_ASKED = (
    "Energy.Active.Import.Register", "Power.Active.Import", "Voltage", "Current.Import",
)  # fmt: skip


@dataclass
class Truth:
    """The fault in a session: from when to when (s since the session's start).

    `is_hidden`: it is smaller than what flows between two samples, so it shows in none of them.
    """

    fault: Fault
    size: float
    from_s: float
    to_s: float
    is_hidden: bool = False


def draw_flow(rng: Random, needs: str = "") -> Flow:
    """A healthy charge; `needs` as in `Fault`."""
    if needs == "dc" or (needs == "" and rng.random() < 0.5):
        return draw_dc(rng)
    while True:
        flow = draw_ac(rng)
        if needs != "3" or sum(max(amps) > 5 for amps in flow.amps) == 3:
            return flow


def write_session(
    rng: Random,
    flow: Flow,
    interval_s: float,
    first_s: float = 0.0,
    meter: Meter | None = None,
    *,
    dialect: Dialect | None = None,
    retell: Callable[[list[Reading]], None] | None = None,
) -> Script:
    """A healthy session as its station would tell it; `retell` may change what it says."""
    chosen = meter or draw_meter(rng)
    readings = measure(flow, chosen, rng, interval_s)
    if retell is not None:
        retell(readings)
    script = _script(rng, flow, readings, chosen, interval_s, first_s)
    if dialect is not None:
        script.dialect = dialect
        script.frames = write_frames(dialect, readings, flow, first_s)
    return script


def write_fault(
    rng: Random,
    flow: Flow,
    interval_s: float,
    fault: Fault,
    size: float,
    first_s: float = 0.0,
    meter: Meter | None = None,
) -> tuple[Script, Truth] | None:
    """The session with the fault; None where this charge has no place for it."""
    lasts_s = max(fault.lasts_s, 6 * interval_s)
    at = _onset(rng, flow, fault, lasts_s, interval_s)
    if at is None:
        return None
    chosen = meter or draw_meter(rng)
    if fault.bend is not None:
        fault.bend(flow, rng, size, at, interval_s)
    readings = measure(flow, chosen, rng, interval_s)
    if fault.spoil is not None:
        fault.spoil(readings, rng, _stretched(fault, size, interval_s), at)
    if len(readings) < 6 or not any(one.at >= at for one in readings):
        return None
    script = _script(rng, flow, readings, chosen, interval_s, first_s)
    _change_ends(script, fault, size)
    is_hidden = fault.name == "register back" and not _runs_back(readings, at)
    return script, Truth(fault, size, at, flow.end_s, is_hidden)


def _runs_back(readings: list[Reading], at: float) -> bool:
    """Whether one sample is below the one before: else delivery hid the step."""
    before = next((one.wh for one in reversed(readings) if one.at < at), None)
    after = next((one.wh for one in readings if one.at >= at), None)
    return before is not None and after is not None and after < before


def _stretched(fault: Fault, size: float, interval_s: float) -> float:
    """A gap is a gap only if several samples are missing."""
    return max(size, 7 * interval_s) if fault.name == "samples missing" else size


def _onset(
    rng: Random, flow: Flow, fault: Fault, lasts_s: float, interval_s: float
) -> float | None:
    if fault.starts or fault.at_end:
        return 0.0 if _is_long(flow, lasts_s) else None
    first, last = 300.0, flow.end_s - lasts_s
    for _ in range(20):
        at = rng.uniform(first, last) if last > first else None
        if at is None:
            return None
        if _flows(flow, fault, at, lasts_s):
            return at
    return None


def _is_long(flow: Flow, lasts_s: float) -> bool:
    return flow.end_s >= lasts_s and max(max(amps) for amps in flow.amps) > 6


def _flows(flow: Flow, fault: Fault, at: float, lasts_s: float) -> bool:
    """Whether the car takes enough, is not paused, and goes on so after the onset."""
    if flow.limits and fault.kind in {"E4", "E5"}:
        return False
    state = [name for since, name in flow.states if since <= at][-1:]
    later = [name for since, name in flow.states if at < since <= at + lasts_s]
    if state != ["Charging"] or later:
        return False
    if fault.needs == "3" and sum(max(amps) > 5 for amps in flow.amps) != 3:
        return False
    low, high = bisect_left(flow.times, at - 60), bisect_left(flow.times, at + lasts_s)
    busiest = max(flow.amps, key=max)
    if min(busiest[low:high], default=0.0) < fault.least_a:
        return False
    if fault.least_w:
        watts = flow.watts()
        if min(watts[low:high], default=0.0) < fault.least_w:
            return False
    return flow.soc is None or flow.soc[high - 1] < 90


def _script(
    rng: Random,
    flow: Flow,
    readings: list[Reading],
    meter: Meter,
    interval_s: float,
    first_s: float,
) -> Script:
    dialect = draw_dialect(rng)
    last = next((one.wh for one in reversed(readings) if one.wh is not None), None)
    return Script(
        frames=write_frames(dialect, readings, flow, first_s),
        begin_wh=meter.base_wh // meter.step_wh * meter.step_wh,
        stop_wh=last,
        ends_s=flow.end_s,
        flow=flow,
        interval_s=max(interval_s, flow.interval_s or 0.0),
        dialect=dialect,
        first_s=first_s,
        asked=(*_ASKED, "SoC") if flow.soc is not None else _ASKED,
    )


def _change_ends(script: Script, fault: Fault, size: float) -> None:
    begin, stop = script.begin_wh or 0.0, script.stop_wh or 0.0
    match fault.ends:
        case "placeholder":
            script.begin_wh = 0.0
        case "unknown":
            script.stop_wh = size
        case "below":
            script.stop_wh = begin - size
        case "far":
            script.stop_wh = stop + size
        case "early":
            script.ends_s = -size
