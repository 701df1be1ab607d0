"""What flows through the cable in one short cell of time: AC and DC plants."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from random import Random
from typing import Protocol

from config.devstack.simulator.fleet import (
    AcCar,
    AcCharger,
    Car,
    Charger,
    DcCar,
    DcCharger,
    usable_phases,
)

AC_FLOOR_MA = 6_000
"""The least current the control pilot can offer (IEC 61851-1)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """True electrical values, constant for one cell; one entry per phase, one for DC."""

    voltage_mv: tuple[int, ...]
    current_ma: tuple[int, ...]
    power_w: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What a plant needs to know about the charge at the start of a cell."""

    elapsed_s: int
    soc_percent: float
    forced_ma: int | None


class Plant(Protocol):
    """A charger with a car on it."""

    offered_ma: int
    offered_w: int
    efficiency_percent: int

    def flow(self, moment: Moment) -> Cell:
        """Values for the cell that begins now; draws from the seeded generator."""
        ...


def make_plant(charger: Charger, car: Car, random: Random) -> Plant:
    """Put a car on a charger. Raises ValueError when their plugs differ."""
    if isinstance(charger, AcCharger) and isinstance(car, AcCar):
        return AcPlant(charger, car, random)
    if isinstance(charger, DcCharger) and isinstance(car, DcCar):
        return DcPlant(charger, car, random)
    raise ValueError(f"{car.name} does not fit {charger.name}")


class StartUp:
    """Seconds without power, a ramp, and a battery that warms up while it charges."""

    def __init__(self, random: Random, *, cold_share: float, warm_up_s: int) -> None:
        self._wake_s = random.randint(5, 40)
        self._ramp_s = random.randint(10, 40)
        is_cold = random.random() < 0.3
        self._cold = random.uniform(0.2, 1.0) * cold_share if is_cold else 0.0
        self._warm_up_s = warm_up_s

    def share(self, elapsed_s: int) -> float:
        """The share of the car's normal take-up at this second."""
        awake_s = elapsed_s - self._wake_s
        if awake_s < 0:
            return 0.0
        warmth = min(1.0, awake_s / self._warm_up_s)
        return min(1.0, (awake_s + 1) / self._ramp_s) * (1 - self._cold * (1 - warmth))


class Wander:
    """A value that drifts slowly around zero and never leaves `bound`."""

    def __init__(self, random: Random, *, step: float, bound: float) -> None:
        self._random = random
        self._step = step
        self._bound = bound
        self._value = 0.0

    def draw(self) -> float:
        """The next value."""
        moved = self._value * 0.98 + self._random.uniform(-self._step, self._step)
        self._value = max(-self._bound, min(self._bound, moved))
        return self._value


class AcPlant:
    """One to three phases: each with its own voltage, sag and share of the current."""

    efficiency_percent = 90

    def __init__(self, charger: AcCharger, car: AcCar, random: Random) -> None:
        self.phases = usable_phases(charger, car)
        self.offered_ma = charger.limit_ma
        self.offered_w = charger.nominal_mv * charger.limit_ma * charger.phases // 1_000_000
        self._limit_ma = min(charger.limit_ma, car.limits_ma[self.phases - 1])
        self._nominal_mv = charger.nominal_mv
        self._start_up = StartUp(random, cold_share=0.4, warm_up_s=600)
        self._source_mohm = random.randint(80, 250)
        self._factor = random.uniform(0.978, 0.996)
        self._levels = [1 + random.uniform(-0.012, 0.012) for _ in range(self.phases)]
        self._shares = [random.uniform(0.975, 1.0) for _ in range(self.phases)]
        self._grid = [Wander(random, step=0.0012, bound=0.02) for _ in range(self.phases)]
        self._demand = Wander(random, step=0.004, bound=0.015)

    def flow(self, moment: Moment) -> Cell:
        """Voltage sags with load; current follows the set point; power is V x I x factor."""
        set_point_ma = self._set_point_ma(moment)
        current_ma = tuple(int(set_point_ma * share) for share in self._shares)
        voltage_mv = tuple(
            int(self._nominal_mv * (level + grid.draw()) - load_ma * self._source_mohm / 1000)
            for level, grid, load_ma in zip(self._levels, self._grid, current_ma, strict=True)
        )
        apparent_uw = sum(v * i for v, i in zip(voltage_mv, current_ma, strict=True))
        return Cell(voltage_mv, current_ma, int(apparent_uw * self._factor / 1_000_000))

    def _set_point_ma(self, moment: Moment) -> float:
        demand = 1 + self._demand.draw() - 0.015
        if moment.forced_ma is not None:
            return moment.forced_ma
        share = self._start_up.share(moment.elapsed_s)
        taper = min(1.0, max(0.0, (100 - moment.soc_percent) / 3))
        floor_ma = min(AC_FLOOR_MA, self._limit_ma) if share == 1.0 else 0
        return max(floor_ma, self._limit_ma * share * taper * demand)


class DcPlant:
    """A rectifier and a battery: power by state of charge, voltage rising as it fills."""

    efficiency_percent = 95

    def __init__(self, charger: DcCharger, car: DcCar, random: Random) -> None:
        self.offered_ma = charger.limit_ma
        self.offered_w = charger.limit_w
        self._charger = charger
        self._car = car
        self._start_up = StartUp(random, cold_share=0.5, warm_up_s=900)
        self._factor = random.uniform(0.978, 0.998)
        self._cell_mohm = random.randint(30, 90)
        self._demand = Wander(random, step=0.005, bound=0.02)
        self._step_soc = random.uniform(35, 95) if random.random() < 0.4 else 101.0
        self._step_share = random.uniform(0.7, 0.92)

    def flow(self, moment: Moment) -> Cell:
        """The least of curve, charger power and charger current decides."""
        rest_mv = self._rest_voltage_mv(moment.soc_percent)
        current_ma = self._current_ma(moment, rest_mv)
        loaded_mv = rest_mv + current_ma * self._cell_mohm / 1000
        voltage_mv = int(max(self._charger.lowest_mv, min(self._charger.highest_mv, loaded_mv)))
        power_w = int(voltage_mv * current_ma * self._factor / 1_000_000)
        return Cell((voltage_mv,), (int(current_ma),), power_w)

    def _current_ma(self, moment: Moment, rest_mv: float) -> float:
        demand = 1 + self._demand.draw() - 0.02
        if moment.forced_ma is not None:
            return moment.forced_ma
        share = self._start_up.share(moment.elapsed_s)
        curve_w = self._car.peak_w * curve_percent(self._car.curve, moment.soc_percent) / 100
        if moment.soc_percent >= self._step_soc:
            curve_w *= self._step_share
        wanted_w = max(1_000.0, min(curve_w, self._charger.limit_w))
        wanted_ma = min(wanted_w * 1_000_000 / rest_mv, self._charger.limit_ma)
        return wanted_ma * share * demand

    def _rest_voltage_mv(self, soc_percent: float) -> float:
        fill = max(0.0, min(1.0, soc_percent / 100))
        bent = 0.7 * fill + 0.3 * math.sqrt(fill)
        return self._car.empty_mv + (self._car.full_mv - self._car.empty_mv) * bent


def curve_percent(curve: tuple[tuple[int, int], ...], soc_percent: float) -> float:
    """Linear interpolation on a charge curve, flat outside its ends."""
    index = bisect_right([soc for soc, _ in curve], soc_percent)
    if index == 0:
        return curve[0][1]
    if index == len(curve):
        return curve[-1][1]
    (low, below), (high, above) = curve[index - 1], curve[index]
    return below + (above - below) * (soc_percent - low) / (high - low)
