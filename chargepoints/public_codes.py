"""Short codes by which the public knows a station."""

from __future__ import annotations

import secrets
from typing import Final

# Without 0 and O, 1, I and L, and U: people read codes off a sign and say them on the telephone.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_HEAD: Final = 4
_TAIL: Final = 3
CODE_LENGTH: Final = _HEAD + 1 + _TAIL


def new_public_code() -> str:
    """Return a random code such as "7F3K-9QX": 22 thousand million of them exist."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_HEAD + _TAIL))
    return f"{drawn[:_HEAD]}-{drawn[_HEAD:]}"


def read_public_code(text: str) -> str:
    """Return what somebody typed in the form codes are kept in: capitals, one dash."""
    plain = "".join(text.split()).replace("-", "").upper()
    return f"{plain[:_HEAD]}-{plain[_HEAD:]}"
