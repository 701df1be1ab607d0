"""One charge as a physical process: seeded, deterministic, and exact in energy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from config.devstack.simulator.electrics import AcPlant, Cell, Moment, make_plant
from config.devstack.simulator.faults import Fault, FaultPlan
from config.devstack.simulator.fleet import Car, Charger
from config.devstack.simulator.register import WATT_SECONDS_PER_WH, EnergyRegister

CELL_S = 20
RAMP_CELL_S = 5
RAMP_ENDS_S = 120
"""Electrical values are constant for one cell, short at first, whatever the sampling interval."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the driver wants: energy, and when the car arrives and leaves (aware, UTC).

    With `fills` the energy brings the battery to 100 %, so the end is a taper.
    """

    energy_wh: int
    arrival_at: datetime
    departure_at: datetime
    fills: bool = False
    soc_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter shows at one moment; one voltage and current per phase, one for DC."""

    at: datetime
    register_wh: int
    power_w: int
    voltage_mv: tuple[int, ...]
    current_ma: tuple[int, ...]
    offered_ma: int
    offered_w: int
    soc_percent: int | None


class ChargeModel:
    """A charge that delivers exactly the requested energy, or what the stay allows."""

    def __init__(
        self,
        charger: Charger,
        car: Car,
        request: Request,
        register: EnergyRegister,
        *,
        seed: int,
        faults: Sequence[Fault] = (),
    ) -> None:
        self._plant = make_plant(charger, car, Random(f"plant:{seed}"))
        self._meter_noise = Random(f"meter:{seed}")
        self._request = request
        self._register = register
        self._faults = FaultPlan(faults, register)
        self._shows_soc = not isinstance(self._plant, AcPlant)
        self._requested_ws = request.energy_wh * WATT_SECONDS_PER_WH
        self._stay_s = max(0, _whole_seconds(request.departure_at - request.arrival_at))
        self._battery_ws = self._usable_battery_wh(car.battery_wh) * WATT_SECONDS_PER_WH
        self._start_soc = self._soc_at_arrival(seed)
        self._elapsed_s = 0
        self._cell_end_s = 0
        self._cell = Cell((), (), 0)
        self.delivered_ws = 0
        self._enter_cell()

    @property
    def at(self) -> datetime:
        """The moment the model has reached."""
        return self._request.arrival_at + timedelta(seconds=self._elapsed_s)

    @property
    def is_complete(self) -> bool:
        """Whether the requested energy has been delivered."""
        return self.delivered_ws >= self._requested_ws

    @property
    def is_over(self) -> bool:
        """Whether nothing more will flow: delivered, or the car has left."""
        return self.is_complete or self._elapsed_s >= self._stay_s

    @property
    def soc_percent(self) -> float:
        """State of charge of the battery."""
        stored_ws = self.delivered_ws * self._plant.efficiency_percent / 100
        return min(100.0, self._start_soc + 100 * stored_ws / self._battery_ws)

    def samples(self, interval_s: int) -> Iterator[Reading]:
        """Readings at arrival, every `interval_s`, and at the end of the energy or the stay."""
        yield self.read()
        while not self.is_over:
            yield self.advance_to(self.at + timedelta(seconds=interval_s))

    def advance_to(self, at: datetime) -> Reading:
        """Charge until `at`, or until the energy is delivered if that comes first."""
        target_s = min(_whole_seconds(at - self._request.arrival_at), self._stay_s)
        if self.is_complete:
            self._elapsed_s = max(self._elapsed_s, target_s)
        while self._elapsed_s < target_s and not self.is_complete:
            self._charge_within_cell(target_s)
        return self.read()

    def read(self) -> Reading:
        """Read the meter now, with its noise and its faults."""
        cell = self._idle_cell() if self.is_complete else self._cell
        return Reading(
            at=self.at,
            register_wh=self._register.reading_wh,
            power_w=self._faults.reported_power_w(self._measured(cell.power_w, 1, 0.002)),
            voltage_mv=tuple(self._measured(each, 100, 0.001) for each in cell.voltage_mv),
            current_ma=tuple(self._measured(each, 10, 0.002) for each in cell.current_ma),
            offered_ma=self._plant.offered_ma,
            offered_w=self._plant.offered_w,
            soc_percent=int(self.soc_percent) if self._shows_soc else None,
        )

    def _charge_within_cell(self, target_s: int) -> None:
        seconds = min(self._cell_end_s, target_s) - self._elapsed_s
        remaining_ws = self._requested_ws - self.delivered_ws
        power_w = self._cell.power_w
        if power_w * seconds >= remaining_ws:
            seconds = -(-remaining_ws // power_w)
        energy_ws = min(power_w * seconds, remaining_ws)
        self._register.add(energy_ws)
        self.delivered_ws += energy_ws
        self._elapsed_s += seconds
        if self._elapsed_s == self._cell_end_s:
            self._enter_cell()

    def _enter_cell(self) -> None:
        length_s = RAMP_CELL_S if self._elapsed_s < RAMP_ENDS_S else CELL_S
        self._cell_end_s = self._elapsed_s + length_s
        share = 100 * self.delivered_ws // self._requested_ws if self._requested_ws else 100
        self._faults.update(elapsed_s=self._elapsed_s, delivered_percent=share)
        forced_ma = self._faults.forced_current_ma(self._plant.offered_ma)
        self._cell = self._plant.flow(Moment(self._elapsed_s, self.soc_percent, forced_ma))

    def _idle_cell(self) -> Cell:
        return Cell(self._cell.voltage_mv, tuple(0 for _ in self._cell.current_ma), 0)

    def _measured(self, value: int, resolution: int, noise: float) -> int:
        noisy = value * (1 + self._meter_noise.uniform(-noise, noise))
        return round(noisy / resolution) * resolution

    def _usable_battery_wh(self, battery_wh: int) -> int:
        stored_wh = self._request.energy_wh * self._plant.efficiency_percent // 100
        return max(battery_wh, stored_wh + stored_wh // 20 + 1)

    def _soc_at_arrival(self, seed: int) -> float:
        stored_ws = self._requested_ws * self._plant.efficiency_percent / 100
        needed = 100 * stored_ws / self._battery_ws
        if self._request.fills:
            return 100 - needed
        wanted = self._request.soc_percent
        if wanted is None:
            wanted = Random(f"arrival:{seed}").randint(8, 55)
        return max(0.0, min(float(wanted), 96 - needed))


def _whole_seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
