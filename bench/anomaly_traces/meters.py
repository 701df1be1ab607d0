"""What the station measures of a flow: a meter with a gain, noise and steps of its register."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from random import Random

from bench.anomaly_traces.physics import Flow


@dataclass
class Reading:
    """One sample as the station means it; units V, A, W, Wh, %, °C. None: not reported."""

    at: float
    volts: list[float | None]
    amps: list[float | None]
    watts: float | None
    wh: float | None
    soc: float | None = None
    offered: float | None = None
    celsius: float | None = None
    offsets: dict[str, float] = field(default_factory=dict)


@dataclass
class Meter:
    """`gain` of the register against the truth (sd 0.5 %), noise of power 1 %, steps in Wh."""

    gain: float
    noise: float
    step_wh: float
    base_wh: float


def draw_meter(rng: Random, *, step_wh: float | None = None) -> Meter:
    """A healthy meter with some odometer reading."""
    step = step_wh or rng.choice([1.0, 1.0, 10.0])
    return Meter(rng.gauss(1.0, 0.005), 0.01, step, float(rng.randint(0, 2_000_000)))


def measure(
    flow: Flow, meter: Meter, rng: Random, interval_s: float, marks: tuple[float, ...] = ()
) -> list[Reading]:
    """Samples every `interval_s`, or as the flow's own times allow; `marks` are extra times."""
    watts = flow.watts()
    counted = _energy(flow.times, watts)
    readings = []
    for index in _chosen(flow, interval_s, marks):
        exact = meter.base_wh + counted[index] * meter.gain
        noise = rng.gauss(1.0, meter.noise)
        readings.append(
            Reading(
                at=flow.times[index],
                volts=[volts[index] * rng.gauss(1, 0.0005) for volts in flow.volts],
                amps=[amps[index] * rng.gauss(1, 0.002) for amps in flow.amps],
                watts=watts[index] * noise,
                wh=exact // meter.step_wh * meter.step_wh,
                soc=None if flow.soc is None else float(int(flow.soc[index])),
                offered=_in_force(flow.offers, flow.times[index]),
                celsius=None if flow.celsius is None else flow.celsius[index],
            )
        )
    return readings


def _energy(times: list[float], watts: list[float]) -> list[float]:
    """Energy (Wh) delivered up to each time; between two times power changes evenly."""
    parts = (
        (after - before) * (w0 + w1) / 7_200
        for (before, w0), (after, w1) in pairwise(zip(times, watts, strict=True))
    )
    return list(accumulate(parts, initial=0.0))


def _chosen(flow: Flow, interval_s: float, marks: tuple[float, ...]) -> list[int]:
    if flow.interval_s is not None and interval_s <= flow.interval_s * 1.01:
        return list(range(len(flow.times)))
    indexes, due = [], interval_s
    for index, at in enumerate(flow.times):
        if at >= due - 0.01:
            indexes.append(index)
            due = (at // interval_s + 1) * interval_s
    extra = [bisect_left(flow.times, mark) for mark in marks]
    return sorted({*indexes, *(min(i, len(flow.times) - 1) for i in extra)})


def _in_force(offers: list[tuple[float, float]], at: float) -> float | None:
    latest = [amps for since, amps in offers if since <= at]
    return latest[-1] if latest else None
