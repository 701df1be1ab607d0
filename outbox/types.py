"""A message as it is owed, before it has a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Channel(TextChoices):
    """By which way a message goes."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    CHAT = "chat", _("Chat (Slack, Teams)")
    HOOK = "hook", _("JSON to an address")


class Attachment(NamedTuple):
    """A small file of text that goes with a mail."""

    name: str
    content_type: str
    text: str


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """What somebody is to be told.

    Of one `key` one message is owed per tenant, however often it is asked for: put recipient,
    subject and event into it. `secret` is where to (a webhook's address) when that must not be
    read in the database; `recipient` is then only what is shown. A `private` text (a link to sign
    in with) is encrypted and forgotten once sent. `topic` is what several messages are about, to
    withdraw those not sent yet.
    """

    key: str
    recipient: str
    text: str
    channel: Channel = Channel.EMAIL
    subject: str = ""
    html: str = ""
    secret: str = ""
    topic: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)
    private: bool = False
    due_at: datetime | None = None
    expires_at: datetime | None = None
