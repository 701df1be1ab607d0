"""How wrong the splits between readings can be, in Wh and in money."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from billing.money import minor_exponent
from billing.rating.exact import spot_price_with_vat
from billing.rating.power import PowerError, PowerPrices, bound_power
from billing.rating.tally import vat_rate_of, with_vat
from billing.rating.tariff import TIME_KINDS, Restrictions
from billing.rating.types import LineKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.rating.meter import MeterPoint
    from billing.rating.segments import Cuts, Scene
    from billing.rating.tally import Tally
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


def bound_splits(scene: Scene, cuts: Cuts, tally: Tally) -> SplitBounds:
    """Bound what interpolation can have moved, against any register that fits the readings.

    At a change of price the true register lies between the readings around it, so the money is
    wrong by at most (Wh to the farther of them) * (change of price). Where prices depend on
    consumed energy as well, the change is bounded by the widest the tariff has. Power and current
    between readings, and a proof that charging resumed, are what the readings say and have no
    bound here.
    """
    is_mixed = bool(cuts.energies_wh)
    widest = _spread(scene, LineKind.ENERGY) if is_mixed else Fraction(0)
    splits: dict[int, Split] = {}
    amount = Fraction(0)
    for index, segment in enumerate(cuts.segments[1:], start=1):
        if segment.from_s not in cuts.price_times_s or segment.from_s in splits:
            continue
        error_wh = scene.meter.error_at(segment.from_s)
        if not error_wh:
            continue
        before, now = tally.energy_prices[index - 1 : index + 1]
        change = abs(Fraction(now) - Fraction(before)) / 1000
        worth = max(change, widest) * error_wh
        if worth:
            splits[segment.from_s] = _split_at(scene, segment.from_s)
            amount += worth
    amount += _time_error(scene, cuts)
    power = _bound_power(scene, cuts, tally)
    amount += power.amount
    for at_s in power.uncertain_s:
        splits.setdefault(at_s, _split_at(scene, at_s))
    if amount:
        amount += _side_effects(scene, is_mixed)
    scaled = amount * 10 ** minor_exponent(scene.tariff.currency)
    largest = max((split.max_error_wh for split in splits.values()), default=0)
    ordered = [splits[at_s] for at_s in sorted(splits)]
    return SplitBounds(ordered, largest, -(-scaled.numerator // scaled.denominator))


def _split_at(scene: Scene, at_s: int) -> Split:
    before, after = scene.meter.readings_around(at_s)
    return Split(at_s, scene.meter.energy_at(at_s), before, after, scene.meter.error_at(at_s))


def _bound_power(scene: Scene, cuts: Cuts, tally: Tally) -> PowerError:
    fees = [component for component in _components(scene) if component.kind is LineKind.POWER]
    if not fees:
        return PowerError(Fraction(0), [])
    is_mixed = bool(cuts.energies_wh)
    prices = PowerPrices(
        tally.power_prices,
        highest=1000 * max(price for fee in fees for price in _prices_of(scene, fee)),
        widest=1000 * _spread(scene, LineKind.POWER) if is_mixed else Fraction(0),
        depends_on_energy=is_mixed,
    )
    return bound_power(scene, cuts, prices)


def _components(scene: Scene) -> Iterator[PriceComponent]:
    for element in scene.tariff.elements:
        yield from element.components


def _prices_of(scene: Scene, component: PriceComponent) -> Iterator[Fraction]:
    """Yield every price of a component in this session, per Wh, second or session, with VAT."""
    vat_rate = vat_rate_of(scene.tariff, component.vat_rate)
    yield Fraction(with_vat(scene.tariff, component.price, vat_rate)) / component.per
    if component.spot is not None:
        for spot in scene.spot.prices():
            yield Fraction(spot_price_with_vat(component.spot, spot, vat_rate)) / component.per


def _spread(scene: Scene, kind: LineKind) -> Fraction:
    """Return the widest change of price a kind can make, from or to no price included."""
    tariff = scene.tariff
    alike = [component for component in _components(scene) if component.kind is kind]
    prices = [price for component in alike for price in _prices_of(scene, component)]
    always_priced = any(
        element.restrictions == Restrictions() and kind in {one.kind for one in element.components}
        for element in tariff.elements
    )
    allowance = tariff.free_energy_wh if kind is LineKind.ENERGY else tariff.free_time_s
    is_free = bool(allowance) and kind is not LineKind.POWER
    if is_free or not always_priced:
        prices.append(Fraction(0))
    return max(prices) - min(prices)


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
    return unsure_s * sum((_spread(scene, kind) for kind in TIME_KINDS), Fraction(0))


def _side_effects(scene: Scene, is_mixed: bool) -> Fraction:
    """Bound what a moved split can do beyond itself: one more step, another flat fee."""
    amount = Fraction(0)
    for component in _components(scene):
        highest = max(abs(price) for price in _prices_of(scene, component))
        if component.kind is LineKind.FLAT:
            amount += highest if is_mixed else 0
        elif component.step_size > 1:
            amount += highest * component.step_size
    return amount
