"""Adds up what each price is charged for: equal prices meet in one sum before any rounding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from billing.rating.exact import ZERO, add, multiply, raise_by_percent, spot_price_with_vat
from billing.rating.power import ClockHour, costliest_hour
from billing.rating.tariff import TIME_KINDS
from billing.rating.types import LineKind

if TYPE_CHECKING:
    from decimal import Decimal

    from billing.rating.restrictions import Instant
    from billing.rating.segments import Scene, Segment
    from billing.rating.tariff import PriceComponent, SpotFormula, TariffFacts


class Price(NamedTuple):
    """A price as entered, the same with VAT, where it came from, and the sum it belongs to."""

    entered: Decimal
    gross: Decimal
    source: str
    spot: SpotFormula | None = None


class Piece(NamedTuple):
    """A quantity at one price between two Unix seconds; `element` is 0 for fees outside them."""

    from_s: int
    to_s: int
    quantity: int
    price: Price
    element: int


@dataclass(slots=True)
class Bucket:
    """What becomes one line: everything of a kind at one price and VAT rate."""

    kind: LineKind
    per: int
    vat_rate: Decimal
    is_spot: bool
    pieces: list[Piece] = field(default_factory=list)
    quantity: int = 0
    total: Decimal = ZERO
    added_by_step: int = 0
    step_size: int = 1

    def add_piece(self, piece: Piece) -> None:
        """Add a quantity; it joins the piece before it where only an inner cut parts them."""
        self.quantity += piece.quantity
        self.total = add(self.total, multiply(piece.quantity, piece.price.gross))
        last = self.pieces[-1] if self.pieces else None
        if last and last.to_s == piece.from_s and last[3:] == piece[3:]:
            self.pieces.pop()
            piece = piece._replace(from_s=last.from_s, quantity=last.quantity + piece.quantity)
        self.pieces.append(piece)

    def round_up(self, added: int, step_size: int) -> None:
        """Add the rest of a started step at the price of the last piece."""
        self.quantity += added
        self.total = add(self.total, multiply(added, self.pieces[-1].price.gross))
        self.added_by_step, self.step_size = added, step_size


class Tally:
    """The quantities of one session by price."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._buckets: dict[tuple[object, ...], Bucket] = {}
        self._last_used: dict[str, tuple[Bucket, PriceComponent]] = {}
        self._is_flat_charged = False
        self._hours: dict[int, ClockHour] = {}
        self.energy_prices: list[Decimal] = []
        self.power_prices: list[Decimal] = []

    def buckets(self) -> list[Bucket]:
        """Return the sums in the order lines are shown in: by kind, then as they first came."""
        kinds = list(LineKind)
        return sorted(self._buckets.values(), key=lambda bucket: kinds.index(bucket.kind))

    def charge_segment(self, segment: Segment) -> None:
        """Add one segment's energy, time, flat fee and idle time at the prices that hold in it."""
        scene = self._scene
        at_s, now = scene.instant_of(segment)
        amounts = self._amounts_of(segment, at_s)
        prices = {LineKind.ENERGY: ZERO, LineKind.POWER: ZERO}
        for kind, (element, component) in scene.charged_components(now).items():
            price = find_price(scene, component, at_s, now)
            prices[kind] = price.gross
            if amounts[kind]:
                piece = Piece(segment.from_s, segment.to_s, amounts[kind], price, element)
                if kind is LineKind.POWER:
                    hour = scene.clock.hour_of(at_s)
                    self._hours.setdefault(hour, ClockHour(hour)).pieces.append((component, piece))
                else:
                    self._charge_component(component, piece)
        self.energy_prices.append(prices[LineKind.ENERGY])
        self.power_prices.append(prices[LineKind.POWER])
        if segment.to_s > segment.from_s and scene.is_idle(at_s, now):
            self._charge_idle(segment)

    def _amounts_of(self, segment: Segment, at_s: int) -> dict[LineKind, int]:
        duration_s = segment.to_s - segment.from_s
        is_charging = at_s < self._scene.charging_end_s
        return {
            LineKind.ENERGY: segment.to_wh - segment.from_wh,
            LineKind.POWER: segment.to_wh - segment.from_wh,
            LineKind.TIME: duration_s if is_charging else 0,
            LineKind.PARKING_TIME: 0 if is_charging else duration_s,
            LineKind.SESSION_TIME: duration_s,
            LineKind.FLAT: 0 if self._is_flat_charged else 1,
        }

    def _charge_component(self, component: PriceComponent, piece: Piece) -> None:
        kind, price = component.kind, piece.price
        vat_rate = vat_rate_of(self._scene.tariff, component.vat_rate)
        same_sum = price.gross if price.spot is None else (price.spot, component.price)
        key = (kind, component.per, vat_rate, price.spot is None, same_sum)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = Bucket(kind, component.per, vat_rate, price.spot is not None)
            self._buckets[key] = bucket
        bucket.add_piece(piece)
        self._is_flat_charged |= kind is LineKind.FLAT
        self._last_used["time" if kind in TIME_KINDS else kind] = (bucket, component)

    def _charge_idle(self, segment: Segment) -> None:
        tariff = self._scene.tariff
        fee = tariff.idle_fee
        if fee is None:
            return
        vat_rate = vat_rate_of(tariff, fee.vat_rate)
        price = Price(fee.price, with_vat(tariff, fee.price, vat_rate), "idle_fee")
        bucket = self._buckets.setdefault(
            (LineKind.IDLE,), Bucket(LineKind.IDLE, 60, vat_rate, is_spot=False)
        )
        duration_s = segment.to_s - segment.from_s
        bucket.add_piece(Piece(segment.from_s, segment.to_s, duration_s, price, 0))

    def charge_power(self) -> list[ClockHour]:
        """Add the power fee of the costliest clock hour; return all hours that have a price."""
        hours = list(self._hours.values())
        dearest = costliest_hour(hours)
        for component, piece in dearest.pieces if dearest else ():
            self._charge_component(component, piece)
        return hours

    def charge_reservation(self) -> None:
        """Add what the time reserved before the session costs."""
        scene, fee = self._scene, self._scene.tariff.reservation_fee
        if fee is None or scene.reserved_s is None:
            return
        vat_rate = vat_rate_of(scene.tariff, fee.vat_rate)
        start_s = scene.meter.start_s
        timed = (fee.time_unit_s, fee.time_price, scene.reserved_s)
        for per, entered, quantity in ((1, fee.flat, 1), timed):
            if entered is None or not quantity:
                continue
            price = Price(entered, with_vat(scene.tariff, entered, vat_rate), "reservation_fee")
            bucket = Bucket(LineKind.RESERVATION, per, vat_rate, is_spot=False)
            bucket.add_piece(Piece(start_s - scene.reserved_s, start_s, quantity, price, 0))
            if per > 1 and quantity % fee.step_size:
                bucket.round_up(-quantity % fee.step_size, fee.step_size)
            self._buckets[LineKind.RESERVATION, per] = bucket

    def apply_step_sizes(self) -> None:
        """Round the session's energy, power, and its last kind of time, up to whole steps.

        Once per session, by the step of the component used last, on the total of its kind: OCPI
        2.2.1, CDR object, step_size.
        """
        for bucket, component in self._last_used.values():
            alike = [other for other in self._buckets.values() if other.kind is bucket.kind]
            added = -sum(other.quantity for other in alike) % component.step_size
            if added and component.kind is not LineKind.FLAT:
                bucket.round_up(added, component.step_size)


def vat_rate_of(tariff: TariffFacts, own: Decimal | None) -> Decimal:
    """Return a component's own VAT rate or the tariff's."""
    return tariff.vat_rate if own is None else own


def with_vat(tariff: TariffFacts, price: Decimal, vat_rate: Decimal) -> Decimal:
    """Return an entered price with VAT."""
    return price if tariff.prices_include_vat else raise_by_percent(price, vat_rate)


def find_price(scene: Scene, component: PriceComponent, at_s: int, now: Instant) -> Price:
    """Return what a component costs at an instant, after allowances, spot slots and VAT."""
    tariff = scene.tariff
    if component.kind is LineKind.ENERGY and now.energy_wh < tariff.free_energy_wh:
        return Price(ZERO, ZERO, "free_energy")
    if component.kind in TIME_KINDS and now.elapsed_s < tariff.free_time_s:
        return Price(ZERO, ZERO, "free_time")
    vat_rate = vat_rate_of(tariff, component.vat_rate)
    formula = component.spot
    if formula is None:
        return Price(component.price, with_vat(tariff, component.price, vat_rate), "tariff")
    spot = scene.spot.price_at(at_s)
    if spot is None:
        gross = with_vat(tariff, component.price, vat_rate)
        return Price(component.price, gross, "fallback", formula)
    return Price(spot, spot_price_with_vat(formula, spot, vat_rate), "spot", formula)
