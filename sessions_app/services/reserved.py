"""The reservation that a session makes use of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chargepoints.services.reservations import use_reservation
from sessions_app.messages import Event, Start, trusted_time

STARTED = "Started"


def use_reservation_of_start(
    *,
    charge_point_id: UUID,
    start: Start,
    transaction_id: int,
    number: int | None,
    received_at: datetime,
) -> None:
    """A 1.6 start ends the reservation it names, or the one of its token and outlet."""
    at, _ = trusted_time(start.at, received_at)
    use_reservation(
        charge_point_id=charge_point_id,
        number=number,
        token_uid=start.token_uid,
        evse_id=start.evse_id,
        transaction_ref=str(transaction_id),
        at=at,
    )


def use_reservation_of_event(
    *, charge_point_id: UUID, event: Event, number: int | None, received_at: datetime
) -> None:
    """A 2.0.1 event ends the reservation it names; one that starts, also that of its token."""
    if number is None and event.kind != STARTED:
        return
    at, _ = trusted_time(event.at, received_at)
    use_reservation(
        charge_point_id=charge_point_id,
        number=number,
        token_uid=event.token_uid,
        evse_id=event.evse_id,
        transaction_ref=event.transaction_ref,
        at=at,
    )
