"""What is probably not meant in a tariff: hours without a price, rows that others hide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext as _

from billing.editor.calendar import (
    Period,
    Situation,
    calendar_mask,
    periods_from,
    situations_of,
    slots_of_day,
    threshold_mask,
    week_of,
)
from billing.editor.rows import Row, rows_of
from billing.editor.slots import Slot, slots_in_words
from billing.editor.words import minutes, period_in_words, thousandth
from billing.rating import LineKind, TariffFacts
from billing.rating.meter import UNREPORTED


class Weight(StrEnum):
    """Whether something is probably a mistake or may well be meant."""

    WARNING = "warning"
    NOTE = "note"


class Finding(NamedTuple):
    """One thing to look at."""

    weight: Weight
    text: str


class Place(NamedTuple):
    """A stretch of a week in one period of the year."""

    period: Period
    slot: Slot


def find_problems(tariff: TariffFacts, today: date) -> list[Finding]:
    """Return the gaps of the energy price and the rows that are hidden by rows before them.

    Looks at a year from `today` and at every later date that is named; at every threshold too.
    """
    rows = rows_of(tariff)
    if not any(row.component.kind is LineKind.ENERGY for row in rows):
        return [Finding(Weight.WARNING, _("No row prices energy: kilowatt-hours are free."))]
    survey = _Survey(tariff, rows, today)
    return [*survey.gaps(), *survey.hidden_rows()]


class _Survey:
    """Every stretch of the year by the rows that hold in it, for every situation of a session."""

    def __init__(self, tariff: TariffFacts, rows: tuple[Row, ...], today: date) -> None:
        self._rows = rows
        self._periods = periods_from(rows, today)
        self._places: dict[int, list[Place]] = defaultdict(list)
        for period in self._periods:
            for day in week_of(period):
                for slot in slots_of_day(tariff, day):
                    mask = calendar_mask(rows, day, slot.from_s)
                    self._places[mask].append(Place(period, slot))
        self._situations: dict[int, Situation] = {}
        for situation in situations_of(rows):
            self._situations.setdefault(threshold_mask(rows, situation), situation)

    def gaps(self) -> Iterator[Finding]:
        """Yield when energy has no price."""
        energy = self._mask_of(LineKind.ENERGY)
        always: list[Place] = []
        sometimes: dict[Situation, list[Place]] = defaultdict(list)
        for calendar, places in self._places.items():
            priced = calendar & energy
            missing = [now for mask, now in self._situations.items() if not mask & priced]
            if len(missing) == len(self._situations):
                always += places
            elif missing:
                sometimes[missing[0]] += places
        for when in self._say(always):
            text = _("No energy price %(when)s: energy is free then.")
            yield Finding(Weight.WARNING, text % {"when": when})
        for situation, places in sometimes.items():
            for when in self._say(places):
                text = _("No energy price %(when)s, %(situation)s: energy is free then.")
                said = {"when": when, "situation": _situation_in_words(situation)}
                yield Finding(Weight.WARNING, text % said)

    def hidden_rows(self) -> Iterator[Finding]:
        """Yield the rows that never hold, and where a row is hidden by one before it."""
        for place in range(len(self._rows)):
            hiding, is_ever_used = self._hiding(place)
            if not is_ever_used:
                yield Finding(Weight.WARNING, self._say_unused(place, hiding))
                continue
            for other, places in sorted(hiding.items()):
                # A special price before the general one it lies in is how lists are written.
                weight = Weight.NOTE if self._lies_in(other, place) else Weight.WARNING
                for when in self._say(places):
                    text = _("Row %(row)s is hidden by row %(other)s %(when)s.")
                    said = {"row": place + 1, "other": other + 1, "when": when}
                    yield Finding(weight, text % said)

    def _hiding(self, place: int) -> tuple[dict[int, list[Place]], bool]:
        """Return where each earlier row comes first although this one fits, and if it is used."""
        of_kind = self._mask_of(self._rows[place].component.kind)
        hiding: dict[int, list[Place]] = defaultdict(list)
        is_used = False
        for calendar, places in self._places.items():
            winners = set()
            for mask in self._situations:
                fitting = mask & calendar & of_kind
                if fitting >> place & 1:
                    winners.add((fitting & -fitting).bit_length() - 1)
            is_used |= place in winners
            for other in winners - {place}:
                hiding[other] += places
        return hiding, is_used

    def _lies_in(self, inner: int, outer: int) -> bool:
        """Say whether a row never fits where another does not."""
        return not any(
            mask & calendar & 1 << inner and not mask & calendar & 1 << outer
            for calendar in self._places
            for mask in self._situations
        )

    def _say_unused(self, place: int, hiding: dict[int, list[Place]]) -> str:
        if not hiding:
            return _("Row %(row)s never holds: no day and hour fits it.") % {"row": place + 1}
        others = ", ".join(str(other + 1) for other in sorted(hiding))
        text = _("Row %(row)s never holds: row %(others)s always comes first.")
        return text % {"row": place + 1, "others": others}

    def _mask_of(self, kind: LineKind) -> int:
        return sum(1 << n for n, row in enumerate(self._rows) if row.component.kind is kind)

    def _say(self, places: list[Place]) -> Iterator[str]:
        """Say stretches; where the year has several kinds of weeks, with their days."""
        by_period: dict[Period, set[Slot]] = defaultdict(set)
        for place in places:
            by_period[place.period].add(place.slot)
        by_week: dict[frozenset[Slot], list[Period]] = defaultdict(list)
        for period, slots in by_period.items():
            by_week[frozenset(slots)].append(period)
        for week, periods in by_week.items():
            said = slots_in_words(week)
            if len(periods) == len(self._periods):
                yield said
            else:
                days = ", ".join(period_in_words(*each) for each in _joined(periods))
                yield _("%(slots)s (%(days)s)") % {"slots": said, "days": days}


def _joined(periods: list[Period]) -> list[Period]:
    joined: list[Period] = []
    for period in sorted(periods):
        if joined and joined[-1].after_last == period.first:
            period = Period(joined.pop().first, period.after_last)
        joined.append(period)
    return joined


def _situation_in_words(now: Situation) -> str:
    parts = []
    if now.energy_wh:
        parts.append(_("after %s kWh") % thousandth(now.energy_wh))
    if now.elapsed_s:
        parts.append(_("after %s min") % minutes(now.elapsed_s))
    if now.power_w:
        parts.append(_("at %s kW") % thousandth(now.power_w))
    if now.current_ma != UNREPORTED:
        parts.append(_("at %s A") % thousandth(now.current_ma))
    return ", ".join(parts) or _("as long as no limit is reached")
