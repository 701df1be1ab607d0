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
    """The checks are through, or a person released it: billing may have the session."""

    type = "session.cleared"
    session_id: UUID


@dataclass(frozen=True, kw_only=True)
class SessionHeld(DomainEvent):
    """A finding keeps the session from being billed until a person releases it."""

    type = "session.held"
    session_id: UUID
    reason: str
