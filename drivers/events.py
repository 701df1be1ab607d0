"""What happens on the drivers' own pages."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class SignInAsked(DomainEvent):
    """Somebody asked for a link by which a driver signs in."""

    type = "driver.sign_in_asked"
    request_id: UUID
