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
KEY_ALPHABET = string.ascii_letters + string.digits


def generate_key() -> str:
    """A new key of 20 letters and digits (119 bits)."""
    return "".join(secrets.choice(KEY_ALPHABET) for _ in range(KEY_LENGTH))


def key_mac(charge_point_id: UUID, key: str) -> str:
    """What is kept of a key. A keyed hash is enough: nobody can guess 119 bits of a random key.

    A password hasher would cost a third of a second for each of thousands reconnecting at once.
    """
    secret = settings.OCPP_KEY_SECRET.encode()
    message = charge_point_id.bytes + key.encode(errors="surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def is_key(charge_point_id: UUID, key: str, expected_mac: str) -> bool:
    """Whether this is the key; takes the same time for every wrong one."""
    return hmac.compare_digest(key_mac(charge_point_id, key), expected_mac or "no key is set")
