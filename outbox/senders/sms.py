"""SMS through the HTTP gateway the installation has an account at."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import ClassVar
from urllib.parse import urlencode

from django.conf import settings

from outbox.senders.base import Post, TryLater
from outbox.senders.web import post
from outbox.senders.webhooks import require_success


class SmsSender:
    """One POST with sender, number and text, in the names and the form the gateway wants."""

    repeatable: ClassVar[bool] = False

    def send(self, message: Post) -> None:
        """Post it; see `Sender`."""
        if not settings.SMS_GATEWAY_URL:
            raise TryLater("no SMS gateway is set: SMS_GATEWAY_URL")
        names = dict(zip(("from", "to", "text"), settings.SMS_GATEWAY_FIELDS, strict=True))
        fields = {
            names["from"]: settings.SMS_SENDER,
            names["to"]: message.recipient,
            names["text"]: message.text,
        }
        is_json = bool(settings.SMS_GATEWAY_JSON)
        kind = "application/json" if is_json else "application/x-www-form-urlencoded"
        body = json.dumps(fields, ensure_ascii=False) if is_json else urlencode(fields)
        headers = {"Content-Type": kind, "User-Agent": "Laddbok", "Idempotency-Key": message.ref}
        if settings.SMS_GATEWAY_SECRET:
            headers["Authorization"] = _authorization()
        # The address is the installation's own setting, not a tenant's: it may be anywhere.
        answer = post(settings.SMS_GATEWAY_URL, body.encode(), headers, private=True)
        require_success(answer)


def _authorization() -> str:
    if not settings.SMS_GATEWAY_USER:
        return f"Bearer {settings.SMS_GATEWAY_SECRET}"
    pair = f"{settings.SMS_GATEWAY_USER}:{settings.SMS_GATEWAY_SECRET}"
    return "Basic " + b64encode(pair.encode()).decode()
