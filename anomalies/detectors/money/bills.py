"""F3 and F4: energy without a bill, bills without energy, and amounts that do not follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation

_DEFAULTS = Thresholds()


@dataclass(frozen=True, slots=True)
class BillThresholds:
    """F3 and F4 of the catalogue; the band is in minor units per kWh, 0 for none."""

    prepaid_s: int = bounded(3_600, 600, 86_400)
    invoiced_s: int = bounded(86_400, 3_600, 2_678_400)
    lowest_minor: int = bounded(0, 0, 100_000)
    highest_minor: int = bounded(0, 0, 100_000)
    least_wh: int = bounded(1_000, 100, 20_000)


@dataclass(frozen=True, slots=True)
class Bill:
    """A session and what was made of it, amounts in minor units.

    `billed_minor` is None while there is no invoice line, `replayed_minor` what the tariff gives
    when it is applied again. `is_free`: by a price of zero or a waiver, so none is due.
    `is_held`: billing waits for a person. `has_other_price`: a price for time or for the start.
    """

    ended_at: datetime
    energy_wh: int
    billed_minor: int | None = None
    paid_minor: int = 0
    replayed_minor: int | None = None
    is_prepaid: bool = False
    is_free: bool = False
    is_held: bool = False
    has_other_price: bool = False


def unbilled(bill: Bill, now: datetime, thresholds: Thresholds = _DEFAULTS) -> Finding | None:
    """Energy and no invoice line in time, or money for nothing (catalogue F3)."""
    chosen = thresholds.of(BillThresholds)
    if bill.energy_wh == 0 and bill.paid_minor > 0 and not bill.has_other_price:
        return _finding("F3", "paid_for_nothing", bill.paid_minor, 0, bill, now, unit="minor")
    if bill.energy_wh <= 0 or bill.billed_minor is not None or bill.is_free or bill.is_held:
        return None
    limit_s = chosen.prepaid_s if bill.is_prepaid else chosen.invoiced_s
    if now - bill.ended_at <= timedelta(seconds=limit_s):
        return None
    return _finding("F3", "unbilled", bill.energy_wh, 0, bill, now)


def price_mismatch(bill: Bill, now: datetime, thresholds: Thresholds = _DEFAULTS) -> Finding | None:
    """An amount that is not what the tariff gives, to the cent, or a price outside the band.

    The band looks at the amount per kWh, so only where energy is all that is priced (F4).
    """
    chosen = thresholds.of(BillThresholds)
    if bill.billed_minor is None:
        return None
    if bill.replayed_minor is not None and bill.replayed_minor != bill.billed_minor:
        return _finding("F4", "differs", bill.billed_minor, bill.replayed_minor, bill, now)
    if bill.has_other_price or bill.is_free or bill.energy_wh < chosen.least_wh:
        return None
    per_kwh = bill.billed_minor * 1_000 // bill.energy_wh
    if chosen.highest_minor and per_kwh > chosen.highest_minor:
        return _finding("F4", "outside_band", per_kwh, chosen.highest_minor, bill, now)
    if per_kwh < chosen.lowest_minor:
        return _finding("F4", "outside_band", per_kwh, chosen.lowest_minor, bill, now)
    return None


def _finding(
    kind: str,
    cause: str,
    observed: int,
    expected: int,
    bill: Bill,
    now: datetime,
    unit: str | None = None,
) -> Finding:
    return found(
        kind,
        cause,
        observed=observed,
        expected=expected,
        relation=Relation.ABOUT,
        since_at=bill.ended_at,
        at=now,
        unit=unit,
    )
