"""Turns sums into lines: gross first, rounded once, VAT out of it, then the session's bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.money import charge_step_minor, minor_exponent, round_ratio, vat_part
from billing.rating.exact import multiply, quotient, round_to_minor, text_of
from billing.rating.tally import vat_rate_of, with_vat
from billing.rating.tariff import TIME_KINDS
from billing.rating.types import LineKind, RatedLine

if TYPE_CHECKING:
    from decimal import Decimal

    from billing.rating.clock import WallClock
    from billing.rating.tally import Bucket, Piece
    from billing.rating.tariff import TariffFacts
    from billing.rating.types import Step

_UNITS: Final = dict.fromkeys(TIME_KINDS | {LineKind.IDLE}, "s") | {
    LineKind.ENERGY: "Wh",
    LineKind.POWER: "W",
}


def build_lines(tariff: TariffFacts, buckets: list[Bucket], clock: WallClock) -> list[RatedLine]:
    """Return the rounded lines of a session, its minimum and maximum price included."""
    lines = [_line_of(tariff, bucket, clock) for bucket in buckets]
    return lines + _lines_to_bounds(tariff, lines)


def _line_of(tariff: TariffFacts, bucket: Bucket, clock: WallClock) -> RatedLine:
    """Make a line; its trace is every step from the register to the rounded amount."""
    unit = _unit_of(bucket)
    trace = [_piece_step(piece, bucket, unit, clock) for piece in bucket.pieces]
    if bucket.added_by_step:
        trace.append({"step": "step_size", "size": bucket.step_size, "added": bucket.added_by_step})
    gross_minor = round_to_minor(bucket.total, bucket.per, tariff.currency)
    exact = quotient(bucket.total, bucket.per)
    trace.append({"step": "sum", "quantity": bucket.quantity, "exact": text_of(exact)})
    trace.append({"step": "round", "gross_minor": gross_minor})
    if bucket.kind is LineKind.IDLE:
        gross_minor = _cap_idle(tariff, gross_minor, trace)
    price = bucket.pieces[-1].price.gross
    if bucket.is_spot:
        price = quotient(bucket.total, bucket.quantity)
    line = RatedLine(
        kind=bucket.kind,
        quantity=bucket.quantity,
        unit=unit,
        unit_price=price,
        per=bucket.per,
        gross_minor=gross_minor,
        net_minor=0,
        vat_minor=0,
        vat_rate=bucket.vat_rate,
        price_is_mean=bucket.is_spot,
        trace=tuple(trace),
    )
    return _split_vat(line, tariff.currency)


def _unit_of(bucket: Bucket) -> str:
    if bucket.kind is LineKind.RESERVATION:
        return "s" if bucket.per > 1 else "1"
    return _UNITS.get(bucket.kind, "1")


def _piece_step(piece: Piece, bucket: Bucket, unit: str, clock: WallClock) -> Step:
    price = piece.price
    step: Step = {
        "step": "piece",
        "from": clock.text_at(piece.from_s),
        "to": clock.text_at(piece.to_s),
        "quantity": piece.quantity,
        "unit": unit,
        "source": price.source,
        "price": text_of(price.gross),
        "per": bucket.per,
        "exact": text_of(quotient(multiply(piece.quantity, price.gross), bucket.per)),
    }
    if piece.element:
        step["element"] = piece.element
    if price.entered != price.gross:
        step["price_before_vat"] = text_of(price.entered)
    return step


def _cap_idle(tariff: TariffFacts, gross_minor: int, trace: list[Step]) -> int:
    fee = tariff.idle_fee
    if fee is None or fee.cap is None:
        return gross_minor
    cap = with_vat(tariff, fee.cap, vat_rate_of(tariff, fee.vat_rate))
    cap_minor = round_to_minor(cap, 1, tariff.currency)
    if gross_minor <= cap_minor:
        return gross_minor
    trace.append({"step": "cap", "gross_minor": cap_minor})
    return cap_minor


def _split_vat(line: RatedLine, currency: str) -> RatedLine:
    """Take the VAT out of a line's gross; net is what is left."""
    vat_minor = vat_part(line.gross_minor, line.vat_rate, charge_step_minor(currency))
    net_minor = line.gross_minor - vat_minor
    vat: Step = {
        "step": "vat",
        "rate": text_of(line.vat_rate),
        "vat_minor": vat_minor,
        "net_minor": net_minor,
    }
    return replace(line, net_minor=net_minor, vat_minor=vat_minor, trace=(*line.trace, vat))


def _lines_to_bounds(tariff: TariffFacts, lines: list[RatedLine]) -> list[RatedLine]:
    """Return the lines that lift or lower a session to its minimum or maximum price."""
    gross_minor = sum(line.gross_minor for line in lines)
    for kind, bound in ((LineKind.MINIMUM, tariff.min_price), (LineKind.MAXIMUM, tariff.max_price)):
        if bound is None:
            continue
        price = with_vat(tariff, bound, tariff.vat_rate)
        missing = round_to_minor(price, 1, tariff.currency) - gross_minor
        if (missing > 0) if kind is LineKind.MINIMUM else (missing < 0):
            return [
                _adjustment(tariff, kind, price, vat_rate, share, gross_minor)
                for vat_rate, share in _share_by_vat(tariff, lines, missing)
                if share
            ]
    return []


def _share_by_vat(
    tariff: TariffFacts, lines: list[RatedLine], amount_minor: int
) -> list[tuple[Decimal, int]]:
    """Part an amount over the VAT rates in proportion to what each bore; the parts sum to it."""
    weights: dict[Decimal, int] = {}
    for line in lines:
        weights[line.vat_rate] = weights.get(line.vat_rate, 0) + line.gross_minor
    if min(weights.values(), default=0) < 0 or not any(weights.values()):
        return [(tariff.vat_rate, amount_minor)]
    whole, step = sum(weights.values()), charge_step_minor(tariff.currency)
    shares = []
    seen = given = 0
    for vat_rate, weight in sorted(weights.items()):
        seen += weight
        upto = round_ratio(amount_minor * seen, whole, step)
        shares.append((vat_rate, upto - given))
        given = upto
    return shares


def _adjustment(
    tariff: TariffFacts,
    kind: LineKind,
    bound: Decimal,
    vat_rate: Decimal,
    share_minor: int,
    before_minor: int,
) -> RatedLine:
    trace: Step = {
        "step": kind.value,
        "bound": text_of(bound),
        "before_minor": before_minor,
        "gross_minor": share_minor,
    }
    price = quotient(multiply(share_minor, 1), 10 ** minor_exponent(tariff.currency))
    line = RatedLine(kind, 1, "1", price, 1, share_minor, 0, 0, vat_rate, False, (trace,))
    return _split_vat(line, tariff.currency)
