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


@dataclass(frozen=True, slots=True)
class Sample:
    """One instant of one session, in integers.

    `energy_wh` is the import register as the station reports it (absolute, Wh). Power is signed W.
    Currents are mA and voltages mV: `_l1` to `_l3` per phase where the station reports phases
    (voltage phase to neutral), the plain field where it reports one unphased value (DC, or a
    single-phase meter). A field the station did not report is None, never 0.
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
