"""Real sessions from the files of ACN-Data and of EPFL's DC charger, as plans."""

import csv
import gzip
import io
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from config.devstack.simulator.fleet import (
    AC_7,
    AC_22,
    COMPACT,
    DC_50,
    DC_150,
    DC_350,
    FAMILY,
    FLAT,
    HYBRID,
    LEVEL,
    PACK_400,
    TRI_32,
    AcCar,
    AcCharger,
    Car,
    Charger,
    DcCar,
    DcCharger,
    nominal_power_w,
)
from config.devstack.simulator.physics import ChargeModel, Request
from config.devstack.simulator.plan import SessionPlan, StationSpec
from config.devstack.simulator.register import EnergyRegister

EPFL_ZONE = ZoneInfo("Europe/Zurich")
EPFL_LIMIT_W = 172_500
LONGEST_TAPER_S = 45 * 60
Fit = tuple[Charger, Car]
ACN_FITS: tuple[Fit, ...] = (
    (AC_7, HYBRID),
    (AC_7, COMPACT),
    (AC_7, FAMILY),
    (AC_22, FAMILY),
    (AC_22, TRI_32),
    (DC_50, PACK_400),
    (DC_150, PACK_400),
)


class UnknownFormat(Exception):
    """The file's columns are none that can be replayed."""


@dataclass(frozen=True, slots=True)
class RealSession:
    """One row of a file; times in UTC, energy in whole Wh."""

    station: str
    arrival_at: datetime
    departure_at: datetime
    energy_wh: int
    reference: str
    fits: tuple[Fit, ...]
    soc_percent: int | None = None


def read_sessions(path: Path, limit: int | None = None) -> list[RealSession]:
    """The first `limit` sessions of a csv or csv.gz file.

    Raises UnknownFormat when the columns are neither ACN's nor EPFL's.
    """
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    rows = csv.DictReader(io.StringIO(text, newline=""))
    parse = _parser_for(rows.fieldnames or ())
    return [parse(row) for row in itertools.islice(rows, limit)]


def move_by_weeks(sessions: Sequence[RealSession], ends_by: datetime) -> list[RealSession]:
    """The same weekdays and times, moved by whole weeks so that the last car leaves by `ends_by`.

    Platforms take time stamps before 2020 for a clock that was never set.
    """
    last_at = max((each.departure_at for each in sessions), default=ends_by)
    by = (ends_by - last_at) // timedelta(weeks=1) * timedelta(weeks=1)
    return [
        replace(each, arrival_at=each.arrival_at + by, departure_at=each.departure_at + by)
        for each in sessions
    ]


def plan_replay(
    sessions: Sequence[RealSession],
    stations: Sequence[StationSpec],
    *,
    id_tokens: Sequence[str],
    seed: int,
) -> tuple[SessionPlan, ...]:
    """Every original station becomes one connector of a simulated one, its sessions in order.

    Tokens go by original station, so with as many of them no token is wanted at two places at once.
    """
    originals = list(dict.fromkeys(each.station for each in sessions))
    numbers = {name: number for number, name in enumerate(originals)}
    plans: list[SessionPlan] = []
    for index, session in enumerate(sorted(sessions, key=lambda each: each.arrival_at)):
        number = numbers[session.station]
        row, column = divmod(number, len(stations))
        plan = SessionPlan(
            charge_point_id=stations[column].charge_point_id,
            connector_id=row + 1,
            id_token=id_tokens[number % len(id_tokens)],
            arrival_at=session.arrival_at,
            departure_at=session.departure_at,
            energy_wh=session.energy_wh,
            charger=AC_7,
            car=COMPACT,
            seed=seed * 1_000_003 + index,
            soc_percent=session.soc_percent,
            reference=session.reference,
        )
        plans.append(choose_fit(plan, session.fits))
    return tuple(plans)


def choose_fit(plan: SessionPlan, fits: Iterable[Fit]) -> SessionPlan:
    """The first charger and car that deliver the energy within the stay, with a taper if it fits.

    Where the row asks for more power than any charger has (the files hold some), an imaginary
    charger of just that power is used: the energy of the file counts.
    """
    possible = [fit for fit in fits if fit[1].battery_wh >= plan.energy_wh]
    for charger, car in (*possible, _imaginary_fit(plan)):
        for fills in (True, False):
            candidate = replace(plan, charger=charger, car=car, fills=fills)
            if (fills is False or plan.soc_percent is None) and _delivers(candidate):
                return candidate
    raise ValueError(f"{plan.reference}: {plan.energy_wh} Wh do not fit into the stay")


def has_plenty_of_time(plan: SessionPlan) -> bool:
    """Whether the stay is so long that the charge need not be tried: twice the time and a taper."""
    charger, car = plan.charger, plan.car
    if not isinstance(charger, AcCharger) or not isinstance(car, AcCar):
        return False
    power_w = nominal_power_w(charger, car)
    needed_s = 2 * plan.energy_wh * 3600 // power_w + LONGEST_TAPER_S
    return plan.departure_at - plan.arrival_at >= timedelta(seconds=needed_s)


def _delivers(plan: SessionPlan) -> bool:
    if has_plenty_of_time(plan):
        return True
    request = Request(
        plan.energy_wh, plan.arrival_at, plan.departure_at, plan.fills, plan.soc_percent
    )
    model = ChargeModel(plan.charger, plan.car, request, EnergyRegister(), seed=plan.seed)
    model.advance_to(plan.departure_at)
    return model.is_complete


def _imaginary_fit(plan: SessionPlan) -> Fit:
    stay_s = (plan.departure_at - plan.arrival_at) // timedelta(seconds=1)
    charging_s = max(1, stay_s - 90)
    power_w = 2 * plan.energy_wh * 3600 // charging_s + 1_000
    charger = DcCharger("imaginary", limit_w=power_w, limit_ma=power_w * 5)
    return charger, DcCar("imaginary", plan.energy_wh * 2 + 1, power_w, 300_000, 400_000, FLAT)


def _parser_for(columns: Sequence[str]) -> Callable[[dict[str, str]], RealSession]:
    if "delivered_energy (kWh)" in columns:
        return _parse_acn
    if "Energy (Wh)" in columns and "CCS" in columns:
        return _parse_epfl
    raise UnknownFormat(f"columns {', '.join(columns) or 'missing'}")


def _parse_acn(row: dict[str, str]) -> RealSession:
    return RealSession(
        station=row["station_id"],
        arrival_at=_in_utc(row["arrival"]),
        departure_at=_in_utc(row["departure"]),
        energy_wh=_whole(Decimal(row["delivered_energy (kWh)"]) * 1000),
        reference=row["session_id"],
        fits=ACN_FITS,
    )


def _parse_epfl(row: dict[str, str]) -> RealSession:
    peak_w = _whole(Decimal(row["Pmax (W)"]) * Decimal("1.05"))
    battery_wh = _whole(Decimal(row["Energy capacity (Wh)"]))
    charger = DcCharger("DC 172.5 kW", limit_w=EPFL_LIMIT_W, limit_ma=500_000)
    curves = (LEVEL, FLAT)
    cars = [DcCar("from the file", battery_wh, peak_w, 320_000, 408_000, each) for each in curves]
    strong = replace(cars[-1], peak_w=DC_350.limit_w)
    return RealSession(
        station=row["CCS"],
        arrival_at=_in_utc(row["Arrival"], EPFL_ZONE),
        departure_at=_in_utc(row["Departure"], EPFL_ZONE),
        energy_wh=_whole(Decimal(row["Energy (Wh)"])),
        reference=row["Session"],
        fits=((charger, cars[0]), (charger, cars[1]), (DC_350, strong)),
        soc_percent=_whole(Decimal(row["SOC arrival"])),
    )


def _in_utc(text: str, zone: ZoneInfo | None = None) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=zone) if zone else moment).astimezone(UTC)


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value())
