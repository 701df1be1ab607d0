"""Sends a station what it is owed, beside the loop that reads its socket."""

from __future__ import annotations

import asyncio
import logging

from django.utils import timezone

from chargepoints.conversation import Conversation
from chargepoints.node import Node
from chargepoints.outgoing import ConnectionEnded, Unanswered
from chargepoints.services.delivery import (
    claim_command,
    give_up_command,
    settle_command,
    time_out_command,
)
from chargepoints.services.sockets import StaleSocket

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 30.0


class CommandSender:
    """Runs as a task only while something is owed, so an idle station costs none."""

    def __init__(self, conversation: Conversation, node: Node) -> None:
        self._conversation = conversation
        self._node = node
        self._task: asyncio.Task[None] | None = None
        self._is_wanted = False
        self._is_closed = False
        self.is_held = False

    def wake(self) -> None:
        """Look for owed commands, now or as soon as nothing holds it back."""
        self._is_wanted = True
        if not self.is_held and not self._is_closed and self._task is None:
            self._task = asyncio.create_task(self._send_all())
            self._task.add_done_callback(self._finished)

    def hold(self) -> None:
        """Send nothing before `let_go`: a call of the station's is being answered."""
        self.is_held = True

    def let_go(self) -> None:
        """Send what was owed meanwhile."""
        self.is_held = False
        if self._is_wanted:
            self.wake()

    async def close(self) -> None:
        """Start nothing new and return when what runs has written its outcome."""
        self._is_closed = True
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _send_all(self) -> None:
        while self._is_wanted and not self._is_closed:
            self._is_wanted = False
            while await self._send_next():
                pass

    async def _send_next(self) -> bool:
        in_database = self._node.database.run
        journal = self._conversation.journal
        now = timezone.now()
        boot_state = self._conversation.boot_state
        command = await in_database(claim_command, journal, now, boot_state)
        if command is None:
            return False
        self._conversation.expect_after(command.action, command.payload)
        timeout_s = min(ANSWER_WITHIN_S, (command.expires_at - now).total_seconds())
        try:
            answer = await self._conversation.outgoing.call(
                str(command.id), command.action, command.payload, timeout_s
            )
        except ConnectionEnded as reason:
            await in_database(give_up_command, journal, command, str(reason))
        except Unanswered as reason:
            await in_database(time_out_command, journal, command, str(reason))
        else:
            await in_database(settle_command, journal, command, answer, timezone.now())
        return not self._is_closed

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._task = None
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, StaleSocket):
            # The row stays as it is: the sweep wakes us again or ends it.
            who = self._conversation.journal.connection.log_fields
            log.error("command not sent", exc_info=error, extra=who)
        elif self._is_wanted:
            self.wake()
