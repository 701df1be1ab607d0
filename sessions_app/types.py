"""Plain values of charging sessions: the normalised meter sample and what came with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SampleContext(StrEnum):
    """Why the station took the sample (OCPP `ReadingContext`, folded to what matters here)."""

    PERIODIC = "periodic"
    CLOCK = "clock"
    BEGIN = "begin"
    END = "end"
    INTERRUPTION = "interruption"
    TRIGGER = "trigger"
    OTHER = "other"


class SampleFlag(StrEnum):
    """What was odd about a sample that is kept all the same."""

    CLOCK_AHEAD = "clock_ahead"
    CLOCK_UNSET = "clock_unset"
    CURRENT_FROM_NEUTRAL = "current_from_neutral"
    PHASE_MISSING = "phase_missing"
    REGISTER_NEGATIVE = "register_negative"
    REGISTER_UNKNOWN = "register_unknown"
    SIGNED_UNVERIFIED = "signed_unverified"
    SOC_ZERO = "soc_zero"
    TIME_MISSING = "time_missing"
    TIME_UNREADABLE = "time_unreadable"
    UNIT_IGNORED = "unit_ignored"


@dataclass(frozen=True, slots=True)
class Sample:
    """One instant of one session, in integers.

    `energy_wh` is the import register as the station reports it (absolute, Wh): it may be -1
    ("unknown"), 0, or lower than before; `registers.py` judges it. Power is signed W.
    Currents are mA and voltages mV: `_l1` to `_l3` per phase where the station reports phases
    (voltage phase to neutral), the plain field where it reports one unphased value (DC, or a
    single-phase meter). A field the station did not report is None, never 0.
    The register fits 64 bits signed, every other number 32. `extra` holds what has no field here:
    `Measurand[/phase][@location]` -> "number unit", and `Signed.<measurand>` -> the signed text,
    `SignedKey.<measurand>` -> the public key that the station stated with it.
    """

    at: datetime
    context: SampleContext = SampleContext.PERIODIC
    energy_wh: int | None = None
    power_w: int | None = None
    current_ma: int | None = None
    current_l1_ma: int | None = None
    current_l2_ma: int | None = None
    current_l3_ma: int | None = None
    voltage_mv: int | None = None
    voltage_l1_mv: int | None = None
    voltage_l2_mv: int | None = None
    voltage_l3_mv: int | None = None
    current_offered_ma: int | None = None
    soc_pct: int | None = None
    extra: dict[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one message yields: samples in time order, and why values were left out."""

    samples: tuple[Sample, ...]
    rejected: tuple[str, ...] = ()


# Of two samples of one instant the transaction's begin comes first and its end last.
_CONTEXT_ORDER = {
    SampleContext.BEGIN: 0,
    SampleContext.INTERRUPTION: 1,
    SampleContext.CLOCK: 2,
    SampleContext.PERIODIC: 3,
    SampleContext.TRIGGER: 4,
    SampleContext.OTHER: 5,
    SampleContext.END: 6,
}


def sample_order(sample: Sample) -> tuple[datetime, int]:
    """The key that sorts a session's samples: time, then context from begin to end."""
    return sample.at, _CONTEXT_ORDER[sample.context]
