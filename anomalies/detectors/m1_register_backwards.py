"""M1: the energy register runs backwards."""

from __future__ import annotations

from anomalies.detectors.base import Detector, Nothing, View, moment
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.registers import Move

_SIGNAL = "Energy.Active.Import.Register"
_BACKWARD = Move.BACKWARD


def _step(memory: Nothing, view: View, _: Nothing) -> tuple[Nothing, Finding | None]:
    """A step back beyond the resolution plus 5 Wh; 0 and -1 only when they stay (2.2, 3 M1)."""
    register = view.register
    if register is None or register.move is not _BACKWARD:
        return memory, None
    return memory, Finding(
        kind="M1",
        cause="stays_empty" if register.wh <= 0 else "lower",
        signal=_SIGNAL,
        unit="Wh",
        observed=register.wh,
        expected=register.from_wh,
        relation=Relation.AT_LEAST,
        since_at=moment(register.from_at_ms),
        at=view.sample.at,
        severity=Severity.CRITICAL,
        action=Action.HOLD_BILLING,
        holds_billing=True,
        params={"lost_wh": register.from_wh - register.wh},
    )


DETECTOR = Detector("M1", Nothing, Nothing, step=_step)
