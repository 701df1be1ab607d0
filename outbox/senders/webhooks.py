"""Webhooks: plain JSON for other systems, lines of text for chats."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final

from django.conf import settings

from outbox.senders.base import Post, Refused, TryLater
from outbox.senders.web import Answer, post

# Request timeout, too early, too many requests: none of them is for good.
PASSING: Final = frozenset({408, 425, 429})


class HookSender:
    """Our own JSON; its `Idempotency-Key` is the same at every try."""

    repeatable: ClassVar[bool] = True

    def send(self, message: Post) -> None:
        """Post it; see `Sender`."""
        body = {"id": message.ref, "subject": message.subject, "text": message.text}
        _post_json(message, {**body, **message.payload})


class ChatSender:
    """`{"text": …}`, which Slack, Mattermost, Rocket.Chat and Teams' incoming webhooks take."""

    repeatable: ClassVar[bool] = False

    def send(self, message: Post) -> None:
        """Post it; see `Sender`."""
        _post_json(message, {"text": message.text})


def require_success(answer: Answer) -> None:
    """Raise `TryLater` or `Refused` for an answer that is not 2xx."""
    if answer.status in range(200, 300):
        return
    words = f"answered {answer.status}: {answer.text[:200]}"
    if answer.status in PASSING or answer.status >= 500:
        raise TryLater(words)
    raise Refused(words)


def _post_json(message: Post, body: dict[str, Any]) -> None:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Laddbok",
        "Idempotency-Key": message.ref,
    }
    encoded = json.dumps(body, ensure_ascii=False).encode()
    private = bool(settings.WEBHOOKS_MAY_BE_PRIVATE)
    require_success(post(message.recipient, encoded, headers, private=private))
