"""One record of the Open Charge Metering Format (OCMF 1.0 to 1.3): read it, check its signature."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from sessions_app.signed.texts import OCMF_PREFIX

DEFAULT_ALGORITHM = "ECDSA-secp256r1-SHA256"
# The names of the format's signature algorithms, with the name of the key's curve.
_CURVES = {
    "ECDSA-secp256k1-SHA256": "secp256k1",
    DEFAULT_ALGORITHM: "secp256r1",
    "ECDSA-secp384r1-SHA256": "secp384r1",
    "ECDSA-secp521r1-SHA256": "secp521r1",
    "ECDSA-brainpool256r1-SHA256": "brainpoolP256r1",
    "ECDSA-brainpoolP256r1-SHA256": "brainpoolP256r1",
    "ECDSA-brainpool384r1-SHA256": "brainpoolP384r1",
    "ECDSA-brainpoolP384r1-SHA256": "brainpoolP384r1",
}
_UNITS_WH = {"wh": Decimal(1), "kwh": Decimal(1000), "mwh": Decimal(1_000_000)}
_LARGEST_EXPONENT = 15
_FINEST_EXPONENT = -9
# Registers of energy given back: OBIS 2.8.x, and C0 to C3 in the format's own list.
_EXPORT = re.compile(r"(?:^|:)(?:0?2\.0?8|C[0-3]\.0?8)\.", re.IGNORECASE)
_GOOD = "G"


class OcmfUnreadable(ValueError):
    """The text says it is OCMF, but it can not be read as such."""


@dataclass(frozen=True, slots=True)
class SignedReading:
    """One import register in a record, Wh with the step it is written in.

    `transaction` is the format's letter: B begin, C charging, E end (or L, R, A, P: why it ended).
    `is_timed`: the meter's clock was set when it was read. `is_good`: the meter says that nothing
    was wrong with it.
    """

    identifier: str
    transaction: str
    register_wh: Decimal
    step_wh: Decimal
    at: datetime | None
    is_timed: bool
    is_good: bool

    @property
    def is_begin(self) -> bool:
        """Read when the transaction began."""
        return self.transaction == "B"

    @property
    def is_end(self) -> bool:
        """Read when the transaction ended, for whatever reason."""
        return self.transaction in {"E", "L", "R", "A", "P"}


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A record: `payload` is what was signed, to the byte."""

    payload: bytes
    readings: tuple[SignedReading, ...]
    algorithm: str
    signature: bytes


def read_ocmf(text: str) -> SignedRecord:
    """The record in `OCMF|payload|signature`. Raises OcmfUnreadable."""
    body, separator, signature_text = text.removeprefix(OCMF_PREFIX).rpartition("|")
    if not separator:
        raise OcmfUnreadable("no signature after the data")
    payload, signature = _json_object(body), _json_object(signature_text)
    algorithm = str(signature.get("SA", DEFAULT_ALGORITHM))
    if algorithm not in _CURVES:
        raise OcmfUnreadable(f"unknown algorithm {algorithm!r}")
    return SignedRecord(
        payload=body.encode(),
        readings=_readings(payload),
        algorithm=algorithm,
        signature=_signature_bytes(signature),
    )


def is_signed_by(record: SignedRecord, key: EllipticCurvePublicKey) -> bool:
    """Whether the key's owner signed exactly this payload with the algorithm it names."""
    if key.curve.name != _CURVES[record.algorithm]:
        return False
    try:
        key.verify(record.signature, record.payload, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError, InvalidOperation) as problem:
        raise OcmfUnreadable(f"no JSON: {problem}") from problem
    if not isinstance(value, dict):
        raise OcmfUnreadable("no JSON object")
    return value


def _signature_bytes(signature: Mapping[str, Any]) -> bytes:
    data, encoding = signature.get("SD"), signature.get("SE", "hex")
    if not isinstance(data, str) or not data:
        raise OcmfUnreadable("no signature in SD")
    try:
        if encoding == "hex":
            return bytes.fromhex(data)
        if encoding == "base64":
            return base64.b64decode(data, validate=True)
    except ValueError as problem:
        raise OcmfUnreadable(f"SD is not {encoding}") from problem
    raise OcmfUnreadable(f"unknown encoding {encoding!r}")


def _readings(payload: Mapping[str, Any]) -> tuple[SignedReading, ...]:
    """The import registers; a field left out is as in the reading before it."""
    rows = payload.get("RD")
    if not isinstance(rows, list):
        raise OcmfUnreadable("no readings in RD")
    known: dict[str, Any] = {}
    readings = []
    for row in rows:
        if not isinstance(row, dict):
            raise OcmfUnreadable("a reading that is no object")
        known = known | row
        reading = _reading(known)
        if reading is not None:
            readings.append(reading)
    return tuple(readings)


def _reading(row: Mapping[str, Any]) -> SignedReading | None:
    """None for what is no energy taken: other units, and registers of energy given back."""
    unit_wh = _UNITS_WH.get(str(row.get("RU", "")).lower())
    identifier = str(row.get("RI", ""))
    if unit_wh is None or _EXPORT.search(identifier):
        return None
    value = _number(row.get("RV"))
    at, is_timed = _time(str(row.get("TM", "")))
    return SignedReading(
        identifier=identifier,
        transaction=str(row.get("TX", "")),
        register_wh=value * unit_wh,
        step_wh=Decimal(1).scaleb(min(0, _exponent(value))) * unit_wh,
        at=at,
        is_timed=is_timed,
        is_good=row.get("ST", _GOOD) == _GOOD and "E" not in str(row.get("EF", "")),
    )


def _number(value: Any) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str) else value
    except InvalidOperation as problem:
        raise OcmfUnreadable("a register that is no number") from problem
    if not isinstance(number, Decimal) or not number.is_finite():
        raise OcmfUnreadable("a register that is no number")
    if number.adjusted() > _LARGEST_EXPONENT or _exponent(number) < _FINEST_EXPONENT:
        raise OcmfUnreadable("a register outside what meters count")
    return number


def _exponent(number: Decimal) -> int:
    return int(number.as_tuple().exponent)


def _time(text: str) -> tuple[datetime | None, bool]:
    """The instant and whether the meter's clock was set: "2026-06-01T14:00:00,000+0200 S".

    None for a time that can not be read or has no zone.
    """
    stamp, _space, state = text.partition(" ")
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return None, False
    return (at, state == "S") if at.tzinfo is not None else (None, False)
