"""M3: power flows and the energy register does not move."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, Ending, View, moment
from anomalies.detectors.thresholds import bounded
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.rebuild import SCALE_FROM, SCALE_TO
from sessions_app.registers import Move, RegisterStep

# Energies here are W times ms, exact in integers.
_WH = 3_600_000
_FORWARD, _HELD = Move.FORWARD, Move.HELD


@dataclass(frozen=True, slots=True)
class M3Thresholds:
    """The catalogue's 200 Wh; a register that then shows 90 % of what flowed was only slow."""

    least_wh: int = bounded(200, 100, 5_000)
    samples: int = bounded(2, 1, 10)
    caught_up_permille: int = bounded(900, 500, 1_000)
    longest_gap_s: int = bounded(900, 300, 3_600)


@dataclass(slots=True)
class M3Memory:
    """The last power, and what flowed at least since the register last moved.

    `lost` flowed while the register stood still and was never counted.
    """

    power_at_ms: int | None = None
    power_w: int = 0
    flat: int = 0
    flat_samples: int = 0
    flat_since_ms: int = 0
    lost: int = 0
    is_reported: bool = False


def _step(
    memory: M3Memory, view: View, thresholds: M3Thresholds
) -> tuple[M3Memory, Finding | None]:
    """At least 200 Wh flowed by the lower power of each two samples, and no step (catalogue M3).

    The threshold grows with the register's resolution, since its steps may be that far apart.
    """
    _add_flow(memory, view, thresholds)
    register = view.register
    if register is None or register.move is _HELD:
        return memory, None
    if register.move is not _FORWARD or register.wh > register.from_wh:
        _move(memory, view, register, thresholds)
        return memory, None
    memory.flat_samples += 1
    least = (thresholds.least_wh + view.resolution_wh) * _WH
    is_stuck = memory.flat >= least and memory.flat_samples >= thresholds.samples
    if not is_stuck or memory.is_reported:
        return memory, None
    memory.is_reported = True
    return memory, Finding(
        kind="M3",
        cause="stuck",
        signal="Energy.Active.Import.Register",
        unit="Wh",
        observed=0,
        expected=memory.flat // _WH,
        relation=Relation.AT_LEAST,
        since_at=moment(memory.flat_since_ms),
        at=view.sample.at,
        severity=Severity.CRITICAL,
        action=Action.REBUILD_ENERGY,
        holds_billing=True,
        params={"register_wh": register.wh},
    )


def _excuse(memory: M3Memory, ending: Ending, thresholds: M3Thresholds) -> bool:
    """Whether the register caught up by the end of the session."""
    flat, last_wh = memory.flat, ending.track.last_wh
    if last_wh is not None and ending.meter_stop_wh is not None:
        step_wh = ending.meter_stop_wh - last_wh
        flat = 0 if _has_caught_up(flat, step_wh, thresholds) else flat
    return memory.lost + flat < (thresholds.least_wh + ending.track.resolution_wh) * _WH


def _add_flow(memory: M3Memory, view: View, thresholds: M3Thresholds) -> None:
    power_w = view.flow_w
    if power_w is None:
        return
    if memory.power_at_ms is not None:
        lasted_ms = view.at_ms - memory.power_at_ms
        if lasted_ms <= thresholds.longest_gap_s * 1_000:
            before_w = memory.power_w
            memory.flat += min(before_w, power_w) * lasted_ms
    memory.power_at_ms, memory.power_w = view.at_ms, power_w


def _move(memory: M3Memory, view: View, register: RegisterStep, thresholds: M3Thresholds) -> None:
    """The register moved, or steps and begins anew, of which other kinds tell."""
    is_counted = memory.is_reported and register.move is _FORWARD
    if is_counted and not _has_caught_up(memory.flat, register.wh - register.from_wh, thresholds):
        memory.lost += memory.flat
    # Of a register that fell to nothing and stays there M1 has told.
    memory.is_reported = register.wh <= 0 and register.move is Move.BACKWARD
    memory.flat, memory.flat_samples, memory.flat_since_ms = 0, 0, view.at_ms


def _has_caught_up(flat: int, step_wh: int, thresholds: M3Thresholds) -> bool:
    """A step that is all of it, or a thousandth of it: that is a wrong unit, which is M8's."""
    if step_wh * SCALE_FROM * _WH <= flat <= step_wh * SCALE_TO * _WH:
        return step_wh > 0
    return step_wh * _WH * 1_000 >= flat * thresholds.caught_up_permille


DETECTOR = Detector("M3", M3Memory, M3Thresholds, step=_step, excuse=_excuse)
