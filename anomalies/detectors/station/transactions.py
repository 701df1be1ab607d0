"""S10: transactions nobody knows, and charging without one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from anomalies.detectors.base import moment
from anomalies.detectors.kinds import found
from anomalies.detectors.station.events import StateReported, TransactionNamed
from anomalies.detectors.station.state import StationState
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation
from sessions_app.registers import epoch_ms

_NO_TRANSACTION = frozenset({"0", "-1", ""})
# A start and its state travel in two messages, and the queue of an offline hour comes late.
_GRACE_MS = 120_000


@dataclass(frozen=True, slots=True)
class S10Thresholds:
    """How long one finding speaks for those that follow it."""

    quiet_s: int = bounded(3_600, 300, 86_400)


def follow_transaction(
    state: StationState, event: TransactionNamed, thresholds: Thresholds
) -> tuple[StationState, Finding | None]:
    """An id that is 0, -1 or unknown, and starts before the boot was accepted (catalogue S10)."""
    if event.is_start:
        waiting = tuple(pair for pair in state.charging_since if pair[1] != event.connector)
        state = replace(state, charging_since=waiting)
        if event.was_booted or event.is_replayed:
            return state, None
        return state, _about(event, "before_boot", epoch_ms(event.at))
    if event.is_known and event.ref not in _NO_TRANSACTION:
        return state, None
    quiet_ms = thresholds.of(S10Thresholds).quiet_s * 1_000
    at_ms = epoch_ms(event.at)
    if state.unknown_ms and at_ms - state.unknown_ms < quiet_ms:
        return state, None
    return replace(state, unknown_ms=at_ms), _about(event, "unknown_transaction", at_ms)


def follow_state(state: StationState, event: StateReported) -> tuple[StationState, Finding | None]:
    """Charging that is reported for two minutes without a transaction (catalogue S10)."""
    known = {connector: since for since, connector in state.charging_since}
    if not event.is_charging or event.has_transaction or event.is_muted:
        known.pop(event.connector, None)
        return replace(state, charging_since=_pairs(known)), None
    at_ms = epoch_ms(event.at)
    since_ms = known.setdefault(event.connector, at_ms)
    if since_ms < 0 or at_ms - since_ms < _GRACE_MS:
        return replace(state, charging_since=_pairs(known)), None
    known[event.connector] = -1  # said once, until it is over
    return replace(state, charging_since=_pairs(known)), _about(event, "charging_without", since_ms)


def _pairs(known: dict[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple((since, connector) for connector, since in sorted(known.items()))


def _about(event: TransactionNamed | StateReported, cause: str, since_ms: int) -> Finding:
    return found(
        "S10",
        cause,
        observed=1,
        expected=0,
        relation=Relation.ABOUT,
        since_at=moment(since_ms),
        at=event.at,
        holds=isinstance(event, TransactionNamed),
        connector=event.connector,
    )
