"""What happens to charge points, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class SecondConnectionRefused(DomainEvent):
    """Somebody with a station's key wanted in while the station itself was connected and alive."""

    type = "charge_point.second_connection_refused"
    charge_point_id: UUID
    address: str
