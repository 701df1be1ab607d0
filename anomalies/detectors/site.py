"""Rules over the stations of one site: power cuts, supply voltage, and the site's own meter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation

_DEFAULTS = Thresholds()


@dataclass(frozen=True, slots=True)
class SiteThresholds:
    """S3's grouping and M7 of the catalogue."""

    stations: int = bounded(3, 2, 10)
    share_permille: int = bounded(300, 100, 900)
    within_s: int = bounded(120, 30, 900)
    balance_permille: int = bounded(50, 20, 300)
    least_wh: int = bounded(1_000, 200, 50_000)


@dataclass(frozen=True, slots=True)
class Storm:
    """One incident of a site in place of those of its stations (their indexes)."""

    kind: str
    members: tuple[int, ...]
    since_at: datetime
    finding: Finding


def site_storm(
    lost_at: Sequence[datetime | None], now: datetime, thresholds: Thresholds = _DEFAULTS
) -> Storm | None:
    """More than 30 % of at least 3 stations went silent within 2 minutes: one site incident.

    `lost_at` per station is when it was last heard, None for one that is there (catalogue S3).
    """
    chosen = thresholds.of(SiteThresholds)
    members = _densest(lost_at, chosen.within_s)
    if len(lost_at) < chosen.stations or len(members) < 2:
        return None
    if len(members) * 1_000 <= chosen.share_permille * len(lost_at):
        return None
    since_at = min(at for i in members if (at := lost_at[i]) is not None)
    finding = found(
        "S3",
        "site_offline",
        observed=len(members),
        expected=chosen.share_permille * len(lost_at) // 1_000,
        relation=Relation.AT_MOST,
        since_at=since_at,
        at=now,
        unit="",
        stations=len(lost_at),
    )
    return Storm("S3", members, since_at, finding)


def group_supply(
    findings: Sequence[tuple[int, Finding]], within: timedelta = timedelta(minutes=20)
) -> tuple[tuple[int, ...], ...]:
    """Stations whose E2 findings belong together: same cause, near in time, one grid connection.

    `findings` are (station index, finding); each group is one incident of the site.
    """
    groups: list[list[tuple[int, Finding]]] = []
    for station, finding in sorted(findings, key=lambda pair: pair[1].since_at):
        for group in groups:
            last = group[-1][1]
            if last.cause == finding.cause and finding.since_at - last.since_at <= within:
                group.append((station, finding))
                break
        else:
            groups.append([(station, finding)])
    return tuple(tuple(sorted({station for station, _ in group})) for group in groups)


def site_balance(
    site_wh: int,
    connectors_wh: Sequence[int],
    since_at: datetime,
    at: datetime,
    thresholds: Thresholds = _DEFAULTS,
    *,
    own_use_wh: int = 0,
) -> Finding | None:
    """What the site meter counted in a quarter hour against its connectors (catalogue M7).

    `own_use_wh` is what else hangs on that meter; under 1 kWh the steps of the registers rule.
    """
    chosen = thresholds.of(SiteThresholds)
    total_wh = sum(connectors_wh) + own_use_wh
    larger_wh = max(site_wh, total_wh)
    if larger_wh < chosen.least_wh:
        return None
    if abs(site_wh - total_wh) * 1_000 <= chosen.balance_permille * larger_wh:
        return None
    return found(
        "M7",
        "site_above" if site_wh > total_wh else "site_below",
        observed=site_wh,
        expected=total_wh,
        relation=Relation.ABOUT,
        since_at=since_at,
        at=at,
    )


def _densest(lost_at: Sequence[datetime | None], within_s: int) -> tuple[int, ...]:
    """The largest group of stations lost within the window."""
    lost = sorted((at, index) for index, at in enumerate(lost_at) if at is not None)
    best: tuple[int, ...] = ()
    for start, (from_at, _) in enumerate(lost):
        group = tuple(i for at, i in lost[start:] if (at - from_at).total_seconds() <= within_s)
        best = group if len(group) > len(best) else best
    return best
