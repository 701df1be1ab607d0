"""Plain values of charge points: who is connected, and what a station's setting is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

V16 = "1.6"
V201 = "2.0.1"
V21 = "2.1"


@dataclass(frozen=True, slots=True)
class Connection:
    """One accepted socket, as handlers know it; `version` is one of those above."""

    tenant_id: UUID
    charge_point_id: UUID
    identity: str
    version: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Which process holds a station's socket, and since which take-over."""

    channel: str
    epoch: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting of a station; `component` is empty with OCPP 1.6, which has only keys."""

    component: str
    name: str
    value: str
    read_only: bool = False
