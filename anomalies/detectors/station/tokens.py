"""S7 and F6: refused tokens, too many tokens, tokens that prove nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zlib import crc32

from anomalies.detectors.base import moment
from anomalies.detectors.kinds import found
from anomalies.detectors.station.events import Answered, Rejected, RemoteStarted
from anomalies.detectors.station.state import StationState
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.registers import epoch_ms

_CONNECTOR = 2**32
# A bare UID or MAC can be read off a card or a car with a telephone (catalogue 1.1, F6).
_WEAK_TYPES = frozenset({"macaddress"})
_MOST_TOKENS = 20


@dataclass(frozen=True, slots=True)
class S7Thresholds:
    """Refusals on one connector."""

    refusals: int = bounded(3, 2, 20)
    within_s: int = bounded(300, 60, 3_600)


@dataclass(frozen=True, slots=True)
class F6Thresholds:
    """Different tokens accepted on one station."""

    tokens: int = bounded(8, 4, 20)
    within_s: int = bounded(900, 60, 3_600)


def follow_refusal(
    state: StationState, event: Rejected, thresholds: Thresholds
) -> tuple[StationState, Finding | None]:
    """Three refusals in 5 minutes: of two tokens the reader or backend, of one its holder."""
    chosen = thresholds.of(S7Thresholds)
    at_ms = epoch_ms(event.at)
    from_ms = at_ms - chosen.within_s * 1_000
    number = event.connector * _CONNECTOR + crc32(event.token.encode())
    refusals = [pair for pair in state.refusals if pair[0] > from_ms]
    refusals = [*refusals, (at_ms, number)][-_MOST_TOKENS:]
    state = replace(state, refusals=tuple(refusals))
    here = [pair for pair in refusals if pair[1] // _CONNECTOR == event.connector]
    if len(here) < chosen.refusals or state.refusal_ms > from_ms:
        return state, None
    are_many = len({number for _, number in here}) > 1
    return replace(state, refusal_ms=at_ms), found(
        "S7",
        "many_tags" if are_many else "one_tag",
        observed=len(here),
        expected=chosen.refusals - 1,
        relation=Relation.AT_MOST,
        since_at=moment(here[0][0]),
        at=event.at,
        severity=None if are_many else Severity.NOTICE,
        action=None if are_many else Action.INFORM_DRIVER,
        connector=event.connector,
    )


def follow_token(
    state: StationState, event: Answered, thresholds: Thresholds
) -> tuple[StationState, tuple[Finding, ...]]:
    """Tokens anybody can copy, and more different ones than a station has visitors."""
    chosen = thresholds.of(F6Thresholds)
    at_ms, number = epoch_ms(event.at), crc32(event.token.encode())
    from_ms = at_ms - chosen.within_s * 1_000
    tokens = [pair for pair in state.tokens if pair[0] > from_ms and pair[1] != number]
    tokens = [*tokens, (at_ms, number)][-_MOST_TOKENS:]
    state = replace(state, tokens=tuple(tokens))
    findings = []
    if event.token_type.strip().lower() in _WEAK_TYPES:
        findings.append(_about(event, "weak_token", 1, 0))
    if len(tokens) >= chosen.tokens and state.burst_ms <= from_ms:
        state = replace(state, burst_ms=at_ms)
        findings.append(_about(event, "burst", len(tokens), chosen.tokens - 1))
    return state, tuple(findings)


def judge_party(event: RemoteStarted) -> Finding | None:
    """A remote start that nobody we know asked for."""
    return None if event.is_known_party else _about(event, "unknown_party", 1, 0)


def _about(event: Answered | RemoteStarted, cause: str, observed: int, expected: int) -> Finding:
    return found(
        "F6",
        cause,
        observed=observed,
        expected=expected,
        relation=Relation.AT_MOST,
        since_at=event.at,
        at=event.at,
        connector=event.connector,
    )
