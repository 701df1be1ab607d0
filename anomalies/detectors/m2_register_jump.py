"""M2: the register, or the whole session, gained more energy than the connector can give."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, Ending, Nothing, View, moment
from anomalies.detectors.register import balance_of, known_start_wh
from anomalies.detectors.thresholds import bounded
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.rebuild import VOLTAGE_PERMILLE
from sessions_app.registers import Move, epoch_ms

_SIGNAL = "Energy.Active.Import.Register"
_JUMP = Move.JUMP
_HOUR_MS_PERMILLE = 3_600_000_000


@dataclass(frozen=True, slots=True)
class M2Thresholds:
    """Over a whole session EN 50160's 10 % above nominal voltage is all there is to allow."""

    session_permille: int = bounded(VOLTAGE_PERMILLE, 1_000, 1_500)


def _step(memory: Nothing, view: View, _: M2Thresholds) -> tuple[Nothing, Finding | None]:
    """A gain above 1.3 times the rated power over the time plus 200 Wh (catalogue M2)."""
    register = view.register
    if register is None or register.move is not _JUMP:
        return memory, None
    return memory, Finding(
        kind="M2",
        cause="jump",
        signal=_SIGNAL,
        unit="Wh",
        observed=register.wh - register.from_wh,
        expected=register.allowed_wh,
        relation=Relation.AT_MOST,
        since_at=moment(register.from_at_ms),
        at=view.sample.at,
        severity=Severity.CRITICAL,
        action=Action.HOLD_BILLING,
        holds_billing=True,
        params={"from_wh": register.from_wh, "to_wh": register.wh},
    )


def _finish(_: Nothing, ending: Ending, thresholds: M2Thresholds) -> Finding | None:
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


DETECTOR = Detector("M2", Nothing, M2Thresholds, step=_step, finish=_finish)
