"""A command's way to the station and back, as the process that holds the socket writes it."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from chargepoints.boot_rules import ACCEPTED, why_not_tell
from chargepoints.call_shapes import in_schema_order
from chargepoints.errors import CallRefused
from chargepoints.frames import CallError, CallResult
from chargepoints.journal import Journal
from chargepoints.masking import masked
from chargepoints.models import Command
from chargepoints.schemas import check_answer
from chargepoints.send_guards import why_not_send
from chargepoints.services.answers import apply_answer
from chargepoints.services.commands import PLATFORM
from chargepoints.services.rotation import conclude_rotation, payload_to_send
from chargepoints.services.sockets import hold_socket
from tenants.scope import tenant_scope

log = logging.getLogger(__name__)


def claim_command(journal: Journal, now: datetime, boot_state: str = ACCEPTED) -> Command | None:
    """The oldest command owed to the socket's station, marked as sent; None when nothing is owed.

    One that `boot_rules` or `send_guards` object to is ended instead. Raises `StaleSocket`:
    the newer socket will send it.
    """
    connection = journal.connection
    with tenant_scope(connection.tenant_id), transaction.atomic():
        hold_socket(connection, journal.epoch)
        owed = Command.objects.select_for_update().filter(
            charge_point=connection.charge_point_id,
            state=Command.State.QUEUED,
            expires_at__gt=now,
        )
        while (command := owed.order_by("id").first()) is not None:
            objection = why_not_tell(boot_state, command.action) or why_not_send(command, now)
            if not objection:
                break
            command.state, command.error = Command.State.FAILED, f"not sent: {objection}"[:255]
            command.save(update_fields=("state", "error"))
        if command is None:
            return None
        command.state = Command.State.SENT
        command.sent_at = now
        command.save(update_fields=("state", "sent_at"))
        command.payload = in_schema_order(
            connection.version, command.action, payload_to_send(command)
        )
        journal.row(command.action, str(command.id), command.payload, now, inbound=False).save()
    return command


def settle_command(
    journal: Journal, command: Command, answer: CallResult | CallError, now: datetime
) -> None:
    """Keep the station's answer and its effects, unless the command has timed out meanwhile."""
    with tenant_scope(journal.connection.tenant_id), transaction.atomic():
        outcome = _outcome(journal.connection.version, command, answer)
        payload = answer.payload if isinstance(answer, CallResult) else None
        code = answer.code if isinstance(answer, CallError) else ""
        journal.row(
            command.action,
            answer.message_id,
            payload,
            now,
            error_code=code,
            reason=outcome["error"],
        ).save()
        settled = Command.objects.filter(pk=command.pk, state=Command.State.SENT).update(
            answered_at=now, **outcome
        )
        conclude_rotation(command, payload, now)
        if not settled:
            log.info("late answer dropped", extra={"command": str(command.pk)})
        elif payload is not None and outcome["response"] is not None:
            apply_answer(command, payload, now)


def time_out_command(journal: Journal, command: Command, reason: str) -> None:
    """Say that the station did not answer."""
    with tenant_scope(journal.connection.tenant_id):
        Command.objects.filter(pk=command.pk, state=Command.State.SENT).update(
            state=Command.State.TIMED_OUT, error=reason
        )


def give_up_command(journal: Journal, command: Command, reason: str) -> None:
    """The connection ended first, and nobody knows whether the station carried the command out.

    A person is told so. What we asked for ourselves are settings and reports, which may be asked
    for twice: those are owed again, until their time is over.
    """
    if command.requested_by != PLATFORM:
        time_out_command(journal, command, reason)
        return
    with tenant_scope(journal.connection.tenant_id):
        Command.objects.filter(pk=command.pk, state=Command.State.SENT).update(
            state=Command.State.QUEUED, sent_at=None
        )


def _outcome(version: str, command: Command, answer: CallResult | CallError) -> dict[str, Any]:
    """The columns that follow from an answer."""
    if isinstance(answer, CallError):
        error = f"{answer.code}: {answer.description}".removesuffix(": ")
        return {"state": Command.State.FAILED, "error": error[:255], "response": None}
    response = masked(answer.payload)
    try:
        check_answer(version, command.action, answer.payload)
    except CallRefused as refusal:
        error = f"not a valid answer: {refusal.reason}"
        return {"state": Command.State.FAILED, "error": error[:255], "response": response}
    if answer.payload.get("status") == "Rejected":
        return {"state": Command.State.FAILED, "error": "Rejected", "response": response}
    return {"state": Command.State.ANSWERED, "error": "", "response": response}
