"""A meter's public key, in whichever form people or stations write it."""

from __future__ import annotations

import base64
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

LONGEST_KEY = 1_000
# Of the algorithms in the Open Charge Metering Format those that are still safe.
CURVES = frozenset(
    {"secp256k1", "secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1"}
)

# "Signed Meter Values in OCPP" (Open Charge Alliance): encoding and structure before the key.
_ENVELOPE = re.compile(r"^oca:base(?:16|64):asn1:", re.IGNORECASE)
_HEX = re.compile(r"^(?:[0-9A-Fa-f]{2})+$")


class UnreadableKey(ValueError):
    """The text is no public key of an elliptic curve."""


def read_meter_key(text: str) -> EllipticCurvePublicKey:
    """The key in a text: PEM, or DER (SubjectPublicKeyInfo) in hex or base64; raises UnreadableKey.

    Also in the envelope that stations state it in, and that once more in base64.
    """
    try:
        if "-----BEGIN" in text:
            key = load_pem_public_key(text.strip().encode())
        else:
            key = load_der_public_key(_der(text))
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise UnreadableKey(str(problem)) from problem
    if not isinstance(key, EllipticCurvePublicKey):
        raise UnreadableKey("not a key of an elliptic curve")
    if key.curve.name not in CURVES:
        raise UnreadableKey(f"meters do not sign with {key.curve.name}")
    return key


def meter_key_text(key: EllipticCurvePublicKey) -> str:
    """The key as meters have it printed on them: DER in hex."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex().upper()


def _der(text: str) -> bytes:
    bare = _bare(text)
    if not _HEX.match(bare) and (inner := _inner_text(bare)) is not None:
        bare = _bare(inner)
    if _HEX.match(bare):
        return bytes.fromhex(bare)
    return base64.b64decode(bare, validate=True)


def _inner_text(bare: str) -> str | None:
    """What base64 hides, when that is text: the envelope again, or hex."""
    try:
        inner = base64.b64decode(bare, validate=True).decode("ascii")
    except ValueError:
        return None
    return inner


def _bare(text: str) -> str:
    """Without the envelope, and without what people group digits by."""
    return re.sub(r"[\s:]", "", _ENVELOPE.sub("", text.strip()))
