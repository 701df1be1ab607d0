"""F1 and F2: a token in two places, or one that charges more than any car."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import Any

from anomalies.detectors.base import moment
from anomalies.detectors.kinds import found
from anomalies.detectors.state import decode, encode
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation
from sessions_app.registers import epoch_ms

_DEFAULTS = Thresholds()
TAG_VERSION = 1
_EARTH_M = 6_371_000
_DAY_MS = 86_400_000
_REMEMBERED = 60
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class TagThresholds:
    """0.74 % of real sessions share their token with another at once, so tags are learnt."""

    speed_kmh: int = bounded(150, 90, 400)
    distance_m: int = bounded(20_000, 5_000, 200_000)
    apart_m: int = bounded(1_000, 200, 20_000)
    shared_after: int = bounded(3, 1, 20)
    daily_wh: int = bounded(200_000, 80_000, 1_000_000)
    own_permille: int = bounded(2_000, 1_200, 10_000)
    least_days: int = bounded(20, 5, 60)
    region_m: int = bounded(150_000, 20_000, 1_000_000)
    least_uses: int = bounded(10, 3, 60)


@dataclass(frozen=True, slots=True)
class TagUse:
    """A session of a token: where (millionths of a degree) and when; `ended_at` None while open.

    `is_shared`: marked as a family's or fleet's, `is_night` by the site's own clock.
    """

    started_at: datetime
    ended_at: datetime | None
    latitude: int
    longitude: int
    energy_wh: int = 0
    is_dc: bool = False
    is_night: bool = False
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class TagState:
    """The last use, energy per day, and how often it overlapped at one site (a shared tag)."""

    start_ms: int | None = None
    end_ms: int | None = None
    latitude: int = 0
    longitude: int = 0
    overlaps: int = 0
    uses: int = 0
    home_latitude: int = 0
    home_longitude: int = 0
    day: int = 0
    day_wh: int = 0
    days_wh: tuple[int, ...] = ()


def tag_step(
    state: TagState, use: TagUse, thresholds: Thresholds = _DEFAULTS
) -> tuple[TagState, tuple[Finding, ...]]:
    """The next session of a token, in the order of starts (catalogue F1, F2).

    Overlaps near each other teach that the token is shared; only far ones speak of a copy.
    """
    chosen = thresholds.of(TagThresholds)
    findings = (_copied(state, use, chosen), _far_from_home(state, use, chosen))
    overlaps = state.overlaps + (_overlaps(state, use) and _apart_m(state, use) <= chosen.apart_m)
    state, too_much = _count_day(state, use, chosen)
    uses = state.uses + 1
    weight = min(uses, 20)
    state = replace(
        state,
        start_ms=epoch_ms(use.started_at),
        end_ms=None if use.ended_at is None else epoch_ms(use.ended_at),
        latitude=use.latitude,
        longitude=use.longitude,
        overlaps=overlaps,
        uses=uses,
        home_latitude=state.home_latitude + (use.latitude - state.home_latitude) // weight,
        home_longitude=state.home_longitude + (use.longitude - state.home_longitude) // weight,
    )
    return state, tuple(one for one in (*findings, too_much) if one is not None)


def tag_to_json(state: TagState) -> dict[str, Any]:
    """The state as JSON values."""
    return {"version": TAG_VERSION, **encode(state)}


def tag_from_json(data: object) -> TagState:
    """The state that `tag_to_json` wrote; a fresh one for anything else."""
    if not isinstance(data, dict) or data.get("version") != TAG_VERSION:
        return TagState()
    return decode(TagState, {name: v for name, v in data.items() if name != "version"})


def _copied(state: TagState, use: TagUse, chosen: TagThresholds) -> Finding | None:
    is_shared = use.is_shared or state.overlaps >= chosen.shared_after
    if state.start_ms is None or is_shared:
        return None
    apart_m = _apart_m(state, use)
    lasted_ms = max(1_000, epoch_ms(use.started_at) - state.start_ms)
    speed_kmh = apart_m * 3_600 // lasted_ms
    if _overlaps(state, use) and apart_m > chosen.apart_m:
        cause, most = "two_places", chosen.apart_m
    elif apart_m > chosen.distance_m and speed_kmh > chosen.speed_kmh:
        cause, most = "too_fast", chosen.distance_m
    else:
        return None
    return found(
        "F1",
        cause,
        observed=apart_m,
        expected=most,
        relation=Relation.AT_MOST,
        since_at=moment(state.start_ms),
        at=use.started_at,
        speed_kmh=min(speed_kmh, 100_000),
    )


def _far_from_home(state: TagState, use: TagUse, chosen: TagThresholds) -> Finding | None:
    if state.uses < chosen.least_uses or not (use.is_night and use.is_dc) or use.is_shared:
        return None
    home = (state.home_latitude, state.home_longitude)
    apart_m = _distance_m(home, (use.latitude, use.longitude))
    if apart_m <= chosen.region_m:
        return None
    return found(
        "F2",
        "new_region_at_night",
        observed=apart_m,
        expected=chosen.region_m,
        relation=Relation.AT_MOST,
        since_at=use.started_at,
        at=use.started_at,
        unit="m",
    )


def _count_day(
    state: TagState, use: TagUse, chosen: TagThresholds
) -> tuple[TagState, Finding | None]:
    """Energy of the token per day, against twice a battery and twice its own largest day."""
    day = epoch_ms(use.started_at) // _DAY_MS
    if day != state.day:
        days = (*state.days_wh, state.day_wh)[-_REMEMBERED:] if state.day else ()
        state = replace(state, day=day, day_wh=0, days_wh=days)
    before_wh = state.day_wh
    state = replace(state, day_wh=before_wh + use.energy_wh)
    most_wh = chosen.daily_wh
    if len(state.days_wh) >= chosen.least_days:
        own_wh = max(state.days_wh) * chosen.own_permille // 1_000
        most_wh = min(most_wh, max(own_wh, chosen.daily_wh // 2))
    if use.is_shared or not before_wh <= most_wh < state.day_wh:
        return state, None
    return state, found(
        "F2",
        "too_much",
        observed=state.day_wh,
        expected=most_wh,
        relation=Relation.AT_MOST,
        since_at=moment(day * _DAY_MS),
        at=use.ended_at or use.started_at,
    )


def _overlaps(state: TagState, use: TagUse) -> bool:
    if state.start_ms is None:
        return False
    return state.end_ms is None or epoch_ms(use.started_at) < state.end_ms


def _apart_m(state: TagState, use: TagUse) -> int:
    return _distance_m((state.latitude, state.longitude), (use.latitude, use.longitude))


def _distance_m(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Along the great circle, by the haversine formula."""
    lat_a, lon_a = (radians(value / _MICRO) for value in one)
    lat_b, lon_b = (radians(value / _MICRO) for value in other)
    half = sin((lat_b - lat_a) / 2) ** 2
    half += cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return round(2 * _EARTH_M * asin(min(1.0, sqrt(half))))
