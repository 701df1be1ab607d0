"""What a car takes in each bin of its charge: learnt curves, with the general behind the rare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Any, NamedTuple

from anomalies.detectors.summaries import CurvePoint

PROFILE_VERSION = 1
REMEMBERED = 41
FULLY_TRUSTED = 40
_HALF_TRUSTED = 8


class Expected(NamedTuple):
    """Median and 2 % quantile of the current in a bin, and how many `values` they rest on."""

    median_ma: int
    low_ma: int
    values: int


@dataclass(frozen=True, slots=True)
class Profile:
    """The last currents (mA) seen per bin, for one key: a vehicle group, a model, everybody."""

    places: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


def learn_curve(profile: Profile, curve: Sequence[CurvePoint]) -> Profile:
    """The profile with one more session's curve; points under a limit teach nothing."""
    places = dict(profile.places)
    for point in curve:
        is_free = not point.cap_ma or point.current_ma * 10 < point.cap_ma * 9
        if is_free and point.current_ma > 0:
            known = (*places.get(point.place, ()), point.current_ma)
            places[point.place] = known[-REMEMBERED:]
    return Profile(places)


def expected_current(chain: Sequence[Profile], place: int) -> Expected | None:
    """What is usual in the bin, from the special (first of `chain`) to the general (last).

    Each level counts as n / (n + 8) until it has 40 values, then alone (catalogue 4.4).
    """
    median = low = None
    total = 0
    for profile in reversed(chain):
        values = sorted(profile.places.get(place, ()))
        if not values:
            continue
        own_median = log(values[len(values) // 2])
        own_low = log(values[len(values) // 50])
        weight = 1.0
        if median is not None and len(values) < FULLY_TRUSTED:
            weight = len(values) / (len(values) + _HALF_TRUSTED)
        median = own_median * weight + (median or 0.0) * (1 - weight)
        low = own_low * weight + (low or 0.0) * (1 - weight)
        total += len(values)
    if median is None or low is None:
        return None
    return Expected(round(exp(median)), round(exp(low)), total)


def profile_to_json(profile: Profile) -> dict[str, Any]:
    """The profile as JSON values."""
    places = {str(place): list(values) for place, values in sorted(profile.places.items())}
    return {"version": PROFILE_VERSION, "places": places}


def profile_from_json(data: object) -> Profile:
    """The profile that `profile_to_json` wrote; an empty one for anything else."""
    if not isinstance(data, dict) or data.get("version") != PROFILE_VERSION:
        return Profile()
    places = data.get("places")
    if not isinstance(places, dict):
        return Profile()
    return Profile(
        {
            int(place): tuple(int(value) for value in values)[-REMEMBERED:]
            for place, values in places.items()
            if str(place).isdecimal() and isinstance(values, list)
        }
    )
