"""Signed meter values: read, verified and compared with what is to be billed; pure."""

from sessions_app.signed.ocmf import (
    OcmfUnreadable,
    SignedReading,
    SignedRecord,
    is_signed_by,
    read_ocmf,
)
from sessions_app.signed.texts import SIGNED, SIGNED_KEY, SignedText, signed_texts, stated_key_of
from sessions_app.signed.verdict import (
    BilledSession,
    SignedState,
    SignedVerdict,
    judge_signed_values,
)

__all__ = [
    "SIGNED",
    "SIGNED_KEY",
    "BilledSession",
    "OcmfUnreadable",
    "SignedReading",
    "SignedRecord",
    "SignedState",
    "SignedText",
    "SignedVerdict",
    "is_signed_by",
    "judge_signed_values",
    "read_ocmf",
    "signed_texts",
    "stated_key_of",
]
