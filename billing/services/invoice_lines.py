"""Joining charge lines to the lines of an invoice, and storing which came from which."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from billing.models import BillingAccount, Charge, ChargeLine, Invoice, InvoicedLine, InvoiceLine

# Stripe, "Add multiple line items": an invoice has at most so many.
MOST_LINES: Final = 250

Covers = InvoiceLine.Covers
Supply = InvoiceLine.Supply
_ENERGY_KINDS: Final = frozenset({ChargeLine.Kind.ENERGY, ChargeLine.Kind.MAXIMUM})


@dataclass(frozen=True, slots=True)
class Sold:
    """A charge line with what it can be joined by; the day is that of the site's clock."""

    line: ChargeLine
    charge: Charge

    @property
    def site(self) -> tuple[str, str]:
        """The site's name and id."""
        site = self.charge.session.charge_point.site
        return (site.name, str(site.pk))

    @property
    def day_on(self) -> date:
        """The day the session ended, where it was."""
        return day_of(self.charge)

    @property
    def supply(self) -> InvoiceLine.Supply:
        """Goods or service; a price cut (`maximum`) belongs to the electricity."""
        return Supply.ELECTRICITY if self.line.kind in _ENERGY_KINDS else Supply.FEES


_KEYS: Final[dict[InvoiceLine.Covers, Callable[[Sold], tuple[Hashable, ...]]]] = {
    Covers.CHARGE_LINE: lambda sold: (sold.charge.pk, sold.line.position),
    Covers.SESSION: lambda sold: (sold.charge.session.ended_at, str(sold.charge.pk)),
    Covers.DAY_AND_SITE: lambda sold: (sold.day_on, *sold.site),
    Covers.SITE: lambda sold: sold.site,
    Covers.EVERYTHING: lambda sold: (),
}
_JOINED_BY: Final = {
    BillingAccount.LinesPer.SESSION: (
        Covers.SESSION,
        Covers.DAY_AND_SITE,
        Covers.SITE,
        Covers.EVERYTHING,
    ),
    BillingAccount.LinesPer.SITE: (Covers.SITE, Covers.EVERYTHING),
}


def day_of(charge: Charge) -> date:
    """The day a charge's session ended, by the clock where it was."""
    session = charge.session
    ended_at = session.ended_at or charge.rated_at
    return ended_at.astimezone(ZoneInfo(session.charge_point.site.time_zone)).date()


def join_lines(
    sold: Sequence[Sold], lines_per: str, *, most: int
) -> tuple[InvoiceLine.Covers, list[list[Sold]]]:
    """Groups of one supply and one VAT rate each, joined no further than fits on an invoice.

    By session, then by day and site, then by site, then all; the order is the same on every run.
    """
    for covers in _JOINED_BY[BillingAccount.LinesPer(lines_per)]:
        groups = _grouped(sold, covers)
        if len(groups) <= most:
            return covers, groups
    raise TooManyRates(len(groups))


class TooManyRates(ValueError):
    """There are more supplies and VAT rates than an invoice has lines."""


def write_session_lines(invoice: Invoice, charge: Charge) -> None:
    """The lines of a session's own invoice: one for each line of its charge."""
    sold = [Sold(line, charge) for line in charge.lines.order_by("position")]
    _write(invoice, Covers.CHARGE_LINE, [[one] for one in sold])


def write_joined_lines(
    invoice: Invoice, covers: InvoiceLine.Covers, groups: Sequence[Sequence[Sold]]
) -> None:
    """The lines of a collective invoice."""
    _write(invoice, covers, groups)


def _grouped(sold: Iterable[Sold], covers: InvoiceLine.Covers) -> list[list[Sold]]:
    groups: dict[tuple[Any, ...], list[Sold]] = {}
    for one in sold:
        key = (*_KEYS[covers](one), one.supply.value, one.line.vat_rate)
        groups.setdefault(key, []).append(one)
    return [groups[key] for key in sorted(groups)]


def _write(invoice: Invoice, covers: InvoiceLine.Covers, groups: Sequence[Sequence[Sold]]) -> None:
    rows = [
        _line(invoice, position, covers, group) for position, group in enumerate(groups, start=1)
    ]
    InvoiceLine.objects.bulk_create(rows)
    InvoicedLine.objects.bulk_create(
        InvoicedLine(charge_line=one.line, charge=one.charge, invoice_line=row, invoice=invoice)
        for row, group in zip(rows, groups, strict=True)
        for one in group
    )


def _line(
    invoice: Invoice, position: int, covers: InvoiceLine.Covers, group: Sequence[Sold]
) -> InvoiceLine:
    first = group[0]
    session = first.charge.session
    return InvoiceLine(
        invoice=invoice,
        position=position,
        covers=covers,
        supply=first.supply,
        charge_kind=first.line.kind if covers == Covers.CHARGE_LINE else "",
        site_name="" if covers == Covers.EVERYTHING else first.site[0],
        began_at=session.started_at if covers in (Covers.CHARGE_LINE, Covers.SESSION) else None,
        day_on=first.day_on if covers == Covers.DAY_AND_SITE else None,
        session_count=len({one.charge.pk for one in group}),
        vat_rate=first.line.vat_rate,
        gross_minor=sum(one.line.gross_minor for one in group),
        net_minor=sum(one.line.net_minor for one in group),
        vat_minor=sum(one.line.vat_minor for one in group),
        **_measure(covers, group),
    )


def _measure(covers: InvoiceLine.Covers, group: Sequence[Sold]) -> dict[str, Any]:
    """How much was sold: as on the charge line, or the energy of all that were joined."""
    first = group[0].line
    if covers == Covers.CHARGE_LINE:
        return {
            "quantity": first.quantity,
            "unit": first.unit,
            "per": first.per,
            "unit_price": first.unit_price,
        }
    if group[0].supply != Supply.ELECTRICITY:
        return {}
    energy_wh = sum(one.line.quantity for one in group if one.line.kind == ChargeLine.Kind.ENERGY)
    return {"quantity": energy_wh, "unit": "Wh", "per": 1000}


def vat_by_rate(lines: Iterable[InvoiceLine]) -> list[tuple[Decimal, int, int]]:
    """For each VAT rate what is without VAT and what the VAT is, in minor units."""
    sums: dict[Decimal, tuple[int, int]] = {}
    for line in lines:
        net_minor, vat_minor = sums.get(line.vat_rate, (0, 0))
        sums[line.vat_rate] = (net_minor + line.net_minor, vat_minor + line.vat_minor)
    return [(rate, net, vat) for rate, (net, vat) in sorted(sums.items())]
