"""Histories: what connectors, stations, tokens and bills do over days, healthy and broken.

Each maker gives plain events in order, and where the fault begins (None for a healthy history).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

HOUR_S = 3_600.0
DAY_S = 86_400.0


@dataclass
class Visit:
    """A session: when (s), who, how much (Wh), the car's group and its median current per place.

    `place` is 5 % of charge, `curve` (place, A, offered A); registers in Wh.
    """

    start_s: float
    end_s: float
    token: str
    wh: float
    group: str = ""
    curve: tuple[tuple[int, float, float], ...] = ()
    begin_wh: float | None = None
    stop_wh: float | None = None
    integral_wh: float | None = None


@dataclass
class Car:
    """A group of cars alike: its current (A) per 5 % of charge."""

    name: str
    amps: tuple[float, ...]


def draw_cars(rng: Random, count: int = 20) -> list[Car]:
    """Groups with plateaus, knees and tapers of their own."""
    cars = []
    for number in range(count):
        top = rng.uniform(90, 420)
        knees = sorted(rng.uniform(4, 17) for _ in range(rng.randint(1, 3)))
        amps = []
        for place in range(20):
            level = top
            for knee in knees:
                level *= 0.75 if place >= knee else 1.0
            if place >= 16:
                level *= math.exp(-(place - 15) / 2.5)
            amps.append(level)
        cars.append(Car(f"car{number}", tuple(amps)))
    return cars


def draw_visit(
    rng: Random, cars: list[Car], offered_a: float, at_s: float, derate: float = 1.0
) -> Visit:
    """One session of some car: a part of its curve, scattered; some batteries are cold."""
    car = rng.choice(cars)
    first = rng.randint(1, 9)
    last = min(19, first + rng.randint(4, 10))
    level = math.exp(rng.gauss(0, 0.07)) * (rng.uniform(0.4, 0.75) if rng.random() < 0.03 else 1)
    curve = []
    for place in range(first, last):
        amps = car.amps[place] * level * math.exp(rng.gauss(0, 0.05))
        curve.append((place, min(amps, offered_a) * derate, offered_a))
    wh = 3_000.0 * len(curve)
    return Visit(at_s, at_s + 2_000, f"t{rng.randint(0, 40)}", wh, car.name, tuple(curve))


def draw_connector(
    rng: Random, cars: list[Car], sessions: int, onset: int | None, derate: float
) -> list[Visit]:
    """Sessions of one fast connector, derated from the one numbered `onset` on."""
    offered = rng.choice([250.0, 310.0, 375.0, 500.0])
    return [
        draw_visit(
            rng,
            cars,
            offered,
            number * 7_000.0,
            derate if onset is not None and number >= onset else 1.0,
        )
        for number in range(sessions)
    ]


def draw_metered(
    rng: Random, sessions: int, onset: int | None, drift: float, noise: float
) -> list[Visit]:
    """Sessions with register and integral of power; the register drifts by a share."""
    base = rng.gauss(1.0, 0.005)
    visits = []
    for number in range(sessions):
        integral = rng.uniform(4_000, 50_000)
        ratio = base * rng.gauss(1.0, noise)
        if onset is not None and number >= onset:
            ratio *= 1 + drift
        at = number * 9_000.0
        visits.append(
            Visit(at, at + 4_000, f"t{number % 9}", integral * ratio, integral_wh=integral)
        )
    return visits


def draw_registers(rng: Random, sessions: int, onset: int | None, gap_wh: float) -> list[Visit]:
    """Sessions whose registers follow one another; one gap is too large."""
    register, visits = float(rng.randint(0, 10**6)), []
    for number in range(sessions):
        draw = rng.random()
        register += 0 if draw < 0.9 else rng.uniform(0, 10) if draw < 0.95 else rng.uniform(8, 42)
        if number == onset:
            register += gap_wh
        wh = rng.uniform(600, 40_000)
        at = number * 9_000.0
        visits.append(
            Visit(at, at + 4_000, "t", wh, begin_wh=register // 1, stop_wh=(register + wh) // 1)
        )
        register += wh
    return visits


def draw_failures(rng: Random, sessions: int, onset: int | None, bad: float) -> list[Visit]:
    """Sessions of which some fail, stickily as in real life: 11 % after a good one."""
    visits, at, was_bad, driver = [], 0.0, False, 0
    rate = bad
    for number in range(sessions):
        is_broken = onset is not None and number >= onset
        again = was_bad and rng.random() < 0.5
        driver = driver if again else driver + 1
        chance = 1.0 if is_broken else min(0.9, rate * (4.5 if again else 1.0))
        is_bad = rng.random() < chance
        at += rng.uniform(120, 500) if again else rng.expovariate(1 / 60_000)
        wh = rng.uniform(0, 400) if is_bad else rng.uniform(2_000, 40_000)
        visits.append(Visit(at, at + (90 if is_bad else 3_000), f"t{driver}", wh))
        at += 90 if is_bad else 3_000
        was_bad = is_bad
    return visits


def gaps_of(rng: Random, sessions: int, mean_s: float) -> Iterator[float]:
    """Times between good sessions with the heavy tail of real connectors (Lomax)."""
    alpha = 3.0
    for _ in range(sessions):
        yield mean_s * (alpha - 1) * ((1 - rng.random()) ** (-1 / alpha) - 1)
