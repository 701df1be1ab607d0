"""E13: too hot, or hotter than stations like it at the same current."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.normalise.numbers import parse_number

_KEY = "Temperature"
# A sensor that is not there says 0, -40, 255 or the like.
_LEAST_C, _MOST_C = -30, 200


@dataclass(frozen=True, slots=True)
class E13Thresholds:
    """The limit of a model that has none of its own: 90 degrees at contacts (IEC 62196)."""

    hottest_c: int = bounded(90, 50, 120)
    above_peers_c: int = bounded(15, 5, 40)
    duration_s: int = bounded(600, 120, 3_600)
    samples: int = bounded(2, 1, 10)


@dataclass(slots=True)
class E13Memory:
    """The coolest degree seen, since when it is hotter than its peers, samples too hot."""

    coolest_c: int | None = None
    since_ms: int | None = None
    hot: int = 0
    is_reported: bool = False


def _step(
    memory: E13Memory, view: View, thresholds: E13Thresholds
) -> tuple[E13Memory, Finding | None]:
    """Above the limit in 2 samples, or 15 K above peers for 10 minutes (catalogue E13)."""
    extra = view.sample.extra
    celsius = hottest_celsius(extra) if extra else None
    if celsius is None:
        return memory, None
    memory.coolest_c = celsius if memory.coolest_c is None else min(memory.coolest_c, celsius)
    most_c = min(view.facts.hottest_c or thresholds.hottest_c, thresholds.hottest_c)
    memory.hot = memory.hot + 1 if celsius > most_c else 0
    usual_c = _usual(memory.coolest_c, view)
    is_hotter = usual_c is not None and celsius > usual_c + thresholds.above_peers_c
    if not is_hotter:
        memory.since_ms = None
    elif memory.since_ms is None:
        memory.since_ms = view.at_ms
    if memory.is_reported:
        memory.is_reported = memory.hot > 0 or is_hotter
        return memory, None
    if memory.hot >= thresholds.samples:
        return _report(memory, view, "too_hot", celsius, most_c)
    is_long = is_hotter and view.at_ms - (memory.since_ms or 0) >= thresholds.duration_s * 1_000
    if is_long and usual_c is not None:
        usual_c += thresholds.above_peers_c
        return _report(memory, view, "hotter_than_peers", celsius, usual_c)
    return memory, None


def _report(
    memory: E13Memory, view: View, cause: str, celsius: int, most_c: int
) -> tuple[E13Memory, Finding]:
    memory.is_reported = True
    is_hot = cause == "too_hot"
    return memory, found(
        "E13",
        cause,
        observed=celsius,
        expected=most_c,
        relation=Relation.AT_MOST,
        since_at=view.sample.at if memory.since_ms is None else moment(memory.since_ms),
        at=view.sample.at,
        severity=Severity.SYSTEM if is_hot else Severity.ERROR,
        action=Action.TAKE_OUT_OF_SERVICE if is_hot else None,
    )


def _usual(coolest_c: int, view: View) -> int | None:
    rise = view.facts.heat_mk_per_1000_a2
    if rise is None or view.load_ma is None:
        return None
    return coolest_c + rise * (view.load_ma // 100) ** 2 // 100_000_000


def hottest_celsius(extra: dict[str, str]) -> int | None:
    """The hottest of all places, in whole degrees Celsius."""
    hottest = None
    for key, text in extra.items():
        if not key.startswith(_KEY):
            continue
        number, _, unit = text.partition(" ")
        try:
            value = parse_number(number)
        except ValueError:
            continue
        if unit.startswith("F"):
            value = (value - 32) * 5 / 9
        elif unit.startswith("K"):
            value -= 273
        celsius = int(value)
        if _LEAST_C < celsius < _MOST_C and (hottest is None or celsius > hottest):
            hottest = celsius
    return hottest


DETECTOR = Detector("E13", E13Memory, E13Thresholds, step=_step)
