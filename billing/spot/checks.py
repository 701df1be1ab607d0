"""Whether slots make whole market days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from billing.spot.days import day_of, day_slots
from billing.spot.slots import Slot, WrongSpotPrices, too_many_cut


def check_days(slots: Sequence[Slot], zone: ZoneInfo, *, allow_gaps: bool = False) -> None:
    """Raise `WrongSpotPrices` unless each local day has its 92, 96 or 100 quarters (or hours).

    A slot must lie where the market's day has one, and only once; with `allow_gaps` some may be
    missing.
    """
    if not slots:
        raise WrongSpotPrices("there are no prices in it")
    ordered = sorted(slots, key=lambda slot: slot.starts_at)
    reasons = [
        f"{later.place}: it begins before {earlier.place} ends"
        for earlier, later in pairwise(ordered)
        if later.starts_at < earlier.ends_at
    ]
    days: dict[date, list[Slot]] = defaultdict(list)
    for slot in ordered:
        days[day_of(slot.starts_at, zone)].append(slot)
    for day, of_day in days.items():
        reasons += _faults_of_day(day, of_day, zone, allow_gaps=allow_gaps)
    if reasons:
        raise too_many_cut(reasons)


def _faults_of_day(
    day: date, slots: Sequence[Slot], zone: ZoneInfo, *, allow_gaps: bool
) -> list[str]:
    lengths = {slot.duration_s for slot in slots}
    if len(lengths) > 1:
        return [f"{day}: quarters and hours in one day"]
    expected = day_slots(day, lengths.pop(), zone)
    there_is = set(expected)
    faults = [
        f"{slot.place}: no slot of the market begins then"
        for slot in slots
        if slot.starts_at not in there_is
    ]
    missing = sorted(there_is - {slot.starts_at for slot in slots})
    if len(slots) > len(expected) or (missing and not allow_gaps and not faults):
        first = f", the first one missing is {missing[0].astimezone(zone):%H:%M}" if missing else ""
        faults.append(f"{day} has {len(expected)} slots, here are {len(slots)}{first}")
    return faults
