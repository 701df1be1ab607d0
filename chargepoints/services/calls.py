"""Any OCPP call to a station, asked for by a person or a partner, and waiting for its answer."""

from __future__ import annotations

import time
from typing import Any

from django.db import IntegrityError, transaction

from chargepoints.models import ChargePoint, Command
from chargepoints.services.commands import queue_command

OPEN = (Command.State.QUEUED, Command.State.SENT)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.25


class KeyReused(ValueError):
    """The idempotency key belongs to another call."""


def call_station(
    *,
    charge_point: ChargePoint,
    action: str,
    payload: dict[str, Any],
    requested_by: str,
    ttl_s: int = 60,
    may_wait: bool = False,
    idempotency_key: str = "",
) -> Command:
    """Owe a station a call, once for each idempotency key of the tenant.

    Raises `CommandNotPossible` like `queue_command`, and `KeyReused` when the key has been used
    for another call.
    """
    known = _known(idempotency_key)
    if known is None:
        try:
            with transaction.atomic():
                return queue_command(
                    charge_point=charge_point,
                    action=action,
                    payload=payload,
                    requested_by=requested_by,
                    ttl_s=ttl_s,
                    may_wait=may_wait,
                    idempotency_key=idempotency_key,
                )
        except IntegrityError:
            known = _known(idempotency_key)
            if known is None:
                raise
    if (known.charge_point_id, known.action, known.payload) != (charge_point.pk, action, payload):
        raise KeyReused(idempotency_key)
    return known


def wait_for_answer(command: Command, *, wait_s: float) -> Command:
    """The command as soon as it is over, or as it is after `wait_s` seconds.

    Not to be called in a transaction, nor by what reads the station's socket.
    """
    give_up_at = time.monotonic() + wait_s
    pause_s = FIRST_PAUSE_S
    while command.state in OPEN and time.monotonic() < give_up_at:
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
        command.refresh_from_db()
    return command


def _known(idempotency_key: str) -> Command | None:
    if not idempotency_key:
        return None
    return Command.objects.filter(idempotency_key=idempotency_key).first()
