"""M9: the begin or stop register is no value, or contradicts the other or the samples."""

from __future__ import annotations

from anomalies.detectors.base import Detector, Ending, Nothing
from anomalies.detectors.register import balance_of, is_unknown, known_start_wh
from anomalies.types import Action, Finding, Relation, Severity


def _finish(_: Nothing, ending: Ending, __: Nothing) -> Finding | None:
    """Stop below start, 0 or -1 for unknown, or far from what the samples saw (catalogue M9).

    A begin below zero is as unknown as such a stop; a begin or stop not sent at all is no finding.
    """
    start_wh, stop_wh, track = known_start_wh(ending), ending.meter_stop_wh, ending.track
    if ending.meter_start_wh is not None and start_wh is None:
        return _finding(ending, "begin_unknown", ending.meter_start_wh, track.first_wh or 0)
    if stop_wh is None:
        return None
    if is_unknown(ending):
        expected_wh = track.last_wh if track.last_wh is not None else start_wh or 0
        return _finding(ending, "stop_unknown", stop_wh, expected_wh)
    tolerance_wh = track.resolution_wh if track.readings > 1 else 0
    tolerance_wh += ending.limits.tolerance_wh
    if start_wh is not None and stop_wh < start_wh - tolerance_wh:
        return _finding(ending, "stop_below_start", stop_wh, start_wh)
    return _against_samples(ending)


def _against_samples(ending: Ending) -> Finding | None:
    """Silent after a step inside the session: M1 or M2 have said it, and it explains the rest."""
    balance = balance_of(ending)
    if balance is None or ending.track.changes:
        return None
    if balance.between_wh < balance.least_wh:
        return _finding(ending, "stop_below_samples", balance.between_wh, balance.least_wh)
    if balance.between_wh > balance.most_wh and not balance.begin_is_far:
        return _finding(
            ending, "stop_far_above", balance.between_wh, balance.most_wh, Relation.AT_MOST
        )
    return None


def _finding(
    ending: Ending,
    cause: str,
    observed_wh: int,
    expected_wh: int,
    relation: Relation = Relation.AT_LEAST,
) -> Finding:
    return Finding(
        kind="M9",
        cause=cause,
        signal="meterStop",
        unit="Wh",
        observed=observed_wh,
        expected=expected_wh,
        relation=relation,
        since_at=ending.started_at,
        at=ending.ended_at,
        severity=Severity.CRITICAL,
        action=Action.REBUILD_ENERGY,
        holds_billing=True,
        params={"measured_wh": ending.track.gain_wh},
    )


DETECTOR = Detector("M9", Nothing, Nothing, finish=_finish)
