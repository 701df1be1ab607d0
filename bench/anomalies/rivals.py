"""Detectors of other kinds on the same sessions: z-score, isolation forest, half-space trees.

All are given more than the product has: models of their own for AC and DC, thresholds that keep
1 % of the sessions they learnt from above them, and a hit for any alarm, of whatever kind, after
the onset.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import islice, pairwise
from statistics import fmean, pstdev
from time import process_time
from typing import Any

from anomalies.detectors import Facts
from anomalies.detectors.electric import apparent_power, flow_w, largest_current_ma
from sessions_app.types import Sample

INSTALL = "uv pip install --require-hashes -r requirements/bench.txt"
_QUIET_SHARE = 0.99
_MOST_LEARNT = 8_000
_MOST_JUDGED = 500

Row = tuple[float, ...]
Score = Callable[[Sequence[Row]], list[float]]
Learn = Callable[[Sequence[Row], int], Score]


@dataclass
class Rival:
    """What one detector did on one set of features; `note` says why it was not played."""

    name: str
    features: str
    clean_share: float = 0.0
    event_share: float = 0.0
    us_per_sample: float = 0.0
    note: str = ""


@dataclass
class Played:
    """One session as a rival sees it; `onset`: the first sample of the fault."""

    is_dc: bool
    rows: dict[str, list[Row]]
    onset: int | None = None


@dataclass
class Crowd:
    """The sessions to learn from, the healthy and the broken ones to judge."""

    learnt: list[Played] = field(default_factory=list)
    clean: list[Played] = field(default_factory=list)
    broken: list[Played] = field(default_factory=list)


def see(samples: Sequence[Sample], facts: Facts, from_s: float | None = None) -> Played:
    """The session's features: as reported, and what is left over when physics is taken out."""
    raw, left = [], []
    before: Sample | None = None
    for sample in samples:
        raw.append(_raw(sample, before, facts))
        left.append(_residuals(sample, before, facts))
        before = sample
    onset = None
    if from_s is not None and facts.started_at is not None:
        began = facts.started_at.timestamp() + from_s
        onset = next((i for i, one in enumerate(samples) if one.at.timestamp() >= began), 0)
    return Played(facts.is_dc, {"raw": raw, "residuals": left}, onset)


def measure_rivals(crowd: Crowd, seed: int) -> list[Rival]:
    """Every rival on both sets of features."""
    rivals = []
    for name, needs, learn in _RIVALS:
        for features in ("raw", "residuals"):
            if needs and find_spec(needs) is None:
                rivals.append(Rival(name, features, note=f"not installed ({INSTALL})"))
            else:
                rivals.append(_measure(crowd, seed, name, features, learn))
    return rivals


def _measure(crowd: Crowd, seed: int, name: str, features: str, learn: Learn) -> Rival:
    clean, broken = _thinned(crowd.clean), _thinned(crowd.broken)
    loud_clean = loud_broken = samples = 0
    seconds = 0.0
    for is_dc in (False, True):
        known = [one.rows[features] for one in crowd.learnt if one.is_dc is is_dc]
        if not known:
            continue
        score = learn([row for rows in known for row in rows][:_MOST_LEARNT], seed)
        peaks = sorted(max(scores, default=0.0) for scores in _score_each(score, known))
        limit = peaks[min(len(peaks) - 1, int(_QUIET_SHARE * len(peaks)))]
        judged = [one for one in (*clean, *broken) if one.is_dc is is_dc]
        began = process_time()
        scored = _score_each(score, [one.rows[features] for one in judged])
        seconds += process_time() - began
        for one, scores in zip(judged, scored, strict=True):
            samples += len(scores)
            is_loud = any(each > limit for each in scores[one.onset or 0 :])
            loud_clean += is_loud and one.onset is None
            loud_broken += is_loud and one.onset is not None
    return Rival(
        name,
        features,
        loud_clean / max(1, len(clean)),
        loud_broken / max(1, len(broken)),
        1e6 * seconds / max(1, samples),
    )


def _thinned(played: Sequence[Played]) -> Sequence[Played]:
    return played[:: len(played) // _MOST_JUDGED + 1]


def _score_each(score: Score, sessions: Sequence[Sequence[Row]]) -> list[list[float]]:
    """All in one call: the forest takes as long for one row as for a thousand."""
    scores = iter(score([row for rows in sessions for row in rows]))
    return [list(islice(scores, len(rows))) for rows in sessions]


def _learn_z(rows: Sequence[Row], seed: int) -> Score:
    """The largest distance from a feature's mean, in deviations."""
    columns = list(zip(*rows, strict=True))
    means = [fmean(column) for column in columns]
    spreads = [pstdev(column) or 1.0 for column in columns]

    def score(these: Sequence[Row]) -> list[float]:
        return [
            max(abs(x - m) / s for x, m, s in zip(row, means, spreads, strict=True))
            for row in these
        ]

    return score


def _learn_forest(rows: Sequence[Row], seed: int) -> Score:
    ensemble: Any = importlib.import_module("sklearn.ensemble")
    forest = ensemble.IsolationForest(n_estimators=200, random_state=seed).fit(list(rows))

    def score(these: Sequence[Row]) -> list[float]:
        return [-float(each) for each in forest.score_samples(list(these))] if these else []

    return score


def _learn_trees(rows: Sequence[Row], seed: int) -> Score:
    """Half-space trees of river, over features brought into 0 to 1."""
    anomaly: Any = importlib.import_module("river.anomaly")
    columns = list(zip(*rows, strict=True))
    lows, highs = [min(column) for column in columns], [max(column) for column in columns]
    trees = anomaly.HalfSpaceTrees(n_trees=25, height=10, window_size=250, seed=seed)

    def scaled(row: Row) -> dict[int, float]:
        return {
            number: min(1.0, max(0.0, (x - low) / (high - low))) if high > low else 0.5
            for number, (x, low, high) in enumerate(zip(row, lows, highs, strict=True))
        }

    for row in rows:
        trees.learn_one(scaled(row))

    def score(these: Sequence[Row]) -> list[float]:
        return [float(trees.score_one(scaled(row))) for row in these]

    return score


_RIVALS: tuple[tuple[str, str, Learn], ...] = (
    ("largest z-score", "", _learn_z),
    ("isolation forest, 200 trees", "sklearn", _learn_forest),
    ("half-space trees, 25 of height 10", "river", _learn_trees),
)


def _raw(sample: Sample, before: Sample | None, facts: Facts) -> Row:
    volts = sample.voltage_mv or sample.voltage_l1_mv or 0
    return (
        volts / 1e3,
        (largest_current_ma(sample) or 0) / 1e3,
        (sample.power_w or 0) / 1e3,
        _register_kw(sample, before),
        float(sample.soc_pct or 0),
    )


def _residuals(sample: Sample, before: Sample | None, facts: Facts) -> Row:
    apparent = apparent_power(sample, facts)
    power_w = float(flow_w(sample, facts) or 0)
    before_w = power_w if before is None else float(flow_w(before, facts) or 0)
    mean_w = (power_w + before_w) / 2
    amps = (largest_current_ma(sample) or 0) / 1e3
    before_a = amps if before is None else (largest_current_ma(before) or 0) / 1e3
    ratio = 0.0
    if apparent is not None and sample.power_w is not None:
        ratio = _log(abs(sample.power_w) + 50, apparent.power_w + 50)
    counted = 0.0
    if before is not None and before.energy_wh is not None and sample.energy_wh is not None:
        counted = _register_kw(sample, before) - mean_w / 1e3
    return (
        ratio,
        counted / (mean_w / 1e3 + 1),
        _log(amps + 1, before_a + 1),
        amps / ((facts.max_current_ma or 1_000_000) / 1e3),
        _charge_rate(sample, before),
        *_phases(sample),
        0.0 if before is None else (sample.at - before.at).total_seconds(),
    )


def _phases(sample: Sample) -> Iterator[float]:
    """How unequal currents and voltages of the phases are."""
    for values in (
        (sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma),
        (sample.voltage_l1_mv, sample.voltage_l2_mv, sample.voltage_l3_mv),
    ):
        known = [each for each in values if each]
        yield max(abs(a - b) for a, b in pairwise((*known, known[0]))) / max(known) if known else 0


def _register_kw(sample: Sample, before: Sample | None) -> float:
    if before is None or before.energy_wh is None or sample.energy_wh is None:
        return 0.0
    lasted_s = (sample.at - before.at).total_seconds()
    return 3.6 * (sample.energy_wh - before.energy_wh) / lasted_s if lasted_s > 0 else 0.0


def _charge_rate(sample: Sample, before: Sample | None) -> float:
    if before is None or not before.soc_pct or not sample.soc_pct:
        return 0.0
    return float(sample.soc_pct - before.soc_pct)


def _log(above: float, below: float) -> float:
    return math.log(above / below) if above > 0 and below > 0 else 0.0
