"""What is known of a connector and its session besides the samples."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sessions_app.registers import RegisterReading, epoch_ms

_NOMINAL_MV = 230_000


class CurrentType(StrEnum):
    """What the connector gives to the car."""

    AC = "ac"
    DC = "dc"


class Activity(StrEnum):
    """The connector's state as far as charging goes (1.6 status, 2.0.1 chargingState)."""

    CHARGING = "charging"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    NOT_CHARGING = "not_charging"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """From `at` on the connector was in this state, by the station's own time."""

    at: datetime
    activity: Activity


@dataclass(frozen=True, slots=True)
class LimitChange:
    """From `at` on our charging profile allowed this (per phase mA, or W); None: no limit."""

    at: datetime
    limit_ma: int | None
    limit_w: int | None = None


def _change_time(change: StatusChange | LimitChange) -> datetime:
    return change.at


@dataclass(frozen=True, slots=True)
class Facts:
    """Limits of the connector and what happened to it; None where it is not known.

    `max_current_ma` is per phase and the least of connector and cable, `nominal_voltage_mv` phase
    to neutral. `statuses` and `limits` may come in any order. `asked` are the measurands the
    station was told to send, `expected` the current (mA) that 98 % of cars like this one exceed,
    by the place of `CurvePoint`, `heat_mk_per_1000_a2` the usual rise in millikelvin per 1000 A2
    of this model, `hottest_c` its limit.

    Worked out once, since every sample asks: `line_count` conductors may carry current (1 for DC,
    else the phases, 3 when unknown), `rated_power_w` is the most the connector can give, from its
    rating or its current (None for neither), `begin` the session's begin register.
    """

    current_type: CurrentType | None = None
    phases: int | None = None
    nominal_voltage_mv: int | None = None
    max_current_ma: int | None = None
    max_power_w: int | None = None
    started_at: datetime | None = None
    meter_start_wh: int | None = None
    statuses: tuple[StatusChange, ...] = ()
    limits: tuple[LimitChange, ...] = ()
    asked: frozenset[str] = frozenset()
    expected: Mapping[int, int] = field(default_factory=dict)
    heat_mk_per_1000_a2: int | None = None
    hottest_c: int | None = None
    is_dc: bool = field(init=False, repr=False, compare=False)
    is_ac: bool = field(init=False, repr=False, compare=False)
    line_count: int = field(init=False, repr=False, compare=False)
    rated_power_w: int | None = field(init=False, repr=False, compare=False)
    begin: RegisterReading | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "statuses", tuple(sorted(self.statuses, key=_change_time)))
        put(self, "limits", tuple(sorted(self.limits, key=_change_time)))
        put(self, "is_dc", self.current_type is CurrentType.DC)
        put(self, "is_ac", self.current_type is CurrentType.AC)
        put(self, "line_count", 1 if self.is_dc else self.phases or 3)
        put(self, "rated_power_w", self._rating())
        begin = None
        if self.started_at is not None and self.meter_start_wh is not None:
            begin = RegisterReading(epoch_ms(self.started_at), self.meter_start_wh)
        put(self, "begin", begin)

    def _rating(self) -> int | None:
        if self.max_power_w or self.max_current_ma is None or self.is_dc:
            return self.max_power_w
        voltage_mv = self.nominal_voltage_mv or _NOMINAL_MV
        return self.max_current_ma * voltage_mv * self.line_count // 1_000_000

    def activity_at(self, at: datetime) -> StatusChange | None:
        """The state in force and since when (repeated statuses count from the first)."""
        if not self.statuses:
            return None
        index = len(self.statuses) - 1
        if self.statuses[index].at > at:
            index = bisect_right(self.statuses, at, key=_change_time) - 1
        if index < 0:
            return None
        while index and self.statuses[index - 1].activity is self.statuses[index].activity:
            index -= 1
        return self.statuses[index]

    def loosest_limit_ma(self, from_at: datetime, to_at: datetime) -> int | None:
        """The highest limit in force at any time of the period; None when there was none."""
        in_force = self._limits_between(from_at, to_at)
        if not in_force or in_force[0].at > from_at:
            return None
        loosest = 0
        for change in in_force:
            if change.limit_ma is None:
                return None
            loosest = max(loosest, change.limit_ma)
        return loosest

    def loosest_limit_w(self, from_at: datetime, to_at: datetime) -> int | None:
        """As `loosest_limit_ma`, for limits given as power."""
        in_force = self._limits_between(from_at, to_at)
        if not in_force or in_force[0].at > from_at:
            return None
        limits = [change.limit_w for change in in_force if change.limit_w is not None]
        return max(limits) if len(limits) == len(in_force) else None

    def limit_at(self, at: datetime) -> LimitChange | None:
        """Our limit in force, if any was ever set."""
        index = bisect_right(self.limits, at, key=_change_time) - 1
        return self.limits[index] if index >= 0 else None

    def unlimited_since(
        self, at: datetime, is_low: Callable[[LimitChange], bool]
    ) -> tuple[bool, datetime | None]:
        """Whether no low limit is in force, and when the last one ended (None: there was none)."""
        index = bisect_right(self.limits, at, key=_change_time) - 1
        ended_at = None
        while index >= 0 and not is_low(self.limits[index]):
            ended_at = self.limits[index].at
            index -= 1
        if index < 0:
            return True, None
        return ended_at is not None, ended_at

    def _limits_between(self, from_at: datetime, to_at: datetime) -> tuple[LimitChange, ...]:
        first = max(0, bisect_right(self.limits, from_at, key=_change_time) - 1)
        return self.limits[first : bisect_right(self.limits, to_at, key=_change_time)]
