"""A meter that signs what it reads, for tests of signed values."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from chargepoints.meter_keys import meter_key_text

ALGORITHMS = {
    "ECDSA-secp256r1-SHA256": ec.SECP256R1(),
    "ECDSA-secp256k1-SHA256": ec.SECP256K1(),
    "ECDSA-secp384r1-SHA256": ec.SECP384R1(),
    "ECDSA-brainpool256r1-SHA256": ec.BrainpoolP256R1(),
    "ECDSA-brainpool384r1-SHA256": ec.BrainpoolP384R1(),
}


class Meter:
    """A meter with a key of its own."""

    def __init__(self, algorithm: str = "ECDSA-secp256r1-SHA256") -> None:
        self.algorithm = algorithm
        self._private = ec.generate_private_key(ALGORITHMS[algorithm])

    @property
    def key(self) -> ec.EllipticCurvePublicKey:
        return self._private.public_key()

    @property
    def key_text(self) -> str:
        return meter_key_text(self.key)

    def sign(self, *readings: dict[str, Any], encoding: str = "hex") -> str:
        payload = json.dumps({"FV": "1.0", "PG": "T1", "MS": "7", "RD": readings})
        return self.seal(payload, encoding)

    def seal(self, payload: str, encoding: str = "hex") -> str:
        data = self._private.sign(payload.encode(), ec.ECDSA(SHA256()))
        text = data.hex() if encoding == "hex" else base64.b64encode(data).decode()
        signature = {"SA": self.algorithm, "SE": encoding, "SD": text}
        return f"OCMF|{payload}|{json.dumps(signature)}"


def signed_reading(kind: str, at: datetime, kwh: str | float, **more: Any) -> dict[str, Any]:
    """One reading of the import register; `kind` is B or E."""
    stamp = f"{at:%Y-%m-%dT%H:%M:%S},000{at:%z} S"
    return {"TM": stamp, "TX": kind, "RV": kwh, "RI": "1-b:1.8.0", "RU": "kWh", "ST": "G"} | more
