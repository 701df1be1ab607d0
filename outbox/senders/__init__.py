"""Ways out: one protocol, and a sender for each channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from outbox.senders.base import OutcomeUnknown, Post, Refused, Sender, SendFailed, TryLater
from outbox.senders.mail import MailSender
from outbox.senders.sms import SmsSender
from outbox.senders.webhooks import ChatSender, HookSender
from outbox.types import Channel

SENDERS: Final[Mapping[str, Sender]] = {
    Channel.EMAIL: MailSender(),
    Channel.SMS: SmsSender(),
    Channel.CHAT: ChatSender(),
    Channel.HOOK: HookSender(),
}

__all__ = ["SENDERS", "OutcomeUnknown", "Post", "Refused", "SendFailed", "Sender", "TryLater"]
