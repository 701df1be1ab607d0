"""Chargers and cars the simulation knows: ratings only, no behaviour."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AcCharger:
    """An AC outlet; voltage is phase to neutral."""

    name: str
    phases: int
    limit_ma: int
    nominal_mv: int = 230_000


@dataclass(frozen=True, slots=True)
class DcCharger:
    """A DC outlet, limited by power, by current and by its voltage window."""

    name: str
    limit_w: int
    limit_ma: int
    lowest_mv: int = 200_000
    highest_mv: int = 900_000


@dataclass(frozen=True, slots=True)
class AcCar:
    """A car on AC: the current its on-board charger takes when 1, 2 or 3 phases are offered.

    A limit of 0 means that it does not use that number of phases and falls back to fewer.
    """

    name: str
    battery_wh: int
    limits_ma: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class DcCar:
    """A car on DC; `curve` maps state of charge (percent) to percent of the peak power."""

    name: str
    battery_wh: int
    peak_w: int
    empty_mv: int
    full_mv: int
    curve: tuple[tuple[int, int], ...]


Charger = AcCharger | DcCharger
Car = AcCar | DcCar

AC_7 = AcCharger("AC 7.4 kW", phases=1, limit_ma=32_000)
AC_11 = AcCharger("AC 11 kW", phases=3, limit_ma=16_000)
AC_22 = AcCharger("AC 22 kW", phases=3, limit_ma=32_000)
DC_50 = DcCharger("DC 50 kW", limit_w=50_000, limit_ma=125_000, highest_mv=500_000)
DC_150 = DcCharger("DC 150 kW", limit_w=150_000, limit_ma=400_000)
DC_350 = DcCharger("DC 350 kW", limit_w=350_000, limit_ma=500_000)
CHARGERS: tuple[Charger, ...] = (AC_7, AC_11, AC_22, DC_50, DC_150, DC_350)

HYBRID = AcCar("plug-in hybrid", 13_000, (16_000, 0, 0))
COMPACT = AcCar("compact, one phase", 52_000, (32_000, 0, 0))
TWO_PHASE = AcCar("hatchback, two phases", 38_000, (16_000, 16_000, 0))
FAMILY = AcCar("family car, three phases", 77_000, (32_000, 16_000, 16_000))
TRI_32 = AcCar("hatchback, three phases 22 kW", 52_000, (32_000, 32_000, 32_000))
AC_CARS: tuple[Car, ...] = (HYBRID, COMPACT, TWO_PHASE, FAMILY, TRI_32)

STEEP = ((0, 55), (5, 90), (10, 100), (30, 100), (50, 78), (70, 50), (80, 33), (90, 16), (100, 4))
LEVEL = ((0, 70), (5, 100), (78, 95), (85, 60), (95, 20), (100, 5))
FLAT = ((0, 100), (100, 100))
SMALL_PACK = DcCar("city car, 200 V class", 17_000, 40_000, 205_000, 290_000, LEVEL)
PACK_400 = DcCar("family car, 400 V class", 77_000, 135_000, 320_000, 408_000, STEEP)
PACK_800 = DcCar("saloon, 800 V class", 90_000, 240_000, 610_000, 828_000, LEVEL)
TRUCK = DcCar("truck, 900 V class", 350_000, 340_000, 690_000, 880_000, LEVEL)
DC_CARS: tuple[Car, ...] = (SMALL_PACK, PACK_400, PACK_800, TRUCK)


def cars_for(charger: Charger) -> tuple[Car, ...]:
    """The cars whose plug fits."""
    return AC_CARS if isinstance(charger, AcCharger) else DC_CARS


def usable_phases(charger: AcCharger, car: AcCar) -> int:
    """How many of the outlet's phases the car charges on."""
    return max(count for count in range(1, charger.phases + 1) if car.limits_ma[count - 1])


def nominal_power_w(charger: AcCharger, car: AcCar) -> int:
    """What this car takes at this outlet at nominal voltage."""
    phases = usable_phases(charger, car)
    current_ma = min(charger.limit_ma, car.limits_ma[phases - 1])
    return charger.nominal_mv * current_ma * phases // 1_000_000
