"""Secrets that must be read again: encrypted at rest with a key from the environment."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(ValueError):
    """What was sealed cannot be opened with any of the keys in force."""


def seal(secret: str) -> str:
    """The secret as text that says nothing without the first of `SEALING_KEYS`."""
    return _box(tuple(settings.SEALING_KEYS)).encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again, sealed with whichever of `SEALING_KEYS`; raises `Unreadable`."""
    try:
        return _box(tuple(settings.SEALING_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable("sealed with a key that is not among SEALING_KEYS") from None


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    # Fernet wants 32 bytes; the keys are long random texts (checked when the settings are read).
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys]
    )
