"""The grid power fee: which clock hour of a session is its costliest, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from billing.rating.exact import ZERO, add, multiply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from billing.rating.segments import Cuts, Scene
    from billing.rating.tally import Piece
    from billing.rating.tariff import PriceComponent


@dataclass(slots=True)
class ClockHour:
    """The energy of one local clock hour that has a price per kW.

    Wh in one hour are W of mean power, also where the session covers only part of the hour: that
    is how grid companies meter.
    """

    began_s: int
    pieces: list[tuple[PriceComponent, Piece]] = field(default_factory=list)

    @property
    def power_w(self) -> int:
        """The mean power over the hour."""
        return sum(piece.quantity for _, piece in self.pieces)

    @property
    def cost(self) -> Decimal:
        """A thousand times what the hour costs, with VAT."""
        total = ZERO
        for _, piece in self.pieces:
            total = add(total, multiply(piece.quantity, piece.price.gross))
        return total


def costliest_hour(hours: list[ClockHour]) -> ClockHour | None:
    """Return the hour the session pays for: dearest, then highest power, then earliest."""
    return max(hours, key=lambda hour: (hour.cost, hour.power_w, -hour.began_s), default=None)


class PowerError(NamedTuple):
    """How far the fee can be off, in major units, and the seconds whose register it hangs on."""

    amount: Fraction
    uncertain_s: list[int]


class PowerPrices(NamedTuple):
    """Prices per kW with VAT: by segment, the highest of all, the widest change (0: none hidden).

    Prices that depend on consumed energy hide changes behind an uncertain register.
    """

    by_segment: list[Decimal]
    highest: Fraction
    widest: Fraction
    depends_on_energy: bool


def bound_power(scene: Scene, cuts: Cuts, prices: PowerPrices) -> PowerError:
    """Bound the error of the fee: no hour is off by more, so neither is the costliest.

    An hour's energy is uncertain at both its ends and where its price changes, each by the
    distance to the farther reading, and by no more than all energy between the readings around it.
    """
    worst, uncertain = Fraction(0), set()
    meter = scene.meter
    for changes in _changes_by_hour(scene, cuts, prices):
        errors = {at_s: change * meter.error_at(at_s) for at_s, change in changes.items()}
        first, _ = meter.readings_around(min(changes))
        _, last = meter.readings_around(max(changes))
        at_most = prices.highest * (last.energy_wh - first.energy_wh)
        worst = max(worst, min(sum(errors.values(), Fraction(0)), at_most) / 1000)
        uncertain |= {at_s for at_s, error in errors.items() if error}
    return PowerError(worst, sorted(uncertain))


def _changes_by_hour(
    scene: Scene, cuts: Cuts, prices: PowerPrices
) -> Iterator[dict[int, Fraction]]:
    """Yield for each hour its own seconds at which an unsure register moves money, and how much.

    To an hour, the price begins at its start and stops at its end.
    """
    numbered = enumerate(cuts.segments)
    for _, hour in groupby(numbered, key=lambda one: scene.clock.hour_of(scene.judged_at(one[1]))):
        inside = list(hour)
        changes: dict[int, Fraction] = {}
        for number, segment in inside[1:]:
            if segment.from_s in cuts.price_times_s:
                before, now = prices.by_segment[number - 1 : number + 1]
                change = max(abs(Fraction(now) - Fraction(before)), prices.widest)
                changes[segment.from_s] = max(change, changes.get(segment.from_s, change))
        for number, at_s in (
            (inside[0][0], inside[0][1].from_s),
            (inside[-1][0], inside[-1][1].to_s),
        ):
            price = Fraction(prices.by_segment[number])
            changes[at_s] = prices.highest if prices.depends_on_energy else price
        yield changes
