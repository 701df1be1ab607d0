"""Charge points' keys: made by us, shown once, kept only as a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from uuid import UUID

from django.conf import settings

# 20 is the longest key every station takes: OCPP 1.6 security allows 16 to 20 bytes.
KEY_LENGTH = 20
# Keys of other systems; OCPP 2.0.1 (A00.FR.205) allows 16 to 40.
SHORTEST_KEY, LONGEST_KEY = 16, 40
KEY_RULE = f"a key has {SHORTEST_KEY} to {LONGEST_KEY} printable ASCII characters"
KEY_ALPHABET = string.ascii_letters + string.digits


def generate_key() -> str:
    """A new key of 20 letters and digits (119 bits)."""
    return "".join(secrets.choice(KEY_ALPHABET) for _ in range(KEY_LENGTH))


def is_usable_key(key: str) -> bool:
    """Whether a key made elsewhere is long enough, and of characters every station can send."""
    return SHORTEST_KEY <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()


def key_mac(charge_point_id: UUID, key: str) -> str:
    """What is kept of a key. A keyed hash is enough: nobody can guess 119 bits of a random key.

    A password hasher would cost a third of a second for each of thousands reconnecting at once.
    """
    secret = settings.OCPP_KEY_SECRET.encode()
    message = charge_point_id.bytes + key.encode(errors="surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def is_key(charge_point_id: UUID, key: str, *expected_macs: str) -> bool:
    """Whether this is one of the keys; takes the same time for every wrong one.

    Stations that are given a key in hexadecimal sign in with its bytes or with the digits as they
    are (OCPP 1.6 security whitepaper, editions 2 and 3), so either is taken.
    """
    shown = [key, _from_hexadecimal(key)]
    matches = [
        hmac.compare_digest(key_mac(charge_point_id, text), mac or "no key is set")
        for text in shown
        for mac in expected_macs
    ]
    return any(matches)


def as_hexadecimal(key: str) -> str:
    """The key as OCPP 1.6 wants `AuthorizationKey` to be set: 40 digits for our 20 characters."""
    return key.encode().hex()


def proof_of(place: str, shown: str) -> str:
    """A keyed hash of what was shown at a station's door, of which nothing can be read."""
    message = f"{place}\n{shown}".encode(errors="surrogatepass")
    return hmac.new(settings.OCPP_KEY_SECRET.encode(), message, hashlib.sha256).hexdigest()[:32]


def _from_hexadecimal(key: str) -> str:
    try:
        return bytes.fromhex(key).decode() if len(key) == 2 * KEY_LENGTH else ""
    except ValueError:
        return ""
