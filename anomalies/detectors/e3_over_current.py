"""E3: more current than the connector, the cable or the station's own offer; for ours see E4."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.thresholds import bounded
from anomalies.types import Action, Finding, Relation, Severity


@dataclass(frozen=True, slots=True)
class E3Thresholds:
    """IEC 61851's pilot has steps of 0.6 A; stations round limits by up to 1 A."""

    limit_permille: int = bounded(1_030, 1_000, 1_200)
    slack_ma: int = bounded(1_000, 200, 5_000)
    samples: int = bounded(2, 1, 5)
    settling_s: int = bounded(60, 10, 300)


@dataclass(slots=True)
class E3Memory:
    """Samples above the limit in a row, and the offers (ms, mA) of the settling time."""

    above: int = 0
    since_ms: int = 0
    is_reported: bool = False
    offers: tuple[tuple[int, int], ...] = ()


def _step(
    memory: E3Memory, view: View, thresholds: E3Thresholds
) -> tuple[E3Memory, Finding | None]:
    """Above 1.03 times the limit plus 1 A for 2 samples (catalogue E3).

    For 60 s after a limit was lowered the old one still counts.
    """
    memory.offers = _remember_offer(memory.offers, view, thresholds)
    current_ma = view.line_ma
    limit_ma = _limit_ma(memory.offers, view, thresholds)
    if current_ma is None or limit_ma is None:
        return memory, None
    if current_ma <= limit_ma * thresholds.limit_permille // 1_000 + thresholds.slack_ma:
        if memory.above:
            memory.above, memory.is_reported = 0, False
        return memory, None
    if not memory.above:
        memory.since_ms = view.at_ms
    memory.above = min(memory.above + 1, thresholds.samples)
    if memory.above < thresholds.samples or memory.is_reported:
        return memory, None
    memory.is_reported = True
    return memory, Finding(
        kind="E3",
        cause="over_limit",
        signal="Current.Import",
        unit="mA",
        observed=current_ma,
        expected=limit_ma,
        relation=Relation.AT_MOST,
        since_at=moment(memory.since_ms),
        at=view.sample.at,
        severity=Severity.SYSTEM,
        action=Action.TAKE_OUT_OF_SERVICE,
        params={"tolerance_permille": thresholds.limit_permille},
    )


def _remember_offer(
    offers: tuple[tuple[int, int], ...], view: View, thresholds: E3Thresholds
) -> tuple[tuple[int, int], ...]:
    """Offers of the settling time and the one in force when it began.

    An offer of 0 beside a current is a station that does not fill the field in.
    """
    offered_ma = view.sample.current_offered_ma
    if offered_ma and not (offers and offers[-1][1] == offered_ma):
        offers = (*offers, (view.at_ms, offered_ma))
    if len(offers) < 2:
        return offers
    began_ms = view.at_ms - thresholds.settling_s * 1_000
    in_force = [index for index, (at_ms, _) in enumerate(offers) if at_ms <= began_ms]
    return offers[in_force[-1] :] if in_force else offers


def _limit_ma(
    offers: tuple[tuple[int, int], ...], view: View, thresholds: E3Thresholds
) -> int | None:
    began_ms = view.at_ms - thresholds.settling_s * 1_000
    rated_ma = view.facts.max_current_ma
    if not offers or offers[0][0] > began_ms:
        return rated_ma
    most_ma = offers[0][1] if len(offers) == 1 else max([offered_ma for _, offered_ma in offers])
    return most_ma if rated_ma is None or most_ma < rated_ma else rated_ma


DETECTOR = Detector("E3", E3Memory, E3Thresholds, step=_step)
