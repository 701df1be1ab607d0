"""Reservations: asked of a station, active, and how each of them ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Greatest

from chargepoints.models import Reservation
from tenants.scope import across_tenants

State = Reservation.State
OPEN = (State.ASKED, State.ACTIVE)
# A station may start at once, by a clock that is behind ours.
CLOCKS_DIFFER_BY = timedelta(minutes=5)


def settle_reservation(
    *, charge_point_id: UUID, number: int, answer: str, answered_at: datetime
) -> None:
    """A station's answer to ReserveNow: active from now, or refused with its reason."""
    rows = Reservation.objects.filter(
        charge_point_id=charge_point_id, number=number, state=State.ASKED
    )
    if answer == "Accepted":
        rows.update(state=State.ACTIVE, answer=answer, active_from=answered_at)
    else:
        rows.update(state=State.REFUSED, answer=answer)


def end_reservation(
    *, charge_point_id: UUID, number: int, state: Reservation.State, at: datetime
) -> bool:
    """End an open reservation as cancelled, expired or removed; False when it had ended."""
    return bool(
        Reservation.objects.filter(
            charge_point_id=charge_point_id, number=number, state__in=OPEN
        ).update(state=state, ended_at=Greatest("active_from", Value(at)))
    )


@transaction.atomic
def use_reservation(
    *,
    charge_point_id: UUID,
    number: int | None,
    token_uid: str,
    evse_id: int | None,
    transaction_ref: str,
    at: datetime,
) -> Reservation | None:
    """Give an active reservation to the session that began; None when there is none for it.

    The station names it by its number, or leaves that out: then it is the oldest one of this token
    at this outlet or at none in particular. Repeated, nothing changes.
    """
    used = Reservation.objects.filter(
        charge_point_id=charge_point_id, transaction_ref=transaction_ref, state=State.USED
    ).first()
    if used is not None:
        return used
    active = Reservation.objects.select_for_update(of=("self",)).filter(
        charge_point_id=charge_point_id, state=State.ACTIVE
    )
    if number is not None:
        active = active.filter(number=number)
    elif token_uid:
        place = Q(connector=None) | Q(connector__evse_id=evse_id)
        active = active.filter(
            place, token_uid=token_uid, active_from__lte=at + CLOCKS_DIFFER_BY, expires_at__gt=at
        )
    else:
        return None
    reservation = active.order_by("id").first()
    if reservation is None:
        return None
    reservation.state = State.USED
    reservation.transaction_ref = transaction_ref
    reservation.ended_at = max(at, reservation.active_from or at)
    reservation.save(update_fields=("state", "transaction_ref", "ended_at"))
    return reservation


def expire_reservations(*, now: datetime) -> int:
    """End every open reservation past its time; returns how many. By beat."""
    with across_tenants(reason="reservations past their time"):
        return Reservation.objects.filter(state__in=OPEN, expires_at__lte=now).update(
            state=State.EXPIRED, ended_at=Greatest("active_from", "expires_at")
        )
