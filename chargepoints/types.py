"""Plain values of charge points: who is connected, and what a station's setting is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

V16 = "1.6"
V201 = "2.0.1"
V21 = "2.1"


# What a connection is protected by; the numbers are those of OCPP's security profiles.
PLAIN, TLS, TLS_WITH_CERTIFICATE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Visit:
    """An opening request: from which address, how protected, with which client certificate.

    `fingerprint` is the certificate's SHA-256 in hexadecimal, empty without one.
    """

    address: str
    level: int
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a station was let in for (`ChargePoint.Way`), over what, and from where."""

    way: str
    level: int
    address: str
    with_next_key: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """One accepted socket, as handlers know it; `version` is one of those above."""

    tenant_id: UUID
    charge_point_id: UUID
    identity: str
    version: str

    @property
    def log_fields(self) -> dict[str, str]:
        """Who it is, for the log: by ids, since a station's name is half of what opens its door."""
        return {"tenant": str(self.tenant_id), "charge_point": str(self.charge_point_id)}


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
