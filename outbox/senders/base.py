"""What every sender gets and how it says what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from outbox.types import Attachment


class SendFailed(Exception):
    """The message is not known to have arrived."""


class TryLater(SendFailed):
    """It was not sent; a later try may go better."""


class Refused(SendFailed):
    """It was not sent and never will be: the address, or the message, is wrong."""


class OutcomeUnknown(SendFailed):
    """It was handed over and nobody confirmed it: it may have been sent."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """One message on its way; `ref` is the same at every try."""

    ref: str
    recipient: str
    text: str
    sender_name: str = "Laddbok"
    subject: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


class Sender(Protocol):
    """A way out; `repeatable` if the receiver recognises the same message by its `ref`."""

    repeatable: ClassVar[bool]

    def send(self, post: Post) -> None:
        """Send it, within a bounded time; raises a `SendFailed`."""
