"""What happens to charging sessions, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class SessionStarted(DomainEvent):
    """A session's start became known."""

    type = "session.started"
    session_id: UUID


@dataclass(frozen=True, kw_only=True)
class SessionCompleted(DomainEvent):
    """Start, stop and every sample owed are in: the session is ready to be checked."""

    type = "session.completed"
    session_id: UUID


@dataclass(frozen=True, kw_only=True)
class SessionCleared(DomainEvent):
    """The checks are through, or a person or a rule released it: billing may have the session."""

    type = "session.cleared"
    session_id: UUID


@dataclass(frozen=True, kw_only=True)
class SessionHeld(DomainEvent):
    """A finding keeps the session from being billed until a person or a rule releases it."""

    type = "session.held"
    session_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class BilledSessionDoubted(DomainEvent):
    """A finding that would have held the session came when it was billed already.

    `doubt_id` names what found it, `kind` and `cause` say what it is (M2, begin_placeholder).
    """

    type = "session.doubted"
    session_id: UUID
    doubt_id: UUID
    kind: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class SessionEnergyRebuilt(DomainEvent):
    """The energy of a held session was replaced by one out of its samples, and who did it why.

    Energies in Wh; the true one is at most `bound_wh` off.
    """

    type = "session.energy_rebuilt"
    session_id: UUID
    before_wh: int
    energy_wh: int
    bound_wh: int
    source: str
    actor: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TokenRefused(DomainEvent):
    """A token was shown at a station and may not charge there; `token` is not the token itself,
    but tells it from others."""

    type = "token.refused"
    charge_point_id: UUID
    token: str
    evse_id: int = 0
