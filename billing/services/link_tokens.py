"""Tokens of links that anybody who has one may open: 192 bits, not kept anywhere.

A token is made of the row's salt and the installation's secret key and recognised by its hash, so
neither the database nor the key alone opens anything.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac

_TOKEN_BYTES: Final = 24


def new_salt() -> str:
    """A salt for a new link."""
    return secrets.token_hex(32)


def make_token(purpose: str, salt: str, key: str | bytes | None = None) -> str:
    """The token of a salt, made with the key in force or with an older one."""
    made = salted_hmac(purpose, salt, secret=key, algorithm="sha256").digest()
    return urlsafe_b64encode(made[:_TOKEN_BYTES]).decode()


def hash_token(token: str) -> str:
    """What a token is recognised by."""
    # 192 bits cannot be guessed: a plain hash is as strong as a slow one, and quick.
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def find_token(purpose: str, salt: str, token_hash: str) -> str | None:
    """The token with this hash; None when the key it was made with is not known any more."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = make_token(purpose, salt, key)
        if hash_token(token) == token_hash:
            return token
    return None
