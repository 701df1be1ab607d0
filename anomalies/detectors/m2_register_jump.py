"""M2: the register, or the whole session, gained more energy than the connector can give."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, Ending, View, moment
from anomalies.detectors.register import balance_of, known_start_wh
from anomalies.detectors.thresholds import bounded
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.rebuild import VOLTAGE_PERMILLE
from sessions_app.registers import Move, RegisterStep, epoch_ms

_SIGNAL = "Energy.Active.Import.Register"
_FORWARD, _HELD, _JUMP = Move.FORWARD, Move.HELD, Move.JUMP
_HOUR_MS_PERMILLE = 3_600_000_000


@dataclass(frozen=True, slots=True)
class M2Thresholds:
    """Over a whole session EN 50160's 10 % above nominal voltage is all there is to allow."""

    session_permille: int = bounded(VOLTAGE_PERMILLE, 1_000, 1_500)
    top_permille: int = bounded(1_200, 1_100, 2_000)
    top_slack_wh: int = bounded(500, 200, 5_000)
    longest_gap_s: int = bounded(900, 300, 3_600)


@dataclass(slots=True)
class M2Memory:
    """The most power (W) of the session, and when the register last moved."""

    top_w: int = 0
    moved_ms: int | None = None


def _step(
    memory: M2Memory, view: View, thresholds: M2Thresholds
) -> tuple[M2Memory, Finding | None]:
    """A gain above 1.3 times the rated power over the time plus 200 Wh (catalogue M2).

    Or above 1.2 times the most power of this session and 500 Wh: a strong connector and a weak
    car leave room for a jump that the rating alone does not show.
    """
    register = view.register
    apparent_w = view.apparent.power_w if view.apparent is not None else 0
    memory.top_w = max(memory.top_w, view.flow_w or 0, apparent_w)
    if register is None or register.move is _HELD:
        return memory, None
    moved_ms = memory.moved_ms
    if moved_ms is None or (register.wh > 0 and register.wh != register.from_wh):
        memory.moved_ms = view.at_ms
    if register.move is _JUMP:
        return memory, _jump(view, register, register.allowed_wh)
    if register.move is not _FORWARD or moved_ms is None or view.flow_w is None:
        return memory, None
    lasted_ms = view.at_ms - moved_ms
    if (view.gap_ms or 0) > thresholds.longest_gap_s * 1_000:
        return memory, None
    most_wh = memory.top_w * thresholds.top_permille * lasted_ms // _HOUR_MS_PERMILLE
    most_wh += thresholds.top_slack_wh + 2 * view.resolution_wh
    if register.wh - register.from_wh <= most_wh:
        return memory, None
    return memory, _jump(view, register, most_wh)


def _jump(view: View, register: RegisterStep, most_wh: int) -> Finding:
    return Finding(
        kind="M2",
        cause="jump",
        signal=_SIGNAL,
        unit="Wh",
        observed=register.wh - register.from_wh,
        expected=most_wh,
        relation=Relation.AT_MOST,
        since_at=moment(register.from_at_ms),
        at=view.sample.at,
        severity=Severity.CRITICAL,
        action=Action.HOLD_BILLING,
        holds_billing=True,
        params={"from_wh": register.from_wh, "to_wh": register.wh},
    )


def _finish(_: M2Memory, ending: Ending, thresholds: M2Thresholds) -> Finding | None:
    """A session above rated power times duration, or one that starts at a placeholder.

    The second is the public case of 910 kWh billed for 83 Wh: a begin of 0 sent before the meter
    could be read, then the odometer (citrineos-core pull request 1060).
    """
    start_wh, stop_wh = known_start_wh(ending), ending.meter_stop_wh
    energy_wh = ending.energy_wh
    if start_wh is not None and stop_wh is not None:
        balance = balance_of(ending)
        if balance is not None and balance.begin_is_far:
            between_wh = stop_wh - start_wh
            return _finding(ending, "begin_placeholder", between_wh, ending.track.gain_wh)
        energy_wh = max(energy_wh, stop_wh - start_wh)
    most_wh = _most_wh(ending, thresholds)
    if energy_wh > most_wh + ending.limits.slack_wh + ending.track.resolution_wh:
        return _finding(ending, "above_rated", energy_wh, most_wh)
    return None


def _most_wh(ending: Ending, thresholds: M2Thresholds) -> int:
    """What the connector can give in the session's time; without its rating the absurd."""
    duration_ms = max(0, epoch_ms(ending.ended_at) - epoch_ms(ending.started_at))
    power_w = ending.limits.power_w * thresholds.session_permille
    return power_w * duration_ms // _HOUR_MS_PERMILLE


def _finding(ending: Ending, cause: str, observed_wh: int, expected_wh: int) -> Finding:
    return Finding(
        kind="M2",
        cause=cause,
        signal=_SIGNAL,
        unit="Wh",
        observed=observed_wh,
        expected=expected_wh,
        relation=Relation.AT_MOST,
        since_at=ending.started_at,
        at=ending.ended_at,
        severity=Severity.CRITICAL,
        action=Action.HOLD_BILLING,
        holds_billing=True,
        params={"measured_wh": ending.track.gain_wh},
    )


DETECTOR = Detector("M2", M2Memory, M2Thresholds, step=_step, finish=_finish)
