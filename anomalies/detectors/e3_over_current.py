"""E3: more current than the connector, the cable, our profile or the station's own offer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.electric import phase_currents_ma
from anomalies.detectors.thresholds import bounded
from anomalies.types import Action, Finding, Relation, Severity


@dataclass(frozen=True, slots=True)
class E3Thresholds:
    """IEC 61851's pilot has steps of 0.6 A; stations round limits by up to 1 A."""

    limit_permille: int = bounded(1_030, 1_000, 1_200)
    slack_ma: int = bounded(1_000, 200, 5_000)
    samples: int = bounded(2, 1, 5)
    settling_s: int = bounded(60, 10, 300)


@dataclass(frozen=True, slots=True)
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
    offers = _remember_offer(memory.offers, view, thresholds)
    if offers != memory.offers:
        memory = replace(memory, offers=offers)
    current_ma = _load_ma(view)
    limit_ma = _limit_ma(memory.offers, view, thresholds)
    if current_ma is None or limit_ma is None:
        return memory, None
    if current_ma <= limit_ma * thresholds.limit_permille // 1_000 + thresholds.slack_ma:
        return (replace(memory, above=0, is_reported=False) if memory.above else memory), None
    since_ms = memory.since_ms if memory.above else view.at_ms
    above = min(memory.above + 1, thresholds.samples)
    memory = replace(memory, above=above, since_ms=since_ms)
    if above < thresholds.samples or memory.is_reported:
        return memory, None
    return replace(memory, is_reported=True), Finding(
        kind="E3",
        cause="over_limit",
        signal="Current.Import",
        unit="mA",
        observed=current_ma,
        expected=limit_ma,
        relation=Relation.AT_MOST,
        since_at=moment(since_ms),
        at=view.sample.at,
        severity=Severity.SYSTEM,
        action=Action.TAKE_OUT_OF_SERVICE,
        params={"tolerance_permille": thresholds.limit_permille},
    )


def _load_ma(view: View) -> int | None:
    """The most loaded conductor; an unphased current on several phases may be their sum."""
    phases = [abs(ma) for ma in phase_currents_ma(view.sample) if ma is not None]
    if phases:
        return max(phases)
    current_ma = view.sample.current_ma
    return None if current_ma is None else abs(current_ma) // view.facts.line_count


def _remember_offer(
    offers: tuple[tuple[int, int], ...], view: View, thresholds: E3Thresholds
) -> tuple[tuple[int, int], ...]:
    """Offers of the settling time and the one in force when it began.

    An offer of 0 beside a current is a station that does not fill the field in.
    """
    offered_ma = view.sample.current_offered_ma
    if offered_ma and not (offers and offers[-1][1] == offered_ma):
        offers = (*offers, (view.at_ms, offered_ma))
    began_ms = view.at_ms - thresholds.settling_s * 1_000
    in_force = [index for index, (at_ms, _) in enumerate(offers) if at_ms <= began_ms]
    return offers[in_force[-1] :] if in_force else offers


def _limit_ma(
    offers: tuple[tuple[int, int], ...], view: View, thresholds: E3Thresholds
) -> int | None:
    began_at = view.sample.at - timedelta(seconds=thresholds.settling_s)
    began_ms = view.at_ms - thresholds.settling_s * 1_000
    limits = [view.facts.max_current_ma, view.facts.loosest_limit_ma(began_at, view.sample.at)]
    if offers and offers[0][0] <= began_ms:
        limits.append(max(offered_ma for _, offered_ma in offers))
    return min((limit for limit in limits if limit is not None), default=None)


DETECTOR = Detector("E3", E3Memory, E3Thresholds, step=_step)
