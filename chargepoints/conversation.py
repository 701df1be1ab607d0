"""OCPP-J on one socket: every call gets one answer, in order, and no input ends the loop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from chargepoints.boot_rules import expected_after
from chargepoints.errors import CallRefused, Fault, FrameRefused
from chargepoints.frames import (
    LONGEST_FRAME_BYTES,
    Call,
    call_error_text,
    call_result_text,
    empty_result_text,
    is_oversized,
    parse_frame,
)
from chargepoints.group_commit import DATABASE_AWAY
from chargepoints.journal import Journal
from chargepoints.lenience import mend_call
from chargepoints.node import Node
from chargepoints.outgoing import OutgoingCalls, SendText
from chargepoints.routing import Handler, Station, runs_in_memory, together_of
from chargepoints.services.sockets import StaleSocket
from chargepoints.services.together import Entry, Outcome

log = logging.getLogger(__name__)

GARBAGE_BEFORE_CLOSE = 50
OVERSIZED = f"frame larger than {LONGEST_FRAME_BYTES} bytes"
MENDED = "mended: "
POLICY_VIOLATION, MESSAGE_TOO_BIG, RESTART, TRY_AGAIN_LATER = 1008, 1009, 1012, 1013
REPLACED = 4001


class SocketEnded(Exception):
    """This socket has to be closed, with a WebSocket close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Conversation:
    """The protocol's state on one socket, whatever carries the texts."""

    def __init__(self, station: Station, journal: Journal, node: Node, send: SendText) -> None:
        self.outgoing = OutgoingCalls(send)
        self.journal = journal
        self.seen_at = timezone.now()
        self._station = station
        self._node = node
        self._send = send
        self._garbage_in_a_row = 0

    @property
    def boot_state(self) -> str:
        """What the station's start was answered with."""
        return self._station.boot_state

    def expect_after(self, action: str, payload: dict[str, Any]) -> None:
        """The station may answer this call of ours with one of its own, whatever its state."""
        self._station.expected.add(expected_after(action, payload))

    async def receive(self, text: str) -> None:
        """Answer one frame; raises `SocketEnded` when there can be no further one."""
        self.seen_at = timezone.now()
        if is_oversized(text):
            await self.record_oversized()
            raise SocketEnded(MESSAGE_TOO_BIG, OVERSIZED)
        try:
            frame = parse_frame(text)
        except FrameRefused as refusal:
            await self.refuse_frame(refusal)
            return
        if isinstance(frame, Call):
            self._garbage_in_a_row = 0
            await self._answer(frame)
        elif self.outgoing.accept(frame):
            self._garbage_in_a_row = 0
        else:
            unasked = FrameRefused(Fault.FORMAT, "answer nobody waits for", frame.message_id)
            unasked.is_answer = True
            await self.refuse_frame(unasked)

    async def refuse_frame(self, refusal: FrameRefused) -> None:
        """Answer something that is no message; raises `SocketEnded` when there is no end of it."""
        await self._record(refusal, refusal.message_id)
        if not refusal.is_answer:
            await self._send_error(refusal, refusal.message_id)
        self._garbage_in_a_row += 1
        if self._garbage_in_a_row >= GARBAGE_BEFORE_CLOSE:
            raise SocketEnded(POLICY_VIOLATION, "too many frames that are no OCPP message")

    async def record_oversized(self) -> None:
        """Record that a frame was too large to be read."""
        await self._record(FrameRefused(Fault.FORMAT, OVERSIZED), "-1")

    async def _answer(self, call: Call) -> None:
        try:
            handler, call = self._understand(call)
            if await self._wrote_together(handler, call):
                await self._send(empty_result_text(call.message_id))
                return
            answer = await self._run(handler, call)
        except CallRefused as refusal:
            await self._record(refusal, call.message_id, call)
            await self._send_error(refusal, call.message_id)
            return
        await self._send(call_result_text(call.message_id, answer))
        if self.journal.is_due(self.seen_at) and not await self._write(
            self.journal.entry(self.seen_at)
        ):
            await self._attempt(self.journal.save, self.seen_at)

    def _understand(self, call: Call) -> tuple[Handler, Call]:
        """Who answers the call, which is mended first if its station's model needs that."""
        station = self._station
        try:
            return station.handler_of(call.action, call.payload), call
        except CallRefused as refusal:
            if not station.is_lenient or refusal.fault in (Fault.UNKNOWN_ACTION, Fault.SECURITY):
                raise
        handler = station.handler_of(call.action)
        mended = mend_call(station.version, call.action, call.payload, received_at=self.seen_at)
        note = f"{MENDED}{mended.summary}"
        return handler, Call(call.message_id, call.action, mended.payload, call.payload, note)

    async def _wrote_together(self, handler: Handler, call: Call) -> bool:
        """Whether the call was plain and is committed; what is not plain is the handler's."""
        together = together_of(handler)
        if together is None or self._station.profile is not None:
            return False
        plain = together.read(call.payload, self.seen_at)
        if plain is None:
            return False
        return await self._write(self.journal.entry(self.seen_at, call, together.store, plain))

    async def _write(self, entry: Entry) -> bool:
        outcome = await self._node.group.write(entry)
        if outcome is Outcome.STALE:
            raise SocketEnded(REPLACED, "replaced by a newer connection")
        if outcome is Outcome.AWAY:
            raise SocketEnded(TRY_AGAIN_LATER, "database away")
        if outcome is Outcome.WRITTEN:
            self.journal.wrote(entry)
        return outcome is Outcome.WRITTEN

    async def _run(self, handler: Handler, call: Call) -> dict[str, Any]:
        if runs_in_memory(handler) and not call.mending:
            return self.journal.answer_in_memory(handler, call, self.seen_at)
        outcome = await self._attempt(self.journal.carry_out, handler, call, self.seen_at)
        if isinstance(outcome, CallRefused):
            raise outcome
        if isinstance(outcome, DATABASE_AWAY):
            # An error would make some stations throw away what they will now send again.
            raise SocketEnded(TRY_AGAIN_LATER, "database away") from outcome
        if isinstance(outcome, BaseException):
            raise CallRefused(Fault.INTERNAL, "internal error, try again later") from outcome
        answer: dict[str, Any] = outcome
        return answer

    async def _attempt(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run in a database thread; what it raised is returned and, if unexpected, logged."""
        outcome = await self._node.database.attempt(function, *args)
        if isinstance(outcome, StaleSocket):
            raise SocketEnded(REPLACED, "replaced by a newer connection")
        if isinstance(outcome, BaseException) and not isinstance(outcome, CallRefused):
            log.error("OCPP message failed", exc_info=outcome, extra=self._who())
        return outcome

    async def _record(
        self, refusal: CallRefused, message_id: str, call: Call | None = None
    ) -> None:
        code = refusal.fault.code(self._station.version)
        extra = {**self._who(), "code": code, "reason": refusal.reason}
        log.warning("OCPP message refused: %s", refusal.reason, extra=extra)
        row = self.journal.refusal(refusal, message_id, call, self.seen_at)
        await self._attempt(self.journal.save, self.seen_at, row)

    async def _send_error(self, refusal: CallRefused, message_id: str) -> None:
        code = refusal.fault.code(self._station.version)
        await self._send(call_error_text(message_id, code, refusal.reason))

    def _who(self) -> dict[str, str]:
        connection = self._station.connection
        return connection.log_fields
