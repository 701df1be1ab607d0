"""One line of a charge told step by step: the pieces, their sum, the rounding, the VAT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from billing.rating import TariffFacts
from billing.rating.exact import multiply, quotient
from billing.wording import money, percent, price
from drivers import wording
from drivers.conditions import conditions_in_words

# A table longer than this is folded on the page.
FOLDED_ABOVE: Final = 8
_MARKET: Final = ("spot", "fallback")


@dataclass(frozen=True, slots=True)
class PieceRow:
    """A quantity at one price; `market` is the market's price without VAT, empty without one."""

    when: str
    quantity: str
    market: str
    price: str
    amount: str
    note: str
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to the sum of the pieces, one thing at a time."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class LineStory:
    """One line as it is followed by hand."""

    kind: str
    title: str
    quantity: str
    price: str
    gross: str
    pieces: tuple[PieceRow, ...]
    steps: tuple[Step, ...]
    has_market: bool

    @property
    def is_unfolded(self) -> bool:
        """Few pieces that say more than the line itself."""
        is_plain = len(self.pieces) == 1 and not self.pieces[0].note
        return not is_plain and len(self.pieces) <= FOLDED_ABOVE

    @property
    def fallbacks(self) -> int:
        """How many pieces have the fallback price."""
        return sum(piece.is_fallback for piece in self.pieces)


def tell_lines(
    explanation: Mapping[str, Any], tariff: TariffFacts | None, zone: ZoneInfo
) -> tuple[LineStory, ...]:
    """Tell every line of a charge's explanation (`RatedLine.trace`) in the language in force."""
    teller = _Teller(explanation, tariff, zone)
    return tuple(teller.line(line) for line in explanation["lines"])


class _Teller:
    def __init__(
        self, explanation: Mapping[str, Any], tariff: TariffFacts | None, zone: ZoneInfo
    ) -> None:
        self._currency: str = explanation["currency"]
        self._tariff = tariff
        self._zone = zone
        session = explanation["session"]
        first, last = (wording.local(session[name], zone) for name in ("started_at", "ended_at"))
        self._begins_on = first.date()
        self._changes_clock = first.utcoffset() != last.utcoffset()

    def line(self, line: Mapping[str, Any]) -> LineStory:
        trace: Sequence[Mapping[str, Any]] = line["trace"]
        unit, per = line["unit"], line["per"]
        shown = wording.price_per(Decimal(line["unit_price"]), self._currency, unit, per)
        return LineStory(
            kind=line["kind"],
            title=wording.line_title(line["kind"]),
            quantity=wording.quantity(line["quantity"], unit, per),
            price=_("on average %(price)s") % {"price": shown} if line["price_is_mean"] else shown,
            gross=money(line["gross_minor"], self._currency),
            pieces=tuple(self._pieces(trace, unit)),
            steps=tuple(step for one in trace for step in self._steps(one, unit, per)),
            has_market=any(one.get("source") in _MARKET for one in trace),
        )

    def _pieces(self, trace: Sequence[Mapping[str, Any]], unit: str) -> list[PieceRow]:
        """Return the rows; what a whole step adds is one more at the price of the last."""
        rows = []
        last: Mapping[str, Any] = {}
        for step in trace:
            if step["step"] == "piece":
                last = step
                rows.append(self._piece(step, unit, self._when(step)))
            elif step["step"] == "step_size" and last:
                whole = wording.quantity(step["size"], unit, last["per"])
                note = _("Up to a whole step of %(size)s") % {"size": whole}
                added = {**last, "quantity": step["added"], "element": 0, "exact": None}
                rows.append(self._piece(added, unit, note))
        return rows

    def _piece(self, step: Mapping[str, Any], unit: str, when: str) -> PieceRow:
        per, own = step["per"], Decimal(step["price"])
        amount = step["exact"]
        if amount is None:
            amount = quotient(multiply(step["quantity"], own), per)
        source = step["source"]
        market = step.get("price_before_vat", step["price"]) if source == "spot" else None
        return PieceRow(
            when=when,
            quantity=wording.quantity(step["quantity"], unit, per),
            market="" if market is None else price(Decimal(market), self._currency),
            price=wording.price_per(own, self._currency, unit, per),
            amount=price(Decimal(amount), self._currency),
            note=wording.source_note(source) or self._rule(step),
            is_fallback=source == "fallback",
        )

    def _rule(self, step: Mapping[str, Any]) -> str:
        """Say which hours or limits of the tariff gave this price."""
        number = step.get("element", 0)
        if self._tariff is None or not 0 < number <= len(self._tariff.elements):
            return ""
        return conditions_in_words(self._tariff.elements[number - 1].restrictions)

    def _when(self, step: Mapping[str, Any]) -> str:
        begins, ends = (wording.local(step[name], self._zone) for name in ("from", "to"))
        day = "" if begins.date() == self._begins_on else f"{begins.day}/{begins.month} "
        first, last = wording.clock_time(begins), wording.clock_time(ends)
        if self._changes_clock:
            first, last = f"{first} {begins.tzname()}", f"{last} {ends.tzname()}"
        return f"{day}{first}–{last}" if begins != ends else f"{day}{first}"

    def _steps(self, step: Mapping[str, Any], unit: str, per: int) -> list[Step]:
        kind, cash = step["step"], self._currency
        if kind in ("piece", "step_size"):
            return []
        if kind == "sum":
            counted = wording.quantity(step["quantity"], unit, per)
            exact = price(Decimal(step["exact"]), cash)
            return [Step("sum", _("Sum of %(quantity)s") % {"quantity": counted}, exact)]
        if kind == "round":
            return [Step("round", _("Rounded"), money(step["gross_minor"], cash))]
        if kind == "cap":
            return [Step("cap", _("The fee's highest amount"), money(step["gross_minor"], cash))]
        if kind == "vat":
            of_rate = _("of which VAT %(rate)s") % {"rate": percent(Decimal(step["rate"]))}
            return [
                Step("vat", of_rate, money(step["vat_minor"], cash)),
                Step("net", _("without VAT"), money(step["net_minor"], cash)),
            ]
        if kind in ("minimum", "maximum"):
            return self._bound(step)
        known = ", ".join(f"{name} {value}" for name, value in step.items() if name != "step")
        return [Step("other", str(kind), known)]

    def _bound(self, step: Mapping[str, Any]) -> list[Step]:
        is_minimum = step["step"] == "minimum"
        bound = _("Minimum price") if is_minimum else _("Maximum price")
        cash = self._currency
        return [
            Step("bound", bound, price(Decimal(step["bound"]), cash)),
            Step("before", _("The lines above"), money(step["before_minor"], cash)),
            Step("adjustment", _("Adjustment"), money(step["gross_minor"], cash)),
        ]
