"""Where samples keep signed texts, and taking off what OCPP wraps around them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sessions_app.types import Sample

# Names in `Sample.extra`, followed by the measurand.
SIGNED = "Signed."
SIGNED_KEY = "SignedKey."
OCMF_PREFIX = "OCMF|"


@dataclass(frozen=True, slots=True)
class SignedText:
    """What the meter signed, in its own format, and the key the station says it was signed with."""

    text: str
    stated_key: str = ""

    @property
    def is_ocmf(self) -> bool:
        """Whether it says that it is in the Open Charge Metering Format."""
        return self.text.startswith(OCMF_PREFIX)


def signed_texts(samples: Iterable[Sample]) -> list[SignedText]:
    """Every different signed text of a session, in the order of the samples."""
    found: dict[SignedText, None] = {}
    for sample in samples:
        for name, value in sample.extra.items():
            if name.startswith(SIGNED):
                stated = sample.extra.get(SIGNED_KEY + name.removeprefix(SIGNED), "")
                found[_unwrapped(value, stated)] = None
    return list(found)


def stated_key_of(texts: Iterable[SignedText]) -> str:
    """The first key that the station stated, "" if none."""
    return next((each.stated_key for each in texts if each.stated_key), "")


def _unwrapped(value: str, stated_key: str) -> SignedText:
    """Without the JSON that 1.6 puts 2.0.1's type in, and without 2.0.1's base64.

    "Signed Meter Values in OCPP" (Open Charge Alliance); some stations call the data
    `signedMeterValue`, others send OCMF as it is.
    """
    text = value.strip()
    if text.startswith("{"):
        wrapped = _json_object(text)
        inner = wrapped.get("signedMeterData") or wrapped.get("signedMeterValue")
        text = inner.strip() if isinstance(inner, str) else text
        key = wrapped.get("publicKey")
        stated_key = key if isinstance(key, str) and key else stated_key
    return SignedText(_decoded(text), stated_key)


def _decoded(text: str) -> str:
    if text.startswith(OCMF_PREFIX):
        return text
    try:
        inner = base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text
    return inner if inner.startswith(OCMF_PREFIX) else text


def _json_object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
