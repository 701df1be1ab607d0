"""What the signed values of a finished session prove about the energy it is billed for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from math import gcd

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from sessions_app.signed.ocmf import (
    OcmfUnreadable,
    SignedReading,
    SignedRecord,
    is_signed_by,
    read_ocmf,
)
from sessions_app.signed.texts import signed_texts
from sessions_app.types import Sample

# A signed reading this far outside the session is another session's.
CLOCKS_APART = timedelta(minutes=15)
_COARSEST_WH = 1_000
# Fewer different registers do not show how coarse the station's numbers are.
_TELLING_REGISTERS = 4
_ROUNDING_WH = 1


class SignedState(StrEnum):
    """What came of it; the last five speak against the bill."""

    NO_KEY = "no_key"
    OTHER_FORMAT = "other_format"
    INCOMPLETE = "incomplete"
    VERIFIED = "verified"
    WRONG = "signature_wrong"
    UNREADABLE = "signed_unreadable"
    FAULTY = "signed_faulty"
    ELSEWHEN = "signed_elsewhen"
    DIFFERS = "signed_differs"

    @property
    def speaks_against(self) -> bool:
        """Nothing may be billed before somebody has looked at it."""
        return self in _AGAINST


_AGAINST = frozenset(
    {
        SignedState.WRONG,
        SignedState.UNREADABLE,
        SignedState.FAULTY,
        SignedState.ELSEWHEN,
        SignedState.DIFFERS,
    }
)


@dataclass(frozen=True, slots=True)
class BilledSession:
    """What is to be billed: the energy, and the time it was taken in, None if not known."""

    energy_wh: int
    started_at: datetime | None
    ended_at: datetime | None
    registers_wh: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedVerdict:
    """The state, with how many records it is about and the energy the meter signed (Wh)."""

    state: SignedState
    records: int = 0
    signed_wh: int | None = None


def judge_signed_values(
    samples: Sequence[Sample], session: BilledSession, key: EllipticCurvePublicKey | None
) -> SignedVerdict | None:
    """Verify every signed value with the meter's registered key; None if there are none.

    VERIFIED means: every record carries the meter's own signature, a begin and an end are among
    them, both read during this session, and their difference is the energy billed, within the
    steps the two are counted in. A key that the station states itself proves nothing.
    """
    texts = signed_texts(samples)
    if not texts:
        return None
    if key is None:
        return SignedVerdict(SignedState.NO_KEY, len(texts))
    ours = [each.text for each in texts if each.is_ocmf]
    records, unreadable = _read_all(ours)
    wrong = [record for record in records if not is_signed_by(record, key)]
    if wrong:
        return SignedVerdict(SignedState.WRONG, len(wrong))
    if unreadable:
        return SignedVerdict(SignedState.UNREADABLE, unreadable)
    if len(ours) < len(texts):
        return SignedVerdict(SignedState.OTHER_FORMAT, len(texts) - len(ours))
    verdict = _judge_readings([one for record in records for one in record.readings], session)
    return replace(verdict, records=len(records))


def _read_all(texts: Iterable[str]) -> tuple[list[SignedRecord], int]:
    records, unreadable = [], 0
    for text in texts:
        try:
            records.append(read_ocmf(text))
        except OcmfUnreadable:
            unreadable += 1
    return records, unreadable


def _judge_readings(readings: Sequence[SignedReading], session: BilledSession) -> SignedVerdict:
    """Of several registers (with and without losses in the cable) one has to agree."""
    ends = [one for one in readings if one.is_begin or one.is_end]
    if not all(one.is_good for one in ends):
        return SignedVerdict(SignedState.FAULTY)
    if any(_is_elsewhen(one, session) for one in ends):
        return SignedVerdict(SignedState.ELSEWHEN)
    registers: dict[str, list[SignedReading]] = defaultdict(list)
    for one in ends:
        registers[one.identifier].append(one)
    gains = [gain for rows in registers.values() if (gain := _gain(rows)) is not None]
    if not gains:
        return SignedVerdict(SignedState.INCOMPLETE)
    nearest = min(gains, key=lambda gain: abs(gain[0] - session.energy_wh))
    signed_wh = int(nearest[0].quantize(Decimal(1), ROUND_HALF_UP))
    agrees = abs(nearest[0] - session.energy_wh) <= nearest[1] + _step_wh(session.registers_wh)
    return SignedVerdict(
        SignedState.VERIFIED if agrees else SignedState.DIFFERS, signed_wh=signed_wh
    )


def _gain(readings: Sequence[SignedReading]) -> tuple[Decimal, Decimal] | None:
    """From the lowest begin to the highest end, and the step they are written in (Wh)."""
    begins = [one.register_wh for one in readings if one.is_begin]
    ends = [one.register_wh for one in readings if one.is_end]
    if not begins or not ends:
        return None
    return max(ends) - min(begins), min(one.step_wh for one in readings)


def _is_elsewhen(reading: SignedReading, session: BilledSession) -> bool:
    if reading.at is None or not reading.is_timed:
        return False
    too_early = session.started_at and reading.at < session.started_at - CLOCKS_APART
    too_late = session.ended_at and reading.at > session.ended_at + CLOCKS_APART
    return bool(too_early or too_late)


def _step_wh(registers_wh: Sequence[int]) -> int:
    """How far rounding can move the unsigned energy."""
    different = {*registers_wh}
    if len(different) < _TELLING_REGISTERS:
        return _ROUNDING_WH
    return max(_ROUNDING_WH, gcd(_COARSEST_WH, *different))
