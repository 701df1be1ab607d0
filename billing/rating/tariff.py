"""Tariff facts: elements, price components and restrictions, shaped after OCPI 2.2.1 and 2.3."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, time
from decimal import Decimal
from typing import Final

from billing.money import minor_exponent
from billing.rating.types import LineKind

TIME_KINDS: Final = frozenset({LineKind.TIME, LineKind.PARKING_TIME, LineKind.SESSION_TIME})
PRICED_KINDS: Final = TIME_KINDS | {LineKind.ENERGY, LineKind.FLAT, LineKind.POWER}

_MAX_DIGITS: Final = 15


class InvalidTariff(ValueError):
    """The tariff could not be rated exactly, or means nothing."""


def _require(holds: bool, why: str) -> None:
    if not holds:
        raise InvalidTariff(why)


def _require_price(price: Decimal | None, what: str) -> None:
    if price is None:
        return
    _require(isinstance(price, Decimal) and price.is_finite(), f"{what} {price!r} is no Decimal")
    exponent = price.as_tuple().exponent
    few = len(price.as_tuple().digits) <= _MAX_DIGITS
    small = isinstance(exponent, int) and abs(exponent) <= _MAX_DIGITS
    _require(few and small, f"{what} {price} has too many digits")


def _require_rate(rate: Decimal | None) -> None:
    _require_price(rate, "VAT rate")
    _require(rate is None or 0 <= rate <= 100, f"a VAT rate of {rate} %")


@dataclass(frozen=True, slots=True)
class SpotFormula:
    """How a spot price becomes a price per kWh.

    (spot * (1 + markup_pct/100) + adder) * (1 + VAT/100), then not under `floor` and not over
    `ceiling`. `adder` is without VAT like the spot price itself; floor and ceiling are what the
    driver was promised, so they include VAT. All in major units per kWh.
    """

    markup_pct: Decimal = Decimal(0)
    adder: Decimal = Decimal(0)
    floor: Decimal | None = None
    ceiling: Decimal | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            _require_price(getattr(self, field.name), field.name)
        if self.floor is not None and self.ceiling is not None:
            _require(self.floor <= self.ceiling, "the floor is above the ceiling")


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """One price: per kWh for energy, per kW for power, per `time_unit_s` of time, once for FLAT.

    TIME is time charging, PARKING_TIME time connected after charging ended (both as in OCPI,
    which quotes per hour: `time_unit_s=3600`), SESSION_TIME is both together. `step_size` is in
    Wh, W or s. With `spot` the price is the fallback for slots without a spot price.

    POWER is the grid power fee (effekttariff): each local clock hour costs this price per kW of
    its mean power, which is the energy delivered while the element held, over one full hour, and
    the session pays once: for its costliest hour (the earlier one where two cost the same).
    """

    kind: LineKind
    price: Decimal
    vat_rate: Decimal | None = None
    step_size: int = 1
    time_unit_s: int = 60
    spot: SpotFormula | None = None

    def __post_init__(self) -> None:
        _require(self.kind in PRICED_KINDS, f"{self.kind} cannot be priced by a component")
        _require_price(self.price, "price")
        _require_rate(self.vat_rate)
        _require(self.step_size >= 1, "a step size is at least 1")
        _require(self.time_unit_s in (60, 3600), "time is priced per minute or per hour")
        _require(self.spot is None or self.kind is LineKind.ENERGY, "only energy has a spot price")
        is_power = self.kind is LineKind.POWER
        _require(not is_power or self.price >= 0, "a price per kW is not negative")

    @property
    def per(self) -> int:
        """How many counted units (Wh, W, s, 1) the price is for."""
        if self.kind in (LineKind.ENERGY, LineKind.POWER):
            return 1000
        return self.time_unit_s if self.kind in TIME_KINDS else 1


@dataclass(frozen=True, slots=True)
class Restrictions:
    """When an element is active, tested at each instant; all that are set must hold (OCPI).

    Times and dates are local to the site: `time_from` > `time_to` goes over midnight, `time_to`
    00:00 is the end of the day, `days_of_week` (Monday 0) is the day of the instant itself.
    Seasons are (month, day), every year. Every upper bound is exclusive. A session without
    reported current matches no current restriction.
    """

    time_from: time | None = None
    time_to: time | None = None
    date_from: date | None = None
    date_to: date | None = None
    season_from: tuple[int, int] | None = None
    season_to: tuple[int, int] | None = None
    days_of_week: tuple[int, ...] = ()
    min_energy_wh: int | None = None
    max_energy_wh: int | None = None
    min_duration_s: int | None = None
    max_duration_s: int | None = None
    min_power_w: int | None = None
    max_power_w: int | None = None
    min_current_ma: int | None = None
    max_current_ma: int | None = None

    def __post_init__(self) -> None:
        for at in (self.time_from, self.time_to):
            _require(at is None or at.second == at.microsecond == 0, "times are whole minutes")
        both = (self.season_from is None) == (self.season_to is None)
        _require(both, "a season has a first day and a day after its last")
        for day in (self.season_from, self.season_to):
            _require(day is None or (1 <= day[0] <= 12 and 1 <= day[1] <= 31), f"day {day}")
        _require(all(0 <= day <= 6 for day in self.days_of_week), "days of the week are 0 to 6")


@dataclass(frozen=True, slots=True)
class TariffElement:
    """Components that hold under the same restrictions.

    For each kind the first element of the tariff that matches and prices it is used (OCPI).
    """

    components: tuple[PriceComponent, ...]
    restrictions: Restrictions = Restrictions()

    def __post_init__(self) -> None:
        kinds = [component.kind for component in self.components]
        _require(len(set(kinds)) == len(kinds), "an element prices each kind once")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours in which no idle fee accrues; may go over midnight."""

    time_from: time
    time_to: time


@dataclass(frozen=True, slots=True)
class IdleFee:
    """A price per minute for staying connected, from `grace_s` after the real end of charging.

    Grace runs in quiet hours too. `cap` is the most it can cost, in major units.
    """

    price: Decimal
    grace_s: int = 0
    cap: Decimal | None = None
    quiet_hours: tuple[QuietHours, ...] = ()
    vat_rate: Decimal | None = None

    def __post_init__(self) -> None:
        _require_price(self.price, "idle price")
        _require_price(self.cap, "idle cap")
        _require_rate(self.vat_rate)
        _require(self.grace_s >= 0, "a grace period is not negative")


@dataclass(frozen=True, slots=True)
class ReservationFee:
    """What a reservation costs that a session followed: once, by the time reserved, or both.

    `time_price` is for `time_unit_s` seconds, `step_size` in seconds. A reservation nobody used
    is not rated with a session.
    """

    flat: Decimal | None = None
    time_price: Decimal | None = None
    vat_rate: Decimal | None = None
    step_size: int = 1
    time_unit_s: int = 60

    def __post_init__(self) -> None:
        _require_price(self.flat, "reservation fee")
        _require_price(self.time_price, "price of reserved time")
        _require_rate(self.vat_rate)
        _require(self.step_size >= 1, "a step size is at least 1")
        _require(self.time_unit_s in (60, 3600), "time is priced per minute or per hour")
        priced = self.flat is not None or self.time_price is not None
        _require(priced, "a reservation fee has a price")


@dataclass(frozen=True, slots=True)
class TariffFacts:
    """One immutable tariff version. Prices are major units, with VAT unless said otherwise.

    `vat_rate` (percent) holds for everything without its own. `free_energy_wh` and `free_time_s`
    are the first of each session; they free neither reserved time nor the power fee. `min_price`
    and `max_price` bound the gross of the whole bill, idle, power and reservation fees included;
    without `prices_include_vat` they are raised by `vat_rate` like the rest.
    """

    version_id: str
    currency: str
    vat_rate: Decimal
    elements: tuple[TariffElement, ...]
    prices_include_vat: bool = True
    idle_fee: IdleFee | None = None
    free_energy_wh: int = 0
    free_time_s: int = 0
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    reservation_fee: ReservationFee | None = None

    def __post_init__(self) -> None:
        minor_exponent(self.currency)
        _require_rate(self.vat_rate)
        _require_price(self.min_price, "minimum price")
        _require_price(self.max_price, "maximum price")
        _require(self.free_energy_wh >= 0 and self.free_time_s >= 0, "an allowance is negative")
        if self.min_price is not None and self.max_price is not None:
            _require(self.min_price <= self.max_price, "the minimum is above the maximum")


def uses_spot(tariff: TariffFacts) -> bool:
    """Say whether any price of a tariff follows the spot market."""
    return any(one.spot is not None for element in tariff.elements for one in element.components)


def has_power_fee(tariff: TariffFacts) -> bool:
    """Say whether a tariff asks for the costliest clock hour."""
    kinds = (one.kind for element in tariff.elements for one in element.components)
    return LineKind.POWER in kinds


def plain_tariff(
    version_id: str,
    currency: str,
    *,
    vat_rate: Decimal,
    per_kwh: Decimal | None = None,
    per_minute: Decimal | None = None,
    per_session: Decimal | None = None,
) -> TariffFacts:
    """Make the everyday tariff: prices with VAT per kWh, per connected minute, per session."""
    prices = (
        (LineKind.ENERGY, per_kwh),
        (LineKind.SESSION_TIME, per_minute),
        (LineKind.FLAT, per_session),
    )
    components = tuple(PriceComponent(kind, price) for kind, price in prices if price is not None)
    return TariffFacts(version_id, currency, vat_rate, (TariffElement(components),))
