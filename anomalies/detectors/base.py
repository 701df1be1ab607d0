"""What every detector is made of, and what it gets to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from anomalies.detectors.electric import (
    Apparent,
    apparent_power,
    flow_of,
    is_exporting,
    largest_current_ma,
    line_current_ma,
)
from anomalies.detectors.facts import Facts, StatusChange
from anomalies.types import Finding
from sessions_app.registers import RegisterLimits, RegisterStep, RegisterTrack
from sessions_app.types import Sample

P = TypeVar("P")
T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class View:
    """One sample with its surroundings, worked out once for all detectors.

    `gap_ms` is the time since the sample before (None for the first); `register` is the judged
    register value, None when the sample has none, and `resolution_wh` its steps as seen so far.
    `apparent` is voltage times current, `flow_w` the power into the car, `load_ma` the largest
    current of any conductor, `line_ma` the most loaded one's, `status` the connector's state in
    force.
    """

    __slots__ = (
        "apparent",
        "at_ms",
        "exports",
        "facts",
        "flow_w",
        "gap_ms",
        "line_ma",
        "load_ma",
        "register",
        "resolution_wh",
        "sample",
        "status",
    )

    def __init__(
        self,
        sample: Sample,
        at_ms: int,
        gap_ms: int | None,
        facts: Facts,
        register: RegisterStep | None,
        resolution_wh: int = 1,
    ) -> None:
        self.sample = sample
        self.at_ms = at_ms
        self.gap_ms = gap_ms
        self.facts = facts
        self.register = register
        self.resolution_wh = resolution_wh
        self.exports: bool = bool(sample.extra) and is_exporting(sample)
        self.apparent: Apparent | None = apparent_power(sample, facts)
        self.flow_w: int | None = flow_of(sample, self.apparent, self.exports)
        self.load_ma: int | None = largest_current_ma(sample)
        self.line_ma: int | None = line_current_ma(sample, facts)
        self.status: StatusChange | None = facts.activity_at(sample.at)


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

    `step` sees every sample in turn with the detector's own memory, which it may change: a
    dataclass of integers, booleans, None, tuples of integers and of pairs, all with defaults.
    `finish` sees the end.
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
