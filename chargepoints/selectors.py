"""Charge points as the faces show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from chargepoints.models import (
    SILENCE_BEFORE_OFFLINE,
    ChargePoint,
    Command,
    Connector,
    ModelProfile,
    OcppMessage,
    Reservation,
    Site,
)


@dataclass(frozen=True, slots=True)
class StationCounts:
    """How many charge points are in use, and how many of those are connected or faulted."""

    total: int
    online: int
    faulted: int


@dataclass(frozen=True, slots=True)
class ConnectorCounts:
    """How many connectors are in which kind of state."""

    total: int
    available: int
    occupied: int
    faulted: int


OCCUPIED_STATES = (
    Connector.Status.OCCUPIED,
    Connector.Status.PREPARING,
    Connector.Status.CHARGING,
    Connector.Status.SUSPENDED_EV,
    Connector.Status.SUSPENDED_EVSE,
    Connector.Status.FINISHING,
)


def charge_points() -> QuerySet[ChargePoint]:
    """Charge points with their site and connectors, in three queries."""
    connectors = Prefetch("connectors", Connector.objects.order_by("evse_id", "connector_id"))
    return ChargePoint.objects.select_related("site").prefetch_related(connectors)


def online(now: datetime) -> Q:
    """The condition on a charge point that `ChargePoint.is_online` tests in Python."""
    return ~Q(socket_channel="") & Q(last_seen_at__gt=now - SILENCE_BEFORE_OFFLINE)


def station_counts(now: datetime) -> StationCounts:
    """Charge points in use of the tenant in scope, and how they are."""
    faulted = Q(connectors__status=Connector.Status.FAULTED)
    counts = ChargePoint.objects.filter(enabled=True).aggregate(
        total=Count("pk", distinct=True),
        online=Count("pk", distinct=True, filter=online(now)),
        faulted=Count("pk", distinct=True, filter=faulted),
    )
    return StationCounts(**counts)


def connector_counts() -> ConnectorCounts:
    """Connectors of charge points in use, by state as last reported."""
    status = Connector.Status
    counts = Connector.objects.filter(charge_point__enabled=True).aggregate(
        total=Count("pk"),
        available=Count("pk", filter=Q(status=status.AVAILABLE)),
        occupied=Count("pk", filter=Q(status__in=OCCUPIED_STATES)),
        faulted=Count("pk", filter=Q(status=status.FAULTED)),
    )
    return ConnectorCounts(**counts)


def connectors_of(charge_point: ChargePoint) -> QuerySet[Connector]:
    """The charge point's connectors by number, each with its last reported state."""
    return charge_point.connectors.order_by("evse_id", "connector_id")


def sites_with_charge_points() -> QuerySet[Site]:
    """Sites with their charge points and connectors, for locations."""
    return Site.objects.prefetch_related(Prefetch("charge_points", charge_points()))


def open_commands(charge_point: ChargePoint) -> QuerySet[Command]:
    """Commands still on their way, oldest first."""
    states = (Command.State.QUEUED, Command.State.SENT)
    return charge_point.commands.filter(state__in=states).order_by("id")


def messages_of(charge_point: ChargePoint) -> QuerySet[OcppMessage]:
    """The charge point's message log, newest first."""
    return charge_point.messages.order_by("-at", "-id")


def profile_of(charge_point_id: UUID) -> ModelProfile | None:
    """What is known of the station's model, if anything is."""
    return ModelProfile.objects.filter(charge_points=charge_point_id).first()


def reserved_s_of(charge_point_id: UUID, transaction_ref: str) -> int:
    """Seconds for which an outlet was kept for the session of this transaction; 0 for none."""
    used = Reservation.objects.filter(
        charge_point_id=charge_point_id,
        transaction_ref=transaction_ref,
        state=Reservation.State.USED,
    )
    return sum(reservation.reserved_s for reservation in used)
