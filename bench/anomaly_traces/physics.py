"""What flows: voltage and current over time for AC and DC charges, with the habits of real cars."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

GRID_S = 5.0
# The least of many cars of one type in one place of the charge, as a share of their median.
_LEAST_OF_A_TYPE = 0.8


@dataclass
class Flow:
    """One charge. Lists per conductor over `times` (s since the start); limits per conductor, A.

    `states` are (s, OCPP 1.6 status); `limits` (s, A or None) what the operator's profile allowed;
    `offers` (s, A) what the station then offers the car. `usual`: the current (A) that nearly all
    cars of this type exceed, per 5 % of charge.
    """

    is_dc: bool
    lines: int
    rated_a: float
    rated_w: float
    times: list[float]
    volts: list[list[float]]
    amps: list[list[float]]
    soc: list[float] | None = None
    capacity_wh: float = 60_000.0
    factor: float = 1.0
    states: list[tuple[float, str]] = field(default_factory=list)
    limits: list[tuple[float, float | None]] = field(default_factory=list)
    offers: list[tuple[float, float]] = field(default_factory=list)
    celsius: list[float] | None = None
    interval_s: float | None = None
    usual: dict[int, float] = field(default_factory=dict)
    nominal_v: float = 230.0

    @property
    def end_s(self) -> float:
        return self.times[-1]

    def watts(self) -> list[float]:
        """True power over time."""
        total = [0.0] * len(self.times)
        for volts, amps in zip(self.volts, self.amps, strict=True):
            total = [w + v * a for w, v, a in zip(total, volts, amps, strict=True)]
        return [w * self.factor for w in total]


def draw_ac(rng: Random) -> Flow:
    """A car on a one- or three-phase AC outlet: steady, sometimes paused, limited or full."""
    lines = 3 if rng.random() < 0.75 else 1
    rated = rng.choice([16.0, 16.0, 32.0])
    used = rng.choice([1, 2, 3, 3, 3]) if lines == 3 else 1
    car = min(rated, rng.choice([10.0, 13.0, 16.0, 16.0, 20.0, 32.0]))
    times = _grid(rng.uniform(1_800, 5_400))
    wants = [car] * len(times)
    flow = Flow(False, lines, rated, rated * 230.0 * lines, times, [], [])
    flow.factor = rng.uniform(0.967, 1.006)
    flow.states.append((0.0, "Charging"))
    flow.offers.append((0.0, rated))
    allowed = _limits(rng, flow, car) if rng.random() < 0.25 else [rated] * len(times)
    wants = [min(w, a) if a >= 6.0 else 0.0 for w, a in zip(wants, allowed, strict=True)]
    _begin_slowly(rng, times, wants, rng.choice([5.0, 10.0, 30.0, 60.0]))
    if rng.random() < 0.3:
        _pause(rng, flow, wants)
    if rng.random() < 0.35:
        _fill_up(rng, flow, wants)
    scatter = [rng.uniform(0.98, 1.02) if used > 1 else 1.0 for _ in range(lines)]
    for line in range(lines):
        share = scatter[line] if line < used else 0.0
        flow.amps.append([w * share * rng.uniform(0.996, 1.004) for w in wants])
    _mains(rng, flow)
    return flow


def draw_dc(rng: Random) -> Flow:
    """A car on a DC outlet: its curve falls in steps and tapers, and now and then jumps back."""
    rated_w, rated_a = rng.choice([(50e3, 125.0), (150e3, 375.0), (150e3, 300.0), (300e3, 500.0)])
    base_v = rng.choice([330.0, 350.0, 360.0, 380.0, 640.0, 700.0])
    capacity = rng.uniform(28e3, 100e3)
    c_rate = rng.uniform(0.8, 2.6)
    times = _grid(rng.uniform(1_200, 3_000))
    soc = rng.uniform(5, 55)
    cold = rng.uniform(0.35, 0.8) if rng.random() < 0.15 else 1.0
    knees = sorted(rng.uniform(25, 85) for _ in range(rng.randint(1, 4)))
    drops = [rng.uniform(0.6, 0.92) for _ in knees]
    steps = _natural_steps(rng, times)
    amps, volts, socs = [], [], []
    usual: dict[int, float] = {}
    level = 1.0
    for index, _ in enumerate(times):
        want = c_rate * cold * capacity / base_v
        for knee, drop in zip(knees, drops, strict=True):
            want *= drop if soc >= knee else 1.0
        if soc > 80:
            want *= math.exp(-(soc - 80) / 9)
        level = steps.get(index, level)
        open_v = base_v * (1 + 0.0016 * (soc - 20))
        amp = min(want * level, rated_a, rated_w / (open_v * 1.03))
        volt = open_v + amp * base_v / 9_000
        amps.append(amp)
        volts.append(volt)
        socs.append(soc)
        usual_a = _LEAST_OF_A_TYPE * min(want / cold, rated_a, rated_w / (open_v * 1.03))
        usual[int(soc // 5)] = min(usual_a, usual.get(int(soc // 5), usual_a))
        soc = min(100.0, soc + amp * volt * 0.95 * GRID_S / 36.0 / capacity)
        if soc >= 99.6 or (amp < 3 and index > 200):
            break
    times = times[: len(amps)]
    _begin_slowly(rng, times, amps, rng.choice([10.0, 20.0, 40.0]))
    flow = Flow(True, 1, rated_a, rated_w, times, [volts], [amps], socs, capacity)
    flow.factor = rng.uniform(0.985, 1.005)
    flow.usual = usual
    flow.states.append((0.0, "Charging"))
    flow.offers.append((0.0, rated_a))
    return flow


def _grid(lasts_s: float) -> list[float]:
    return [index * GRID_S for index in range(int(lasts_s / GRID_S) + 1)]


def _begin_slowly(rng: Random, times: list[float], amps: list[float], waits_s: float) -> None:
    ramp_s = rng.uniform(5, 45)
    for index, at in enumerate(times):
        if at > waits_s + ramp_s:
            return
        amps[index] *= max(0.0, min(1.0, (at - waits_s) / ramp_s))


def _natural_steps(rng: Random, times: list[float]) -> dict[int, float]:
    """Real DC sessions: 3.7 steps of more than 25 % per hour, half of the sessions one of 28 %."""
    steps: dict[int, float] = {}
    at, level = rng.expovariate(1.9 / 3_600), 1.0
    while at < times[-1]:
        level = rng.uniform(0.25, 0.74) if level == 1.0 else 1.0
        steps[int(at / GRID_S)] = level
        stays = rng.expovariate(1 / 240) if level < 1 else rng.expovariate(1.9 / 3_600)
        at += max(stays, 10.0)
    return steps


def _limits(rng: Random, flow: Flow, car: float) -> list[float]:
    """The operator lowers and lifts the limit; the car follows within seconds."""
    allowed = [flow.rated_a] * len(flow.times)
    at = rng.uniform(300, 900)
    level = flow.rated_a
    while at < flow.end_s:
        level = rng.choice([0.0, 6.0, 8.0, 10.0, 13.0, flow.rated_a])
        flow.limits.append((at, level))
        flow.offers.append((at + 2, math.floor(level)))
        lag = rng.uniform(3, 20)
        for index in range(int((at + lag) / GRID_S), len(allowed)):
            allowed[index] = math.floor(level)
        if level == 0.0:
            flow.states.append((at + lag, "SuspendedEVSE"))
        elif flow.states[-1][1] == "SuspendedEVSE":
            flow.states.append((at + lag, "Charging"))
        at += rng.uniform(400, 1_500)
    return allowed


def _pause(rng: Random, flow: Flow, amps: list[float]) -> None:
    """The car rests for a while and says so."""
    if flow.limits:
        return
    start = rng.uniform(0.3, 0.6) * flow.end_s
    stop = start + rng.uniform(120, 1_200)
    for index, at in enumerate(flow.times):
        if start <= at < stop:
            amps[index] = 0.0
    flow.states += [(start + rng.uniform(0, 20), "SuspendedEV"), (stop, "Charging")]


def _fill_up(rng: Random, flow: Flow, amps: list[float]) -> None:
    """The last kilowatt-hours: the current fades, then the car stops and stays."""
    full = rng.uniform(0.7, 0.9) * flow.end_s
    fades = rng.uniform(200, 700)
    for index, at in enumerate(flow.times):
        if at >= full:
            amps[index] *= math.exp(-(at - full) / fades * 2)
            if at > full + fades * 1.2:
                amps[index] = 0.0
    done = full + fades * 1.2
    flow.states = [state for state in flow.states if state[0] < done]
    flow.states.append((done + 10, "SuspendedEV"))


def _mains(rng: Random, flow: Flow) -> None:
    phase_v = [rng.uniform(226, 237) for _ in range(flow.lines)]
    droop = rng.uniform(0.02, 0.2)
    sway, phase = rng.uniform(0.3, 1.5), rng.uniform(0, 6)
    for line in range(flow.lines):
        flow.volts.append(
            [
                phase_v[line]
                + sway * math.sin(at / 700 + phase + line)
                + rng.uniform(-0.3, 0.3)
                - droop * amp
                for at, amp in zip(flow.times, flow.amps[line], strict=True)
            ]
        )
