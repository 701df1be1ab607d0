"""M8: Wh and kWh taken for each other, which makes a factor of about 1000."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, Ending, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.register import is_unknown, known_start_wh
from anomalies.detectors.thresholds import bounded
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.rebuild import SCALE, SCALE_FROM, SCALE_TO
from sessions_app.registers import Move, RegisterStep

_WH = 3_600_000
_HELD = Move.HELD
_PROGRESS = (Move.FORWARD, Move.JUMP)
_STEPS = (Move.BACKWARD, Move.JUMP)


@dataclass(frozen=True, slots=True)
class M8Thresholds:
    """Register against power needs some steps of the register; two registers need to be near."""

    power_samples: int = bounded(2, 2, 10)
    least_power_w: int = bounded(1_500, 500, 5_000)
    steps: int = bounded(3, 2, 20)
    samples: int = bounded(3, 2, 10)
    least_wh: int = bounded(500, 200, 10_000)
    off_permille: int = bounded(20, 1, 100)
    least_register_wh: int = bounded(10, 2, 1_000)
    longest_gap_s: int = bounded(900, 300, 3_600)


@dataclass(slots=True)
class M8Memory:
    """What the register gained (Wh) and what flowed at least and at most (W times ms) since.

    `samples` are those in which the register moved.
    """

    at_ms: int | None = None
    power_w: int = 0
    since_ms: int = 0
    samples: int = 0
    gain_wh: int = 0
    low: int = 0
    high: int = 0
    is_reported: bool = False
    power_off: int = 0
    power_since_ms: int = 0


def _step(
    memory: M8Memory, view: View, thresholds: M8Thresholds
) -> tuple[M8Memory, Finding | None]:
    """Two registers in a row, register and power, or power and U x I, are about 1000 apart (M8)."""
    finding = _power(memory, view, thresholds)
    if finding is not None or memory.power_off:
        return memory, finding
    register = view.register
    if register is None or register.move is _HELD:
        return memory, None
    low_wh, high_wh = register.from_wh, register.wh
    if low_wh > high_wh:
        low_wh, high_wh = high_wh, low_wh
    if register.move in _STEPS and _are_scaled(low_wh, high_wh, thresholds):
        finding = _finding(view, "register", register.wh, register.from_wh, register.from_at_ms)
        return memory, _tell(memory, view, finding)
    _add(memory, view, register, thresholds)
    if memory.gain_wh < thresholds.steps * view.resolution_wh or not memory.low:
        return memory, None
    is_large, is_small = _scale(memory)
    if not is_large and not is_small:
        _begin_anew(memory, view)
        memory.is_reported = False
        return memory, None
    if not _is_enough(memory, is_large, thresholds.steps * view.resolution_wh, thresholds):
        return memory, None
    flowed_wh = (memory.low + memory.high) // (2 * _WH)
    finding = _finding(
        view,
        "register_large" if is_large else "register_small",
        memory.gain_wh,
        flowed_wh,
        memory.since_ms,
    )
    return memory, _tell(memory, view, finding)


def _power(memory: M8Memory, view: View, thresholds: M8Thresholds) -> Finding | None:
    """The reported power against voltage times current, in 2 samples in a row."""
    power_w, apparent = view.sample.power_w, view.apparent
    if power_w is None or apparent is None:
        memory.power_off = 0
        return None
    low_w, high_w = abs(power_w), apparent.power_w
    if low_w > high_w:
        low_w, high_w = high_w, low_w
    is_scaled = low_w * SCALE_FROM <= high_w <= (low_w + 1) * SCALE_TO and low_w > 0
    if not is_scaled or high_w < thresholds.least_power_w:
        memory.power_off = 0
        return None
    if not memory.power_off:
        memory.power_since_ms = view.at_ms
    memory.power_off += 1
    if memory.power_off != thresholds.power_samples:
        return None
    is_large = abs(power_w) == high_w
    return found(
        "M8",
        "power_large" if is_large else "power_small",
        observed=abs(power_w),
        expected=apparent.power_w,
        relation=Relation.ABOUT,
        since_at=moment(memory.power_since_ms),
        at=view.sample.at,
        signal="Power.Active.Import",
        unit="W",
        holds=False,
    )


def _finish(_: M8Memory, ending: Ending, thresholds: M8Thresholds) -> Finding | None:
    """Begin and stop in one unit, the samples between them in the other."""
    track, stop_wh = ending.track, ending.meter_stop_wh
    if track.first_wh is None or track.last_wh is None or stop_wh is None or is_unknown(ending):
        return None
    start_wh = known_start_wh(ending) or 0
    pairs = [(stop_wh, track.last_wh), *([(start_wh, track.first_wh)] if start_wh else [])]
    if not all(_are_scaled(end, seen, thresholds) for end, seen in pairs) and not all(
        _are_scaled(seen, end, thresholds) for end, seen in pairs
    ):
        return None
    return Finding(
        kind="M8",
        cause="ends",
        signal="meterStop",
        unit="Wh",
        observed=stop_wh - start_wh,
        expected=track.gain_wh,
        relation=Relation.ABOUT,
        since_at=ending.started_at,
        at=ending.ended_at,
        severity=Severity.ERROR,
        action=Action.REBUILD_ENERGY,
        holds_billing=True,
        params={"measured_wh": track.gain_wh},
    )


def _add(memory: M8Memory, view: View, register: RegisterStep, thresholds: M8Thresholds) -> None:
    """The stretch since the sample before, if both have a power and are not too far apart."""
    power_w = view.flow_w
    if power_w is None or register.move not in _PROGRESS:
        _begin_anew(memory, view)
        return
    before_ms, before_w = memory.at_ms, memory.power_w
    lasted_ms = 0 if before_ms is None else view.at_ms - before_ms
    if lasted_ms > thresholds.longest_gap_s * 1_000:
        _begin_anew(memory, view)
        return
    memory.at_ms, memory.power_w = view.at_ms, power_w
    if before_ms is None:
        memory.since_ms = view.at_ms
        return
    gain_wh = register.wh - register.from_wh
    if gain_wh > 0:
        memory.samples += 1
        memory.gain_wh += gain_wh
    low_w, high_w = (power_w, before_w) if power_w < before_w else (before_w, power_w)
    memory.low += low_w * lasted_ms
    memory.high += high_w * lasted_ms


def _begin_anew(memory: M8Memory, view: View) -> None:
    power_w = view.flow_w
    memory.at_ms = None if power_w is None else view.at_ms
    memory.power_w, memory.since_ms = power_w or 0, view.at_ms
    memory.samples = memory.gain_wh = memory.low = memory.high = 0


def _scale(memory: M8Memory) -> tuple[bool, bool]:
    """Whether the register is about 1000 times the power, and the other way round."""
    gain = memory.gain_wh * _WH
    return (
        memory.high * SCALE_FROM <= gain <= memory.low * SCALE_TO,
        gain * SCALE_FROM <= memory.low and memory.high <= gain * SCALE_TO,
    )


def _is_enough(memory: M8Memory, is_large: bool, steps_wh: int, thresholds: M8Thresholds) -> bool:
    """Several samples in which the register moved.

    A few watts beside a coarse register are a car that idles, so there it takes more to be sure.
    """
    least_wh = max(thresholds.least_wh, 3 * steps_wh) if is_large else steps_wh
    return memory.samples >= thresholds.samples and memory.gain_wh >= least_wh


def _are_scaled(small_wh: int, large_wh: int, thresholds: M8Thresholds) -> bool:
    """Whether two registers are one in kWh and in Wh, but for rounding to whole kWh."""
    if small_wh < thresholds.least_register_wh:
        return False
    off_wh = abs(large_wh - small_wh * SCALE)
    return off_wh <= max(SCALE, large_wh * thresholds.off_permille // 1_000)


def _tell(memory: M8Memory, view: View, finding: Finding) -> Finding | None:
    """Begins anew; the finding unless it was told already."""
    was_reported, memory.is_reported = memory.is_reported, True
    _begin_anew(memory, view)
    return None if was_reported else finding


def _finding(view: View, cause: str, observed_wh: int, expected_wh: int, since_ms: int) -> Finding:
    return Finding(
        kind="M8",
        cause=cause,
        signal="Energy.Active.Import.Register",
        unit="Wh",
        observed=observed_wh,
        expected=expected_wh,
        relation=Relation.ABOUT,
        since_at=moment(since_ms),
        at=view.sample.at,
        severity=Severity.ERROR,
        action=Action.REBUILD_ENERGY,
        holds_billing=True,
        params={},
    )


DETECTOR = Detector("M8", M8Memory, M8Thresholds, step=_step, finish=_finish)
