"""How wrong the splits between readings can be, in Wh and in money."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from billing.money import minor_exponent
from billing.rating.exact import spot_price_with_vat
from billing.rating.tally import vat_rate_of, with_vat
from billing.rating.tariff import TIME_KINDS
from billing.rating.types import LineKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from billing.rating.meter import MeterPoint
    from billing.rating.segments import Cuts, Scene
    from billing.rating.tariff import PriceComponent


class Split(NamedTuple):
    """An interpolated register at a change of price, with the readings on both sides."""

    at_s: int
    energy_wh: int
    before: MeterPoint
    after: MeterPoint
    max_error_wh: int


class SplitBounds(NamedTuple):
    """Every interpolated split, the largest error of one, and what all can do to the gross."""

    splits: list[Split]
    error_wh: int
    error_minor: int


def bound_splits(scene: Scene, cuts: Cuts, energy_prices: list[Decimal]) -> SplitBounds:
    """Bound what interpolation can have moved, against any register that fits the readings.

    At a change of price the true register lies between the readings around it, so the money is
    wrong by at most (Wh to the farther of them) * (change of price). Where prices depend on
    consumed energy as well, the change is bounded by the widest the tariff has. Power and current
    between readings are what the readings say and have no bound here.
    """
    is_mixed = bool(cuts.energies_wh)
    widest = _energy_spread(scene) if is_mixed else Fraction(0)
    splits: dict[int, Split] = {}
    amount = Fraction(0)
    for index, segment in enumerate(cuts.segments[1:], start=1):
        if segment.from_s not in cuts.price_times_s or segment.from_s in splits:
            continue
        change = abs(Fraction(energy_prices[index]) - Fraction(energy_prices[index - 1]))
        split = _split_at(scene, segment.from_s)
        worth = max(change, widest) * split.max_error_wh / 1000
        if worth:
            splits[segment.from_s] = split
            amount += worth
    amount += _time_error(scene, cuts)
    if amount:
        amount += _side_effects(scene, is_mixed)
    scaled = amount * 10 ** minor_exponent(scene.tariff.currency)
    largest = max((split.max_error_wh for split in splits.values()), default=0)
    return SplitBounds(list(splits.values()), largest, -(-scaled.numerator // scaled.denominator))


def _split_at(scene: Scene, at_s: int) -> Split:
    before, after = scene.meter.readings_around(at_s)
    energy_wh = scene.meter.energy_at(at_s)
    error_wh = max(energy_wh - before.energy_wh, after.energy_wh - energy_wh)
    return Split(at_s, energy_wh, before, after, error_wh)


def _components(scene: Scene) -> Iterator[PriceComponent]:
    for element in scene.tariff.elements:
        yield from element.components


def _prices_of(scene: Scene, component: PriceComponent) -> Iterator[Fraction]:
    vat_rate = vat_rate_of(scene.tariff, component.vat_rate)
    yield Fraction(with_vat(scene.tariff, component.price, vat_rate))
    if component.spot is not None:
        for spot in scene.spot.prices():
            yield Fraction(spot_price_with_vat(component.spot, spot, vat_rate))


def _spread(prices: list[Fraction]) -> Fraction:
    return max([*prices, Fraction(0)]) - min([*prices, Fraction(0)])


def _energy_spread(scene: Scene) -> Fraction:
    energy = [one for one in _components(scene) if one.kind is LineKind.ENERGY]
    return _spread([price for component in energy for price in _prices_of(scene, component)])


def _time_error(scene: Scene, cuts: Cuts) -> Fraction:
    """Bound the money in not knowing the second at which a restriction's Wh were reached."""
    rules = [element.restrictions for element in scene.tariff.elements]
    asked = {rule.min_energy_wh for rule in rules} | {rule.max_energy_wh for rule in rules}
    unsure_s = 0
    for energy_wh in cuts.energies_wh & asked:
        early_s, late_s = scene.meter.span_of(energy_wh)
        at_s = scene.meter.second_at(energy_wh)
        unsure_s += max(at_s - early_s - 1, late_s - at_s)
    if not unsure_s:
        return Fraction(0)
    return unsure_s * sum((_spread(_per_second(scene, kind)) for kind in TIME_KINDS), Fraction(0))


def _per_second(scene: Scene, kind: LineKind) -> list[Fraction]:
    timed = [one for one in _components(scene) if one.kind is kind]
    return [price / one.per for one in timed for price in _prices_of(scene, one)]


def _side_effects(scene: Scene, is_mixed: bool) -> Fraction:
    """Bound what a moved split can do beyond itself: one more step, another flat fee."""
    amount = Fraction(0)
    for component in _components(scene):
        highest = max(abs(price) for price in _prices_of(scene, component))
        if component.kind is LineKind.FLAT:
            amount += highest if is_mixed else 0
        elif component.step_size > 1:
            amount += highest * component.step_size / component.per
    return amount
