"""The one live socket of a charge point: sign-in, take-over by epoch, last sign of life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from chargepoints.keys import is_key
from chargepoints.models import ChargePoint
from chargepoints.types import Connection, Holder
from tenants.scope import across_tenants, tenant_scope

NOBODY = UUID(int=0)
NO_ROW = (NOBODY, NOBODY, "", False, "", 0, None)


class SocketTaken(RuntimeError):
    """Another socket of the charge point was opened while this one was being let in."""


class StaleSocket(RuntimeError):
    """A newer socket of the charge point took over, or it may no longer be served."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A charge point that proved its key; `holder` has its socket now, if anybody has."""

    tenant_id: UUID
    charge_point_id: UUID
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class OpenedSocket:
    """A socket that owns its charge point; `replaced_channel` held it before."""

    epoch: int
    replaced_channel: str


def sign_in(tenant_slug: str, identity: str, key: str) -> SignedIn | None:
    """The charge point with this key, or None. Every refusal takes the same work."""
    with across_tenants(reason="a charge point signs in"):
        row = (
            ChargePoint.objects.filter(
                tenant__slug=_storable(tenant_slug), identity=_storable(identity)
            )
            .values_list(
                *("tenant_id", "id", "key_mac", "enabled"),
                *("socket_channel", "socket_epoch", "last_seen_at"),
            )
            .first()
        )
    tenant_id, charge_point_id, expected_mac, enabled, *holder = row or NO_ROW
    if is_key(charge_point_id, key, expected_mac) and enabled:
        return SignedIn(tenant_id, charge_point_id, Holder(*holder) if holder[0] else None)
    return None


def _storable(name: str) -> str:
    """The name, with what PostgreSQL cannot read replaced by something no name has."""
    return name.encode(errors="replace").decode().replace("\x00", "?")


def open_socket(
    connection: Connection, channel: str, now: datetime, over: Holder | None
) -> OpenedSocket:
    """Make the new socket the charge point's only one; every older one is stale from the commit on.

    `over` is the socket known not to answer any more. Raises `SocketTaken` when there is by now
    another one, and `StaleSocket` when the charge point was removed or disabled since it signed in.
    """
    with tenant_scope(connection.tenant_id), transaction.atomic():
        charge_point = (
            ChargePoint.objects.select_for_update(no_key=True)
            .filter(pk=connection.charge_point_id, enabled=True)
            .first()
        )
        if charge_point is None:
            raise StaleSocket(connection.identity)
        known_epoch = None if over is None else over.epoch
        if charge_point.socket_channel and charge_point.socket_epoch != known_epoch:
            raise SocketTaken(connection.identity)
        opened = OpenedSocket(charge_point.socket_epoch + 1, charge_point.socket_channel)
        charge_point.socket_epoch = opened.epoch
        charge_point.socket_channel = channel
        charge_point.ocpp_version = connection.version
        charge_point.connected_at = now
        charge_point.last_seen_at = now
        charge_point.save(
            update_fields=(
                *("socket_epoch", "socket_channel", "ocpp_version", "connected_at"),
                "last_seen_at",
            )
        )
    return opened


def hold_socket(connection: Connection, epoch: int, seen_at: datetime | None = None) -> None:
    """Keep the charge point's row to this socket until the transaction ends.

    With `seen_at` its last sign of life is written too. Raises `StaleSocket` when the socket is not
    the live one any more. Needs a transaction and the tenant's scope.
    """
    row = ChargePoint.objects.filter(
        pk=connection.charge_point_id, socket_epoch=epoch, enabled=True
    )
    if seen_at is not None:
        is_live = bool(row.update(last_seen_at=seen_at))
    else:
        is_live = row.select_for_update(no_key=True).values_list("pk").first() is not None
    if not is_live:
        raise StaleSocket(connection.identity)


def release_socket(connection: Connection, epoch: int, now: datetime) -> None:
    """Say that the socket is closed, unless a newer one has taken over."""
    with tenant_scope(connection.tenant_id):
        ChargePoint.objects.filter(pk=connection.charge_point_id, socket_epoch=epoch).update(
            socket_channel="", disconnected_at=now
        )
