"""What a replay adds up, before and after, and its plain form for storage."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from billing.money import round_ratio
from billing.what_if.prices import HOURS_OF_WEEK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from billing.rating.types import Json
    from billing.what_if.load import HourLoad

# Shares are counted in millionths.
WHOLE: Final = 1_000_000


class Scenario(StrEnum):
    """How much drivers answer to the new prices: BEFORE is what happened, at the old ones."""

    BEFORE = "before"
    UNMOVED = "unmoved"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Amounts:
    """Minor units; in sums of expected values they are multiplied by `WHOLE`."""

    gross_minor: int = 0
    net_minor: int = 0
    vat_minor: int = 0

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.gross_minor + other.gross_minor,
            self.net_minor + other.net_minor,
            self.vat_minor + other.vat_minor,
        )

    def times(self, factor: int) -> Amounts:
        """Each amount so many times."""
        return Amounts(self.gross_minor * factor, self.net_minor * factor, self.vat_minor * factor)

    def rounded(self) -> Amounts:
        """Whole minor units of a sum of expected values; net gives way, so that VAT still fits."""
        gross, vat = (round_ratio(one, WHOLE) for one in (self.gross_minor, self.vat_minor))
        return Amounts(gross, gross - vat, vat)

    def document(self) -> dict[str, Json]:
        """As JSON."""
        return {"gross": self.gross_minor, "net": self.net_minor, "vat": self.vat_minor}


class Peak(NamedTuple):
    """The highest energy of one clock hour (Wh times `WHOLE`), and the Unix second it began."""

    energy: int
    hour_s: int

    def or_higher(self, energy: int, hour_s: int) -> Peak:
        """The higher of two hours; the earlier of two alike."""
        is_higher = (energy, -hour_s) > (self.energy, -self.hour_s)
        return Peak(energy, hour_s) if is_higher else self

    def document(self) -> dict[str, Json]:
        """As JSON; the energy of one hour in Wh is its mean power in W."""
        return {"power_w": round_ratio(self.energy, WHOLE), "hour_s": self.hour_s}


@dataclass(slots=True)
class Totals:
    """One scenario: money by week, energy by hour of the week, and the load of every hour.

    Everything is an expected value times `WHOLE`, so that nothing is rounded before the end.
    """

    by_week: dict[int, Amounts] = field(default_factory=dict)
    gross_by_start: Counter[int] = field(default_factory=Counter)
    energy_by_hour: Counter[int] = field(default_factory=Counter)
    site_load: Counter[tuple[UUID, int]] = field(default_factory=Counter)

    def add_money(self, week: int, start_hour: int, amounts: Amounts, share: int) -> None:
        """Add what a session costs, if it is so with this share."""
        self.by_week[week] = self.by_week.get(week, Amounts()) + amounts.times(share)
        self.gross_by_start[start_hour] += amounts.gross_minor * share

    def add_load(self, site_id: UUID, load: Sequence[HourLoad], share: int) -> None:
        """Add when a session took its energy, if it is so with this share."""
        for hour in load:
            self.energy_by_hour[hour.of_week] += hour.energy_wh * share
            self.site_load[site_id, hour.hour_s] += hour.energy_wh * share

    def money(self) -> Amounts:
        """All weeks together, in minor units."""
        return sum(self.by_week.values(), Amounts()).rounded()

    def week(self, number: int) -> Amounts:
        """One week, in minor units."""
        return self.by_week.get(number, Amounts()).rounded()

    def energy_wh(self, hours: frozenset[int] | None = None) -> int:
        """Energy in these hours of the week, or in all."""
        wanted = self.energy_by_hour if hours is None else hours
        return round_ratio(sum(self.energy_by_hour[hour] for hour in wanted), WHOLE)

    def peak(self) -> Peak:
        """The highest hour of all sites together."""
        load: Counter[int] = Counter()
        for (_site, hour_s), energy in self.site_load.items():
            load[hour_s] += energy
        highest = Peak(0, 0)
        for hour_s, energy in load.items():
            highest = highest.or_higher(energy, hour_s)
        return highest

    def site_peaks(self) -> dict[UUID, Peak]:
        """The highest hour of each site."""
        peaks: dict[UUID, Peak] = {}
        for (site, hour_s), energy in self.site_load.items():
            peaks[site] = peaks.get(site, Peak(0, 0)).or_higher(energy, hour_s)
        return peaks

    def hourly_document(self) -> list[Json]:
        """Energy by hour of the week, Wh."""
        return [round_ratio(self.energy_by_hour[hour], WHOLE) for hour in range(HOURS_OF_WEEK)]

    def start_document(self) -> list[Json]:
        """Gross by hour of the week a session began in, minor units."""
        return [round_ratio(self.gross_by_start[hour], WHOLE) for hour in range(HOURS_OF_WEEK)]
