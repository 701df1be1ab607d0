"""What goes into rating and what comes out: session facts, readings, spot slots, rated lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from billing.money import Money

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"
Step: TypeAlias = "dict[str, Json]"

QUARTER_HOUR: Final = timedelta(minutes=15)


class UnratableSession(ValueError):
    """The facts of the session cannot be a session (ends before it starts, negative energy)."""


class LineKind(StrEnum):
    """What a line charges for; the order is the order lines are shown in (AFIR: kWh first)."""

    ENERGY = "energy"
    TIME = "time"
    PARKING_TIME = "parking_time"
    SESSION_TIME = "session_time"
    IDLE = "idle"
    FLAT = "flat"
    POWER = "power"
    RESERVATION = "reservation"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"


class Reading(NamedTuple):
    """The import register at an instant (Wh); power (W) and current (mA, all phases) if reported.

    Power and current are held to last until the next reading.
    """

    at: datetime
    register_wh: int
    power_w: int | None = None
    current_ma: int | None = None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """One charging session as it is billed; times are aware and count in whole seconds.

    `energy_wh` is the billed total and is never changed by rating: readings only say when it was
    delivered. `meter_start_wh` is the register at the start; without it the first reading is
    taken for it. `charging_ended_at` is the end of charging as the station tells it (idle and
    parking time count from there, or from later where readings prove that charging resumed); None
    means charging lasted to the end. `reserved_s` is for how long the connector was reserved
    right before the session, None if it was not. An open session is rated with `ended_at` now and
    the energy so far: that is its running cost.
    """

    started_at: datetime
    ended_at: datetime
    energy_wh: int
    time_zone: str
    charging_ended_at: datetime | None = None
    readings: Sequence[Reading] = ()
    meter_start_wh: int | None = None
    reserved_s: int | None = None

    def __post_init__(self) -> None:
        for at in (self.started_at, self.ended_at, self.charging_ended_at):
            if at is not None and at.utcoffset() is None:
                raise UnratableSession(f"{at} has no time zone")
        if self.ended_at < self.started_at:
            raise UnratableSession(f"ends at {self.ended_at}, before it starts")
        if self.energy_wh < 0:
            raise UnratableSession(f"delivered {self.energy_wh} Wh")
        if self.reserved_s is not None and self.reserved_s < 0:
            raise UnratableSession(f"reserved for {self.reserved_s} s")


class SpotSlot(NamedTuple):
    """A market price in major units per kWh without VAT; may be negative."""

    starts_at: datetime
    price: Decimal
    duration: timedelta = QUARTER_HOUR


@dataclass(frozen=True, slots=True)
class RatedLine:
    """One rounded line: net + VAT = gross, in minor units.

    `unit_price` includes VAT and is for `per` units (1000 Wh, 1000 W, 60 s, 1). On a spot line,
    which sums many prices, it is the mean to six decimals and `price_is_mean` is set; the trace
    has every slot.

    `trace` is what a person follows, in order, each step a flat dict of text and whole numbers:
    `piece` (from, to, quantity, unit, price with VAT, per, exact, source, element; and
    price_before_vat where they differ), `step_size` (size, added), `sum` (quantity, exact),
    `round` (gross_minor), `cap` (gross_minor), `vat` (rate, vat_minor, net_minor); a bound's line
    has `minimum` or `maximum` (bound, before_minor, gross_minor) and `vat`. Sources are tariff,
    spot, fallback, free_energy, free_time, idle_fee, reservation_fee.
    """

    kind: LineKind
    quantity: int
    unit: str
    unit_price: Decimal
    per: int
    gross_minor: int
    net_minor: int
    vat_minor: int
    vat_rate: Decimal
    price_is_mean: bool
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RatedCharge:
    """A session's price. `explanation` is JSON and enough to recompute the totals by hand.

    `split_error_wh` is the largest possible error of one energy split between two readings,
    `split_error_minor` how far all splits together can move the gross. `inputs` is all the price
    was computed from, as JSON: `rate_again` makes the identical charge of it, without the samples.
    """

    lines: tuple[RatedLine, ...]
    gross_minor: int
    net_minor: int
    vat_minor: int
    currency: str
    split_error_wh: int
    split_error_minor: int
    explanation: dict[str, Json]
    inputs: dict[str, Json]
    inputs_hash: str
    rules_version: str

    @property
    def gross(self) -> Money:
        """The total to pay, VAT included."""
        return Money(self.gross_minor, self.currency)
