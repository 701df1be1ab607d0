"""What has not happened in time: rules for a timer, because a dead station sends nothing.

`overdue(facts, now)` says what is late now, `next_deadline(facts, now)` when to ask again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation, Severity

_DEFAULTS = Thresholds()


class Waiting(StrEnum):
    """States of a connector that should not last."""

    PREPARING = "preparing"
    FINISHING = "finishing"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class DeadlineThresholds:
    """S1, S3 to S6 and S9 of the catalogue, in seconds."""

    gap_s: int = bounded(300, 120, 1_800)
    gap_intervals: int = bounded(5, 2, 20)
    heartbeats: int = bounded(2, 2, 10)
    ping_s: int = bounded(30, 0, 300)
    silent_s: int = bounded(21_600, 3_600, 86_400)
    free_s: int = bounded(60, 10, 900)
    long_s: int = bounded(86_400, 14_400, 604_800)
    overstay_s: int = bounded(1_800, 300, 14_400)
    preparing_s: int = bounded(600, 120, 3_600)
    finishing_s: int = bounded(1_800, 300, 14_400)
    unavailable_s: int = bounded(300, 60, 3_600)


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """An open transaction. `last_sample_at` is when we received one, `interval_s` what was asked.

    `is_charging`: the connector says so. `free_since`: it says it is available, or a later
    transaction began there (`has_successor`). `usual_s`: the connector's own 99 % duration for
    this hour of the week. `full_since`: no power since the battery was full or the car stopped.
    """

    started_at: datetime
    last_sample_at: datetime | None = None
    interval_s: int = 60
    is_charging: bool = False
    charging_since: datetime | None = None
    free_since: datetime | None = None
    has_successor: bool = False
    usual_s: int | None = None
    full_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConnectorFacts:
    """A connector's state since when, by our clock; `is_commanded`: by our own order.

    `silent_after_s` is `connector.silent_after_s`; `neighbours_good` good sessions elsewhere on
    the site since this one's last (None: it has no neighbours); `closed_s` of the time since the
    last good session the site was closed.
    """

    waiting: Waiting | None = None
    waiting_since: datetime | None = None
    is_authorized: bool = False
    is_commanded: bool = False
    is_muted: bool = False
    last_good_at: datetime | None = None
    silent_after_s: int | None = None
    neighbours_good: int | None = None
    closed_s: int = 0
    is_occupied: bool = False


@dataclass(frozen=True, slots=True)
class StationFacts:
    """When a station was last heard by any frame, and the heartbeat it was told."""

    last_frame_at: datetime
    heartbeat_s: int = 300
    is_muted: bool = False


class _Duty(NamedTuple):
    """A moment by which something had to happen, and what is said if it had not."""

    kind: str
    cause: str
    since_at: datetime
    limit_s: int
    severity: Severity | None = None
    holds: bool | None = None


def overdue(
    facts: SessionFacts | ConnectorFacts | StationFacts,
    now: datetime,
    thresholds: Thresholds = _DEFAULTS,
) -> tuple[Finding, ...]:
    """What is late at `now`; the same facts give the same findings until something happens."""
    return tuple(
        found(
            duty.kind,
            duty.cause,
            observed=int((now - duty.since_at).total_seconds()),
            expected=duty.limit_s,
            relation=Relation.AT_MOST,
            since_at=duty.since_at,
            at=now,
            severity=duty.severity,
            holds=duty.holds,
        )
        for duty in _duties(facts, thresholds.of(DeadlineThresholds))
        if now - duty.since_at > timedelta(seconds=duty.limit_s)
    )


def next_deadline(
    facts: SessionFacts | ConnectorFacts | StationFacts,
    now: datetime,
    thresholds: Thresholds = _DEFAULTS,
) -> datetime | None:
    """The first moment after `now` at which `overdue` may say more; None when there is none."""
    moments = (
        duty.since_at + timedelta(seconds=duty.limit_s + 1)
        for duty in _duties(facts, thresholds.of(DeadlineThresholds))
    )
    return min((at for at in moments if at > now), default=None)


def _duties(
    facts: SessionFacts | ConnectorFacts | StationFacts, chosen: DeadlineThresholds
) -> Iterator[_Duty]:
    if isinstance(facts, SessionFacts):
        yield from _of_session(facts, chosen)
    elif isinstance(facts, ConnectorFacts):
        yield from _of_connector(facts, chosen)
    elif not facts.is_muted:
        limit_s = chosen.heartbeats * facts.heartbeat_s + chosen.ping_s
        yield _Duty("S3", "offline", facts.last_frame_at, limit_s)


def _of_session(facts: SessionFacts, chosen: DeadlineThresholds) -> Iterator[_Duty]:
    """S1, S4 and S5 (eDRV stops a transaction after 6 hours without a message)."""
    heard_at = facts.last_sample_at or facts.started_at
    if facts.is_charging and facts.free_since is None:
        since_at = max(heard_at, facts.charging_since or heard_at)
        limit_s = max(chosen.gap_s, chosen.gap_intervals * facts.interval_s)
        yield _Duty("S1", "no_samples", since_at, limit_s)
    if facts.free_since is not None:
        cause = "next_started" if facts.has_successor else "connector_free"
        yield _Duty("S4", cause, facts.free_since, chosen.free_s)
    else:
        yield _Duty("S4", "silent", heard_at, chosen.silent_s)
    yield _Duty("S5", "too_long", facts.started_at, max(facts.usual_s or 0, chosen.long_s))
    if facts.full_since is not None:
        yield _Duty("S5", "overstay", facts.full_since, chosen.overstay_s)


def _of_connector(facts: ConnectorFacts, chosen: DeadlineThresholds) -> Iterator[_Duty]:
    """S6 and S9; a closed site, a silent neighbourhood and our own orders are no faults."""
    if facts.is_muted:
        return
    since_at = facts.waiting_since
    if since_at is not None and facts.waiting is Waiting.PREPARING and not facts.is_authorized:
        yield _Duty("S6", "preparing", since_at, chosen.preparing_s)
    if since_at is not None and facts.waiting is Waiting.FINISHING:
        yield _Duty("S6", "finishing", since_at, chosen.finishing_s)
    if since_at is not None and facts.waiting is Waiting.UNAVAILABLE and not facts.is_commanded:
        yield _Duty("S6", "unavailable", since_at, chosen.unavailable_s)
    if facts.last_good_at is None or facts.silent_after_s is None or facts.is_occupied:
        return
    if facts.neighbours_good != 0:
        yield _Duty("S9", "silent", facts.last_good_at, facts.silent_after_s + facts.closed_s)
