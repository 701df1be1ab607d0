"""Which of our charging profiles limits an outlet when; pure, over OCPP's own content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from anomalies.detectors import LimitChange

STATION: Final = 0
_CYCLES: Final = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}
_OF_THE_STATION: Final = frozenset({"ChargePointMaxProfile", "ChargingStationMaxProfile"})
_FOR_A_SESSION: Final = "TxProfile"
_BY_DEFAULT: Final = "TxDefaultProfile"
_SET: Final = "SetChargingProfile"
# More changes than that within one session are noise (recurrences of a broken profile).
_MOST_CHANGES: Final = 500


@dataclass(frozen=True, slots=True)
class Order:
    """A call about profiles that the station accepted, and when."""

    at: datetime
    action: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """A profile the station held at `evse_id` from `placed_at` up to `removed_at`."""

    placed_at: datetime
    evse_id: int
    content: Mapping[str, Any]
    removed_at: datetime | None = None

    @property
    def number(self) -> int | None:
        """Its id (2.0.1), or chargingProfileId (1.6)."""
        value: int | None = self.content.get("id", self.content.get("chargingProfileId"))
        return value

    @property
    def purpose(self) -> str:
        """What it is for."""
        return str(self.content.get("chargingProfilePurpose", ""))

    @property
    def level(self) -> int:
        """The higher one counts."""
        return int(self.content.get("stackLevel", 0))

    @property
    def transaction(self) -> str:
        """The transaction it is for; empty for whichever."""
        return str(self.content.get("transactionId", ""))


@dataclass(frozen=True, slots=True)
class Outlet:
    """An EVSE with the transaction that is looked at, over a period."""

    evse_id: int
    transaction: str
    from_at: datetime
    until: datetime


def placed_profiles(standing: Iterable[Placed], orders: Iterable[Order]) -> list[Placed]:
    """Every profile the station held at some time, from what it held before and our orders.

    OCPP 1.6 section 3.13.2 and 2.0.1 K01: one profile per purpose, level and place.
    """
    held = list(standing)
    for order in orders:
        if order.action == _SET:
            placed = _read_order(order)
            if placed is None:
                continue
            held = [_end(each, order.at) if _is_replaced(each, placed) else each for each in held]
            held.append(placed)
        else:
            held = [_end(each, order.at) if _is_cleared(each, order) else each for each in held]
    return held


def limit_changes(profiles: Sequence[Placed], outlet: Outlet) -> tuple[LimitChange, ...]:
    """What our profiles allowed at the outlet (mA per phase, W), at each moment that it changed.

    The least of the station's maximum and of the session's profile, or the default where it has
    none (2.0.1 K: the session's profile comes before the default, the outlet's before the
    station's). Empty when no profile ever limited it.
    """
    if not profiles:
        return ()
    moments = sorted({outlet.from_at, *_moments(profiles, outlet)})[:_MOST_CHANGES]
    changes: list[LimitChange] = []
    for at in moments:
        limit_ma, limit_w = _limit_at(profiles, outlet, at)
        is_first_limit = not changes and (limit_ma, limit_w) == (None, None)
        if is_first_limit or (changes and (limit_ma, limit_w) == _limits(changes[-1])):
            continue
        changes.append(LimitChange(at, limit_ma, limit_w))
    return tuple(changes)


def _limits(change: LimitChange) -> tuple[int | None, int | None]:
    return change.limit_ma, change.limit_w


def _read_order(order: Order) -> Placed | None:
    payload = order.payload
    content = payload.get("csChargingProfiles", payload.get("chargingProfile"))
    evse_id = payload.get("connectorId", payload.get("evseId"))
    if not isinstance(content, Mapping) or not isinstance(evse_id, int):
        return None
    return Placed(order.at, evse_id, content)


def _end(placed: Placed, at: datetime) -> Placed:
    return placed if placed.removed_at is not None else replace(placed, removed_at=at)


def _is_replaced(old: Placed, new: Placed) -> bool:
    if old.number is not None and old.number == new.number:
        return True
    return (old.evse_id, old.purpose, old.level, old.transaction) == (
        new.evse_id,
        new.purpose,
        new.level,
        new.transaction,
    )


def _is_cleared(placed: Placed, order: Order) -> bool:
    payload = order.payload
    criteria = payload.get("chargingProfileCriteria", payload)
    wanted = {
        "number": payload.get("id", payload.get("chargingProfileId")),
        "evse_id": criteria.get("connectorId", criteria.get("evseId")),
        "purpose": criteria.get("chargingProfilePurpose"),
        "level": criteria.get("stackLevel"),
    }
    return all(value is None or getattr(placed, name) == value for name, value in wanted.items())


def _limit_at(
    profiles: Sequence[Placed], outlet: Outlet, at: datetime
) -> tuple[int | None, int | None]:
    chosen = [
        _highest(profiles, outlet, at, lambda p: p.purpose in _OF_THE_STATION),
        _highest(profiles, outlet, at, lambda p: _is_for(p, outlet))
        or _highest(
            profiles, outlet, at, lambda p: p.purpose == _BY_DEFAULT and p.evse_id != STATION
        )
        or _highest(
            profiles, outlet, at, lambda p: p.purpose == _BY_DEFAULT and p.evse_id == STATION
        ),
    ]
    found = [limit for limit in chosen if limit is not None]
    currents = [value for value, unit in found if unit == "A"]
    powers = [value for value, unit in found if unit == "W"]
    return (
        round(min(currents) * 1_000) if currents else None,
        round(min(powers)) if powers else None,
    )


def _is_for(placed: Placed, outlet: Outlet) -> bool:
    if placed.purpose != _FOR_A_SESSION:
        return False
    if not placed.transaction:
        return placed.placed_at >= outlet.from_at
    return placed.transaction == outlet.transaction


def _highest(
    profiles: Sequence[Placed], outlet: Outlet, at: datetime, is_meant: Any
) -> tuple[float, str] | None:
    """The limit of the highest level that says one now."""
    for placed in sorted(profiles, key=lambda each: (each.level, each.placed_at), reverse=True):
        if placed.evse_id not in (STATION, outlet.evse_id) or not is_meant(placed):
            continue
        if not _is_in_force(placed, at):
            continue
        limit = _period_limit(placed, outlet, at)
        if limit is not None:
            return limit
    return None


def _is_in_force(placed: Placed, at: datetime) -> bool:
    valid_from, valid_to = _validity(placed)
    if at < placed.placed_at or (placed.removed_at is not None and at >= placed.removed_at):
        return False
    return (valid_from is None or at >= valid_from) and (valid_to is None or at < valid_to)


def _period_limit(placed: Placed, outlet: Outlet, at: datetime) -> tuple[float, str] | None:
    schedule = _schedule(placed)
    began_at = _begin_of(placed, schedule, outlet, at)
    if schedule is None or began_at is None or at < began_at:
        return None
    offset_s = (at - began_at).total_seconds()
    duration_s = schedule.get("duration")
    if duration_s is not None and offset_s >= duration_s:
        return None
    limit = None
    for period in _periods(schedule):
        if period["startPeriod"] <= offset_s:
            limit = period["limit"]
    return None if limit is None else (float(limit), str(schedule.get("chargingRateUnit", "A")))


def _moments(profiles: Iterable[Placed], outlet: Outlet) -> Iterator[datetime]:
    """When something may change within the outlet's period."""
    for placed in profiles:
        for at in (placed.placed_at, placed.removed_at, *_validity(placed)):
            if at is not None and outlet.from_at < at <= outlet.until:
                yield at
        yield from _schedule_moments(placed, outlet)


def _schedule_moments(placed: Placed, outlet: Outlet) -> Iterator[datetime]:
    schedule = _schedule(placed)
    if schedule is None:
        return
    offsets = [period["startPeriod"] for period in _periods(schedule)]
    offsets += [schedule["duration"]] if schedule.get("duration") is not None else []
    cycle = _CYCLES.get(str(placed.content.get("recurrencyKind", "")))
    began_at = _begin_of(placed, schedule, outlet, max(outlet.from_at, placed.placed_at))
    count = 0
    while began_at is not None and began_at <= outlet.until and count < _MOST_CHANGES:
        for offset_s in offsets:
            at = began_at + timedelta(seconds=offset_s)
            if outlet.from_at < at <= outlet.until:
                yield at
        began_at = None if cycle is None else began_at + cycle
        count += 1


def _begin_of(
    placed: Placed, schedule: Mapping[str, Any] | None, outlet: Outlet, at: datetime
) -> datetime | None:
    """When the schedule in force at a time began: as it says, this cycle, or with the session."""
    if schedule is None:
        return None
    if placed.content.get("chargingProfileKind") == "Relative":
        return max(outlet.from_at, placed.placed_at)
    start = read_moment(schedule.get("startSchedule")) or placed.placed_at
    cycle = _CYCLES.get(str(placed.content.get("recurrencyKind", "")))
    if placed.content.get("chargingProfileKind") != "Recurring" or cycle is None:
        return start
    return start + (at - start) // cycle * cycle


def _schedule(placed: Placed) -> Mapping[str, Any] | None:
    schedule = placed.content.get("chargingSchedule")
    if isinstance(schedule, list):
        schedule = schedule[0] if schedule else None
    return schedule if isinstance(schedule, Mapping) else None


def _periods(schedule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    periods = schedule.get("chargingSchedulePeriod", [])
    known = [period for period in periods if "startPeriod" in period and "limit" in period]
    return sorted(known, key=lambda period: float(period["startPeriod"]))


def _validity(placed: Placed) -> tuple[datetime | None, datetime | None]:
    content = placed.content
    return read_moment(content.get("validFrom")), read_moment(content.get("validTo"))


def read_moment(text: object) -> datetime | None:
    """An OCPP date-time as UTC; None for none, or for one that can not be read."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
