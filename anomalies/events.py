"""What happens to incidents and repairs, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class IncidentOpened(DomainEvent):
    """An incident that is not part of another is open, and may be told of (again)."""

    type = "incident.opened"
    incident_id: UUID


@dataclass(frozen=True, kw_only=True)
class IncidentWorsened(DomainEvent):
    """An open incident has become more severe than it was."""

    type = "incident.worsened"
    incident_id: UUID


@dataclass(frozen=True, kw_only=True)
class IncidentEnded(DomainEvent):
    """An incident was resolved by evidence or by a person, or dismissed."""

    type = "incident.ended"
    incident_id: UUID


@dataclass(frozen=True, kw_only=True)
class WorkOrderAssigned(DomainEvent):
    """A member is to do a work order, for the first time or once more."""

    type = "work_order.assigned"
    work_order_id: UUID


@dataclass(frozen=True, kw_only=True)
class IncidentEscalated(DomainEvent):
    """The mild repairs did not help: a technician is needed."""

    type = "incident.escalated"
    incident_id: UUID
