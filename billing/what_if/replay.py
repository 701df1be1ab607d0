"""Past sessions priced by another tariff, one after the other, and added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from billing.rating import UnknownRules, rate, rate_again, tariff_document, uses_spot
from billing.rating.exact import text_of
from billing.rating.inputs import freeze_inputs, read_inputs
from billing.rating.meter import whole_second
from billing.rating.spot import select_slots
from billing.what_if.load import hourly_load
from billing.what_if.moving import move_session
from billing.what_if.prices import HOURS_OF_WEEK
from billing.what_if.result import WHOLE, Amounts, Scenario, Totals
from billing.what_if.slots import SlotBook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from billing.rating import RatedCharge, SessionFacts, TariffFacts
    from billing.rating.inputs import Inputs
    from billing.rating.types import Json
    from billing.what_if.load import HourLoad
    from billing.what_if.prices import OffPeak

_NO_PRICES: Final = SlotBook()


@dataclass(frozen=True, slots=True)
class BilledSession:
    """What the bill of one session says, and what it was computed from (`inputs_document`)."""

    site_id: UUID
    tariff_id: UUID
    version_id: UUID
    price_area: str
    week: int
    currency: str
    amounts: Amounts
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replacement:
    """The tariff to try, and the one for sessions without energy (`without_fees` of it)."""

    tariff: TariffFacts
    when_nothing_bought: TariffFacts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session costs and when it takes its energy, in one way it may go."""

    amounts: Amounts
    load: Sequence[HourLoad]

    @property
    def start_hour(self) -> int:
        """The hour of the week it begins in; Monday 00 where that is not known."""
        return self.load[0].of_week if self.load else 0


class Replay:
    """Prices sessions by the tariffs that replace theirs and adds up what comes of it.

    `prices` gives the price curves (`price_curve`) of a tariff version that was and of its
    replacement. `elasticity_pct` is the range of answers: by so many percent the energy in a peak
    hour falls when its price, compared with off-peak, doubles; the answer is in proportion below
    that and no greater above. What moves is the expected value over all drivers: a share of each
    session happens as it would have been moved (`move_session`), the rest as it was.
    """

    def __init__(
        self,
        replacements: Mapping[UUID, Replacement],
        *,
        off_peak: OffPeak,
        elasticity_pct: tuple[int, int],
        prices: Callable[[BilledSession], tuple[Sequence[int], Sequence[int]]],
        books: Mapping[str, SlotBook],
        currency: str,
    ) -> None:
        self._replacements = replacements
        self._off_peak = off_peak
        self._answers = dict(zip((Scenario.LOW, Scenario.HIGH), elasticity_pct, strict=True))
        self._prices = prices
        self._books = books
        self._currency = currency
        self._rises: dict[UUID, list[int]] = {}
        self.totals = {scenario: Totals() for scenario in Scenario}
        self.counts: Counter[str] = Counter()
        self.starts: Counter[int] = Counter()

    def add(self, billed: BilledSession) -> None:
        """Price one session anew, if its tariff is replaced, and add it up.

        Raises as rating does. A bill made by rules this code has not keeps its price, and when
        its energy was delivered is not known.
        """
        self.counts["sessions"] += 1
        if billed.currency != self._currency:
            self.counts["other_currency"] += 1
        try:
            inputs = read_inputs(billed.document)
        except UnknownRules:
            self.counts["unknown_rules"] += 1
            kept = Outcome(billed.amounts, ())
            self._record(billed, kept, kept, None, 0)
            return
        before = Outcome(billed.amounts, hourly_load(inputs))
        self.starts[before.start_hour] += 1
        replacement = self._replacements.get(billed.tariff_id)
        if replacement is None or billed.currency != self._currency:
            self.counts["kept"] += 1
            self._record(billed, before, before, None, 0)
            return
        self.counts["replayed"] += 1
        self._try(billed, inputs, before, replacement)

    def _try(
        self, billed: BilledSession, inputs: Inputs, before: Outcome, replacement: Replacement
    ) -> None:
        has_energy = bool(inputs.session.energy_wh)
        tariff = replacement.tariff if has_energy else replacement.when_nothing_bought
        unmoved = replace(before, amounts=self._price_unmoved(billed, inputs, tariff))
        rise = self._mean_rise(billed, before.load)
        moved = move_session(inputs, before.load, self._off_peak.hours) if rise else None
        if moved is None:
            self.counts["stuck"] += bool(rise)
            self._record(billed, before, unmoved, None, 0)
            return
        self.counts["moved_later" if moved.is_later else "moved_within"] += 1
        outcome = self._price_moved(billed, moved.session, tariff)
        self._record(billed, before, unmoved, outcome, rise)

    def _price_unmoved(self, billed: BilledSession, inputs: Inputs, tariff: TariffFacts) -> Amounts:
        """The frozen inputs with nothing but the tariff replaced.

        Where the old tariff followed the market, by the market prices the bill was made with.
        """
        document = {**billed.document, "tariff": tariff_document(tariff)}
        if not uses_spot(tariff):
            document["spot"] = []
        elif not uses_spot(inputs.tariff):
            session = inputs.session
            start_s, end_s = whole_second(session.started_at), whole_second(session.ended_at)
            slots = self._book_of(billed).touching(session.started_at, session.ended_at)
            spans = select_slots(slots, start_s, end_s)
            document["spot"] = [[span.from_s, span.to_s, text_of(span.price)] for span in spans]
        return _amounts_of(rate_again(document))

    def _price_moved(
        self, billed: BilledSession, session: SessionFacts, tariff: TariffFacts
    ) -> Outcome:
        slots = self._book_of(billed).touching(session.started_at, session.ended_at)
        rated = rate(session, tariff, slots)
        return Outcome(_amounts_of(rated), hourly_load(freeze_inputs(session, tariff, slots)))

    def _book_of(self, billed: BilledSession) -> SlotBook:
        return self._books.get(billed.price_area, _NO_PRICES)

    def _mean_rise(self, billed: BilledSession, load: Sequence[HourLoad]) -> int:
        """How much dearer the session's peak hours become beside off-peak; 0 to `WHOLE`."""
        peak = [hour for hour in load if hour.of_week not in self._off_peak.hours]
        energy_wh = sum(hour.energy_wh for hour in peak)
        if not energy_wh:
            return 0
        rises = self._rises_of(billed)
        mean = sum(hour.energy_wh * rises[hour.of_week] for hour in peak) // energy_wh
        return min(max(mean, 0), WHOLE)

    def _rises_of(self, billed: BilledSession) -> list[int]:
        known = self._rises.get(billed.version_id)
        if known is None:
            # Where charging costs nothing, or less, it counts as the smallest amount there is.
            old, new = ([max(one, 1) for one in curve] for curve in self._prices(billed))
            old_cheap, new_cheap = (
                sum(curve[hour] for hour in self._off_peak.hours) for curve in (old, new)
            )
            known = [
                new_one * old_cheap * WHOLE // (old_one * new_cheap) - WHOLE
                for old_one, new_one in zip(old, new, strict=True)
            ]
            self._rises[billed.version_id] = known
        return known

    def _record(
        self,
        billed: BilledSession,
        before: Outcome,
        unmoved: Outcome,
        moved: Outcome | None,
        rise: int,
    ) -> None:
        self._add(Scenario.BEFORE, billed, before, WHOLE)
        self._add(Scenario.UNMOVED, billed, unmoved, WHOLE)
        for scenario, answer_pct in self._answers.items():
            share = 0 if moved is None else answer_pct * rise // 100
            self._add(scenario, billed, unmoved, WHOLE - share)
            if moved is not None and share:
                self._add(scenario, billed, moved, share)

    def _add(self, scenario: Scenario, billed: BilledSession, what: Outcome, share: int) -> None:
        totals = self.totals[scenario]
        if billed.currency == self._currency:
            totals.add_money(billed.week, what.start_hour, what.amounts, share)
        totals.add_load(billed.site_id, what.load, share)

    def document(self) -> dict[str, Json]:
        """All that came of it, as JSON: minor units, Wh, W; hours of the week from Monday 00."""
        by_scenario = {one.value: totals for one, totals in self.totals.items()}
        weeks = sorted({week for totals in self.totals.values() for week in totals.by_week})
        peaks = {name: one.site_peaks() for name, one in by_scenario.items()}
        return {
            "currency": self._currency,
            "counts": dict(self.counts),
            "money": {name: one.money().document() for name, one in by_scenario.items()},
            "weeks": [
                {
                    "week": week,
                    **{name: one.week(week).document() for name, one in by_scenario.items()},
                }
                for week in weeks
            ],
            "energy_wh": self.totals[Scenario.BEFORE].energy_wh(),
            "off_peak_wh": {
                name: one.energy_wh(self._off_peak.hours) for name, one in by_scenario.items()
            },
            "peak": {name: one.peak().document() for name, one in by_scenario.items()},
            "sites": {
                str(site): {name: peaks[name][site].document() for name in by_scenario}
                for site in sorted(peaks[Scenario.BEFORE])
            },
            "hours": {name: one.hourly_document() for name, one in by_scenario.items()},
            "gross_by_start": {name: one.start_document() for name, one in by_scenario.items()},
            "starts": [self.starts[hour] for hour in range(HOURS_OF_WEEK)],
            "off_peak": {"rule": self._off_peak.rule, "hours": sorted(self._off_peak.hours)},
        }


def _amounts_of(rated: RatedCharge) -> Amounts:
    return Amounts(rated.gross_minor, rated.net_minor, rated.vat_minor)
