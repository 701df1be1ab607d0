"""What a station's start is answered with, and what it may say until it is accepted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chargepoints.models import ChargePoint, DoorRecord
from chargepoints.services.commands import queue_command

BootState = ChargePoint.BootState

LEAST_RETRY_S, LONGEST_RETRY_S = 10, 86_400


def answer_boot(*, charge_point_id: UUID) -> tuple[str, int]:
    """The state a station that starts is in from now on, and when to ask again (s).

    Needs the transaction of its BootNotification.
    """
    answer, retry_s = ChargePoint.objects.values_list("boot_answer", "boot_retry_s").get(
        pk=charge_point_id
    )
    ChargePoint.objects.filter(pk=charge_point_id).update(boot_state=answer)
    return answer, retry_s


def change_boot_answer(
    *, charge_point: ChargePoint, answer: str, retry_s: int, by: str, now: datetime
) -> None:
    """Answer the station's next start with Accepted, Pending or Rejected.

    A station that waits as Pending and may now be accepted is asked to start anew at once; one
    that is accepted stays so until it restarts. Raises `ValidationError`.
    """
    if not LEAST_RETRY_S <= retry_s <= LONGEST_RETRY_S:
        text = _("Between %(least)s and %(most)s seconds.")
        values = {"least": LEAST_RETRY_S, "most": LONGEST_RETRY_S}
        raise ValidationError({"boot_retry_s": text % values})
    with transaction.atomic():
        row = ChargePoint.objects.select_for_update(no_key=True).get(pk=charge_point.pk)
        ChargePoint.objects.filter(pk=row.pk).update(boot_answer=answer, boot_retry_s=retry_s)
        if row.boot_answer != answer:
            DoorRecord.objects.create(
                charge_point=row, kind=DoorRecord.Kind.BOOT_ANSWER, at=now, by=by, reason=answer
            )
        is_waiting = row.boot_state == BootState.PENDING and bool(row.socket_channel)
        if is_waiting and answer != BootState.PENDING:
            queue_command(
                charge_point=row,
                action="TriggerMessage",
                payload={"requestedMessage": "BootNotification"},
                requested_by=by,
            )


def state_on_connecting(charge_point: ChargePoint) -> str:
    """The state a connection begins in: stations do not start anew each time they connect."""
    if charge_point.boot_state == BootState.UNKNOWN:
        return charge_point.boot_answer
    return charge_point.boot_state
