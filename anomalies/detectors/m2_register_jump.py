"""M2: the register, or the whole session, gained more energy than the connector can give."""

from __future__ import annotations

from anomalies.detectors.base import Detector, Ending, Nothing, View, moment
from anomalies.detectors.register import balance_of, known_start_wh
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.registers import Move, epoch_ms

_SIGNAL = "Energy.Active.Import.Register"


def _step(memory: Nothing, view: View, _: Nothing) -> tuple[Nothing, Finding | None]:
    """A gain above 1.3 times the rated power over the time plus 200 Wh (catalogue M2)."""
    register = view.register
    if register is None or register.move is not Move.JUMP:
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


def _finish(_: Nothing, ending: Ending, __: Nothing) -> Finding | None:
    """A session above rated power times duration, or one that starts at a placeholder.

    The second is the public case of 910 kWh billed for 83 Wh: a begin of 0 sent before the meter
    could be read, then the odometer (citrineos-core pull request 1060).
    """
    start_wh, stop_wh = known_start_wh(ending), ending.meter_stop_wh
    if start_wh is None or stop_wh is None:
        return None
    balance = balance_of(ending)
    between_wh = stop_wh - start_wh
    if balance is not None and balance.begin_is_far:
        return _finding(ending, "begin_placeholder", between_wh, ending.track.gain_wh)
    duration_ms = epoch_ms(ending.ended_at) - epoch_ms(ending.started_at)
    most_wh = ending.limits.gain_wh(duration_ms)
    if between_wh > most_wh + ending.track.resolution_wh:
        return _finding(ending, "above_rated", between_wh, most_wh)
    return None


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


DETECTOR = Detector("M2", Nothing, Nothing, step=_step, finish=_finish)
