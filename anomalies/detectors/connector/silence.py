"""S9: how long a connector may go without a good session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from anomalies.detectors.connector.state import ConnectorState
from anomalies.detectors.summaries import SessionSummary
from anomalies.detectors.thresholds import Thresholds, bounded
from sessions_app.registers import epoch_ms

_DEFAULTS = Thresholds()
_REMEMBERED = 60
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class S9Thresholds:
    """Lomax p 0.001 gave 0.36 alarms per 100 connector-days, Poisson 0.72 (measured)."""

    chance_ppm: int = bounded(1_000, 100, 20_000)
    least_gaps: int = bounded(30, 10, 60)
    least_s: int = bounded(43_200, 3_600, 604_800)


def follow_gaps(state: ConnectorState, summary: SessionSummary) -> ConnectorState:
    """The connector with the time since its last good session added to its gaps."""
    if not summary.is_good:
        return state
    ended_ms = epoch_ms(summary.ended_at)
    if state.last_good_ms is None:
        return replace(state, last_good_ms=ended_ms)
    gap = max(0, epoch_ms(summary.started_at) - state.last_good_ms) // _MINUTE_MS
    gaps = (*state.gaps, gap)[-_REMEMBERED:]
    return replace(state, gaps=gaps, last_good_ms=max(ended_ms, state.last_good_ms))


def silent_after_s(state: ConnectorState, thresholds: Thresholds = _DEFAULTS) -> int | None:
    """Seconds after the last good session at which silence is news; None while unknown.

    The 99.9 % quantile of a Lomax distribution with the gaps' mean and variance; real gaps have
    heavier tails than a Poisson process (catalogue 2.1, S9).
    """
    chosen = thresholds.of(S9Thresholds)
    if state.last_good_ms is None or len(state.gaps) < chosen.least_gaps:
        return None
    return max(chosen.least_s, 60 * _lomax_quantile(state.gaps, chosen.chance_ppm / 1_000_000))


def _lomax_quantile(gaps: Sequence[int], chance: float) -> int:
    mean = max(1.0, sum(gaps) / len(gaps))
    variance = sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1)
    square = mean * mean
    alpha = 2 * variance / (variance - square) if variance > square * 1.05 else 40.0
    alpha = min(40.0, max(2.2, alpha))
    return int(mean * (alpha - 1) * (float(chance ** (-1 / alpha)) - 1))
