"""The one live socket of a charge point: sign-in, take-over by epoch, last sign of life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import transaction

from chargepoints.keys import is_key
from chargepoints.models import CertificatePurpose, ChargePoint, ModelProfile, StationCertificate
from chargepoints.services.boots import state_on_connecting
from chargepoints.services.doors import note_entry
from chargepoints.types import TLS, TLS_WITH_CERTIFICATE, Connection, Entry, Holder, Visit
from tenants.scope import across_tenants, tenant_scope

NOBODY = UUID(int=0)
DOOR_FIELDS = (
    *("tenant_id", "key_mac", "next_key_mac", "security_profile", "window_until"),
    *("socket_channel", "socket_epoch", "last_seen_at"),
)
Way = ChargePoint.Way


class SocketTaken(RuntimeError):
    """Another socket of the charge point was opened while this one was being let in."""


class StaleSocket(RuntimeError):
    """A newer socket of the charge point took over, or it may no longer be served."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A charge point that may come in, and for what; `holder` has its socket now, if anybody."""

    tenant_id: UUID
    charge_point_id: UUID
    entry: Entry
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class TooWeak:
    """The right key, but over a connection that the charge point's security profile forbids."""

    tenant_id: UUID
    charge_point_id: UUID


@dataclass(frozen=True, slots=True)
class OpenedSocket:
    """A socket that owns its charge point; `replaced_channel` held it before.

    `profile` is what is known of the charge point's model, if anything is; `boot_state` what its
    last start was answered with.
    """

    epoch: int
    replaced_channel: str
    profile: ModelProfile | None = None
    boot_state: str = ChargePoint.BootState.ACCEPTED
    clock_skew_s: int | None = None


def sign_in(
    tenant_slug: str, identity: str, key: str, visit: Visit, now: datetime
) -> SignedIn | TooWeak | None:
    """The charge point with this key or certificate, or None; refusals take the same work.

    OCPP 2.0.1 A00 and the 1.6 security whitepaper: profile 1 is a key, profile 2 a key over TLS,
    profile 3 a client certificate, and a stronger one always does. An open commissioning window
    stands for the key or certificate, not for TLS.
    """
    with across_tenants(reason="a charge point signs in"):
        row = (
            ChargePoint.objects.filter(
                tenant__slug=_storable(tenant_slug), identity=_storable(identity), enabled=True
            )
            .only(*DOOR_FIELDS)
            .first()
        )
        charge_point_id, *macs = (
            (row.id, row.key_mac, row.next_key_mac) if row is not None else (NOBODY, "", "")
        )
        knows_key, knows_next = (is_key(charge_point_id, key, mac) for mac in macs)
        if row is None:
            return None
        has_certificate = visit.level == TLS_WITH_CERTIFICATE and _opens(row, visit, now)
    is_open = row.is_open_to_anybody(now)
    if not (knows_key or knows_next or has_certificate or is_open):
        return None
    # Within the window a station may not have its certificate yet.
    least = min(row.security_profile, TLS) if is_open else row.security_profile
    level = visit.level if has_certificate else min(visit.level, TLS)
    if level < least:
        return TooWeak(cast(UUID, row.tenant_id), row.id)
    way = Way.CERTIFICATE if has_certificate else Way.KEY
    if not (has_certificate or knows_key or knows_next):
        way = Way.WINDOW
    entry = Entry(way.value, level, visit.address, with_next_key=way == Way.KEY and knows_next)
    holder = Holder(row.socket_channel, row.socket_epoch, row.last_seen_at)
    return SignedIn(cast(UUID, row.tenant_id), row.id, entry, holder if holder.channel else None)


def _opens(charge_point: ChargePoint, visit: Visit, now: datetime) -> bool:
    return StationCertificate.objects.filter(
        charge_point=charge_point,
        fingerprint=visit.fingerprint,
        purpose=CertificatePurpose.STATION,
        revoked_at=None,
        valid_from__lte=now,
        valid_to__gt=now,
    ).exists()


def _storable(name: str) -> str:
    """The name, with what PostgreSQL cannot read replaced by something no name has."""
    return name.encode(errors="replace").decode().replace("\x00", "?")


def open_socket(
    connection: Connection, channel: str, now: datetime, entry: Entry, over: Holder | None
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
            raise StaleSocket(str(connection.charge_point_id))
        known_epoch = None if over is None else over.epoch
        if charge_point.socket_channel and charge_point.socket_epoch != known_epoch:
            raise SocketTaken(str(connection.charge_point_id))
        opened = OpenedSocket(
            charge_point.socket_epoch + 1,
            charge_point.socket_channel,
            charge_point.profile,
            state_on_connecting(charge_point),
            charge_point.clock_skew_s,
        )
        ChargePoint.objects.filter(pk=charge_point.pk).update(
            socket_epoch=opened.epoch,
            socket_channel=channel,
            socket_way=entry.way,
            socket_level=entry.level,
            ocpp_version=connection.version,
            connected_at=now,
            last_seen_at=now,
        )
        note_entry(charge_point, entry, now)
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
        raise StaleSocket(str(connection.charge_point_id))


def release_socket(connection: Connection, epoch: int, now: datetime) -> None:
    """Say that the socket is closed, unless a newer one has taken over."""
    with tenant_scope(connection.tenant_id):
        ChargePoint.objects.filter(pk=connection.charge_point_id, socket_epoch=epoch).update(
            socket_channel="", disconnected_at=now
        )
