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


@dataclass(frozen=True, kw_only=True)
class FaultReported(DomainEvent):
    """A station says that it, or one of its outlets (`evse_id` over 0), is broken.

    The codes are as sent: OCPP 1.6's errorCode and the maker's own.
    """

    type = "charge_point.fault_reported"
    charge_point_id: UUID
    evse_id: int
    error_code: str
    vendor_error_code: str = ""


@dataclass(frozen=True, kw_only=True)
class FaultOver(DomainEvent):
    """A station, or one of its outlets, no longer says that it is broken."""

    type = "charge_point.fault_over"
    charge_point_id: UUID
    evse_id: int
