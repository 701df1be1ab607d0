"""Sends a recorded log again: the same log twice, or shuffled, must change nothing."""

import uuid
from collections.abc import Sequence
from random import Random
from typing import Any

from config.devstack.simulator.framelog import Frame, sent_calls
from config.devstack.simulator.link import (
    Address,
    Answer,
    Link,
    OcppError,
    Payload,
    Work,
    open_link,
)


def started_transactions(frames: Sequence[Frame]) -> dict[int, list[Any]]:
    """The StartTransaction message behind every transaction id the platform gave in this log."""
    asked: dict[tuple[str, str], list[Any]] = {}
    found: dict[int, list[Any]] = {}
    for frame in frames:
        key = (frame.station, str(frame.message[1]))
        if frame.is_sent and frame.message[0] == 2:
            asked[key] = frame.message
        elif not frame.is_sent and frame.message[0] == 3 and key in asked:
            call = asked.pop(key)
            if call[2] == "StartTransaction":
                found[frame.message[2]["transactionId"]] = call
    return found


def shuffle_frames(frames: Sequence[Frame], *, seed: int, duplicate_share: float) -> list[Frame]:
    """The calls of a log in another order, some of them twice; boots stay first."""
    random = Random(seed)
    calls = sent_calls(frames)
    boots = [frame for frame in calls if frame.message[2] == "BootNotification"]
    rest = [frame for frame in calls if frame.message[2] != "BootNotification"]
    rest += [frame for frame in rest if random.random() < duplicate_share]
    random.shuffle(rest)
    return boots + rest


class Resender:
    """Sends calls of one station's log over one connection, with new message ids.

    Transaction ids of OCPP 1.6 are the platform's: when it gives another id than in the log, later
    messages carry the new one.
    """

    def __init__(self, link: Link, started: dict[int, list[Any]]) -> None:
        self._link = link
        self._recorded_ids = {_content(call): number for number, call in started.items()}
        self._ids: dict[int, int] = {}
        self.answered = 0
        self.errors: list[str] = []

    async def send(self, frames: Sequence[Frame]) -> int:
        """Send the calls in this order; the number answered, from which one can go on later.

        Raises LinkLost when the connection ends.
        """
        for frame in sent_calls(frames):
            await self._send_call(frame.message)
            self.answered += 1
        return self.answered

    async def _send_call(self, message: list[Any]) -> None:
        action, payload = message[2], self._translate(message[3])
        try:
            answer = await self._link.call(action, payload)
        except OcppError as error:
            self.errors.append(f"{action}: {error}")
            return
        if action == "StartTransaction":
            recorded = self._recorded_ids.get(_content(message))
            if recorded is not None:
                self._ids[recorded] = answer["transactionId"]

    def _translate(self, payload: Payload) -> Payload:
        number = payload.get("transactionId")
        return {**payload, "transactionId": self._ids[number]} if number in self._ids else payload


async def open_resender(address: Address, frames: Sequence[Frame]) -> tuple[Resender, Link]:
    """Connect as one station of a log; the caller closes the link."""
    ids = iter(lambda: str(uuid.uuid4()), "")
    link = await open_link(address, _accept, ids, lambda is_sent, message: None, _drop)
    return Resender(link, started_transactions(frames)), link


def _content(call: list[Any]) -> str:
    payload = call[3]
    return f"{payload['connectorId']}:{payload['idTag']}:{payload['timestamp']}"


def _accept(action: str, payload: Payload) -> Answer:
    raise OcppError("NotSupported", f"{action} while a log is sent again")


def _drop(work: Work) -> None:
    work.close()
