"""What a charge point's opening request says: who it is, its key, the versions it speaks."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable, Sequence

SUBPROTOCOLS = {"ocpp2.1": "2.1", "ocpp2.0.1": "2.0.1", "ocpp1.6": "1.6"}


def chosen_subprotocol(offered: Sequence[str], ours: Collection[str]) -> str | None:
    """The first one offered that is ours: a client lists them in its order of preference."""
    for subprotocol in offered:
        if subprotocol in ours:
            return subprotocol
    return None


def key_in_headers(headers: Iterable[tuple[bytes, bytes]], identity: str) -> str:
    """The password of HTTP Basic, empty unless the user is the charge point itself.

    OCPP-J 1.6 6.2 and 2.0.1 A00: user = charge point id, password = key.
    """
    for name, value in headers:
        if name.lower() != b"authorization":
            continue
        scheme, _, encoded = value.partition(b" ")
        if scheme.lower() != b"basic":
            return ""
        try:
            credentials = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return ""
        # An identity may itself have a colon in it, so it is not split at the first one.
        user = f"{identity}:"
        return credentials.removeprefix(user) if credentials.startswith(user) else ""
    return ""
