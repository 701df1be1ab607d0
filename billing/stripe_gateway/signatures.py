"""Whether a webhook comes from Stripe."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import stripe

from billing.stripe_gateway.errors import InvalidSignature
from billing.stripe_gateway.readings import read_event_json
from billing.stripe_gateway.types import RemoteEvent

TOLERANCE_S: Final = 300
_TIMESTAMP: Final = re.compile(r"(?:^|,)\s*t=(\d{1,12})(?:,|$)")


class NotAnEvent(ValueError):
    """The body is signed, but is no snapshot event."""


def verified_event(
    body: bytes, signature: str, *, secrets: Sequence[str], now: datetime
) -> RemoteEvent:
    """The event in a signed body; any of the secrets will do, so that they can be rotated.

    Raises `InvalidSignature`, also for a signature more than 300 s old or in the future, and
    `NotAnEvent`. The SDK accepts future times; a clock that far off is a forger's or broken.
    """
    _check_time(signature, now)
    if not any(_is_signed_with(secret, body, signature) for secret in secrets):
        raise InvalidSignature("no secret of ours made this signature")
    try:
        event = json.loads(body)
        return read_event_json(event)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAnEvent(f"not a snapshot event: {error!r}") from error


def _check_time(signature: str, now: datetime) -> None:
    found = _TIMESTAMP.search(signature)
    if found is None:
        raise InvalidSignature("the signature has no time")
    age_s = now.timestamp() - int(found[1])
    if abs(age_s) > TOLERANCE_S:
        raise InvalidSignature(f"the signature is {age_s:.0f} s old")


def _is_signed_with(secret: str, body: bytes, signature: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True
