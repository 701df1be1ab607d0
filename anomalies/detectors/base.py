"""What every detector is made of, and what it gets to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from anomalies.detectors.facts import Facts
from anomalies.types import Finding
from sessions_app.registers import RegisterLimits, RegisterStep, RegisterTrack
from sessions_app.types import Sample

P = TypeVar("P")
T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class View:
    """One sample with its surroundings.

    `gap_ms` is the time since the sample before (None for the first); `register` is the judged
    register value, None when the sample has none, and `resolution_wh` its steps as seen so far.
    """

    sample: Sample
    at_ms: int
    gap_ms: int | None
    facts: Facts
    register: RegisterStep | None
    resolution_wh: int = 1


@dataclass(frozen=True, slots=True)
class Ending:
    """A finished session: its begin and stop (Wh, None if not reported) and its register.

    `limits` say how much the register could move on this connector. `energy_wh` is what would be
    billed, `recorded_s` the seconds from start to end as recorded, which are negative for a
    session that ended before it began.
    """

    meter_start_wh: int | None
    meter_stop_wh: int | None
    started_at: datetime
    ended_at: datetime
    track: RegisterTrack
    limits: RegisterLimits
    facts: Facts
    energy_wh: int
    recorded_s: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """The memory, or the thresholds, of a detector that has none of its own."""


@dataclass(frozen=True)
class Detector(Generic[P, T]):
    """One kind of the catalogue.

    `step` sees every sample in turn with the detector's own memory: a frozen dataclass of
    integers, booleans, None and pairs of integers, all with defaults. `finish` sees the end.
    `excuse` says at the end whether what `step` found has turned out to be no fault.
    """

    kind: str
    memory: type[P]
    thresholds: type[T]
    step: Callable[[P, View, T], tuple[P, Finding | None]] | None = None
    finish: Callable[[P, Ending, T], Finding | None] | None = None
    excuse: Callable[[P, Ending, T], bool] | None = None


def moment(at_ms: int) -> datetime:
    """The instant of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=at_ms)
