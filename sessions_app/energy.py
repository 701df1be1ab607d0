"""The energy of a session out of its begin and stop registers and its samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import gcd

from sessions_app.registers import (
    COARSEST_WH,
    LARGEST_POWER_W,
    RegisterLimits,
    RegisterReading,
    RegisterTrack,
    epoch_ms,
    follow_register,
)
from sessions_app.types import Sample, SampleContext, sample_order

# No more than this is believed to lie in a stretch whose length is not known.
_UNKNOWN_STRETCH_WH = 100_000
_ROUNDING_WH = 100
_ANY_CONNECTOR = RegisterLimits()


class EnergySource(StrEnum):
    """Which registers an energy was taken from."""

    REGISTERS = "registers"
    BEGIN_SAMPLES_AND_STOP = "begin_samples_and_stop"
    BEGIN_AND_SAMPLES = "begin_and_samples"
    SAMPLES_AND_STOP = "samples_and_stop"
    SAMPLES = "samples"
    NONE = "none"
    REBUILT_FROM_REGISTERS = "rebuilt_from_registers"
    REBUILT_FROM_POWER = "rebuilt_from_power"


class EnergyFlag(StrEnum):
    """What was wrong with the registers of a session."""

    BEGIN_MISSING = "begin_missing"
    BEGIN_IMPLAUSIBLE = "begin_implausible"
    STOP_MISSING = "stop_missing"
    STOP_UNKNOWN = "stop_unknown"
    STOP_BELOW_START = "stop_below_start"
    STOP_BELOW_SAMPLES = "stop_below_samples"
    STOP_IMPLAUSIBLE = "stop_implausible"
    REGISTER_REBASED = "register_rebased"
    REGISTER_MISSING = "register_missing"


@dataclass(frozen=True, slots=True)
class EnergyEvidence:
    """Energy of a session, where it comes from, and what was odd.

    `energy_wh` is never negative. It equals stop minus start unless the register was re-based in
    between: then it is the sum of the parts.
    """

    energy_wh: int
    start_wh: int | None
    stop_wh: int | None
    source: EnergySource
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterStory:
    """All registers of a session; `lead` and `tail` bound the energy outside the samples.

    `begin_wh` and `stop_wh` are None where they say nothing.
    """

    track: RegisterTrack
    begin_wh: int | None
    stop_wh: int | None
    lead_wh: int
    tail_wh: int

    @property
    def begin_fits(self) -> bool:
        """Whether the samples can follow from the begin register."""
        if self.begin_wh is None or self.track.first_wh is None:
            return False
        step_wh = self.track.first_wh - self.begin_wh
        return -_ROUNDING_WH <= step_wh <= self.lead_wh + self.track.resolution_wh

    @property
    def stop_fits(self) -> bool:
        """Whether the stop register can follow from the samples."""
        if self.stop_wh is None or self.track.last_wh is None:
            return False
        step_wh = self.stop_wh - self.track.last_wh
        return -_ROUNDING_WH <= step_wh <= self.tail_wh + self.track.resolution_wh


def session_energy(
    *,
    meter_start_wh: int | None,
    meter_stop_wh: int | None,
    samples: Sequence[Sample],
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    max_power_w: int | None = None,
) -> EnergyEvidence:
    """Energy of a finished session, whatever the order of `samples`.

    Stop minus begin where both are there and the samples do not contradict; else the progress
    seen by the samples, with the stretch to the begin or stop register where that is possible at
    the connector's rated power (1 MW when unknown). So a begin placeholder of 0 before an
    odometer, a stop of 0 or -1, a stop below the start and a re-based register all fall back to
    what was measured. Never negative; `flags` say what was wrong, and a finding must judge it.
    """
    story = tell_story(
        samples,
        RegisterLimits(power_w=max_power_w or LARGEST_POWER_W),
        meter_start_wh,
        meter_stop_wh,
        (started_at, ended_at),
    )
    flags = _stop_flags(meter_stop_wh, story)
    if story.begin_wh is None:
        flags.append(EnergyFlag.BEGIN_MISSING)
    if story.track.changes:
        flags.append(EnergyFlag.REGISTER_REBASED)
    if story.begin_wh is not None and story.stop_wh is not None:
        between = story.stop_wh - story.begin_wh
        verdict = _judge(between, story)
        flags += [verdict] if verdict else []
        trusted = verdict is None or (
            verdict is EnergyFlag.STOP_BELOW_SAMPLES and not story.track.changes
        )
        if trusted:
            return _evidence(between, story, EnergySource.REGISTERS, flags)
    return _rebuild(story, flags)


def running_energy_wh(
    *,
    meter_start_wh: int | None,
    samples: Sequence[Sample],
    started_at: datetime | None = None,
    max_power_w: int | None = None,
) -> int:
    """Energy so far of a session under way (Wh, never negative)."""
    return session_energy(
        meter_start_wh=meter_start_wh,
        meter_stop_wh=None,
        samples=samples,
        started_at=started_at,
        max_power_w=max_power_w,
    ).energy_wh


def progress_wh(
    *,
    begin_wh: int | None,
    register_wh: int,
    at: datetime,
    started_at: datetime | None,
) -> int:
    """What `running_energy_wh` says of one register, worked out at once: every message asks."""
    if begin_wh is None or begin_wh < 0 or register_wh <= begin_wh:
        return 0
    begin_ms = None if started_at is None else epoch_ms(started_at)
    most_wh = _stretch(begin_ms, epoch_ms(at), _ANY_CONNECTOR, 0) + gcd(COARSEST_WH, register_wh)
    gained_wh = register_wh - begin_wh
    return gained_wh if gained_wh <= most_wh else 0


def tell_story(
    samples: Sequence[Sample],
    limits: RegisterLimits,
    meter_start_wh: int | None,
    meter_stop_wh: int | None,
    period: tuple[datetime | None, datetime | None],
) -> RegisterStory:
    """The registers of a session in time order; `period` is its start and its end, if known."""
    started_at, ended_at = period
    ordered = _in_order(samples)
    begin_wh = meter_start_wh if meter_start_wh is not None and meter_start_wh >= 0 else None
    begin_at = started_at
    for at, context, wh in ordered:
        if context is SampleContext.BEGIN and wh >= 0:
            begin_wh = wh if begin_wh is None else begin_wh
            begin_at = begin_at or at
            break
    begin_ms = epoch_ms(begin_at) if begin_at else None
    begin = None
    if begin_wh is not None and ordered:
        begin = RegisterReading(epoch_ms(begin_at or ordered[0][0]), begin_wh)
    track = RegisterTrack()
    for at, context, wh in ordered:
        if context is not SampleContext.BEGIN:
            reading = RegisterReading(epoch_ms(at), wh, context is SampleContext.END)
            track, _ = follow_register(track, reading, limits, begin)
    end_ms = epoch_ms(ended_at) if ended_at else None
    lead = _stretch(begin_ms, track.first_at_ms, limits, track.changes)
    tail = _stretch(track.last_at_ms, end_ms, limits, track.changes)
    return RegisterStory(track, begin_wh, _usable_stop(meter_stop_wh, begin_wh, track), lead, tail)


def _in_order(samples: Sequence[Sample]) -> list[tuple[datetime, SampleContext, int]]:
    """Register values in time order; of two for one instant and context the larger."""
    largest: dict[tuple[datetime, int], tuple[datetime, SampleContext, int]] = {}
    for sample in samples:
        if sample.energy_wh is not None:
            key = sample_order(sample)
            known = largest.get(key)
            wh = sample.energy_wh if known is None else max(known[2], sample.energy_wh)
            largest[key] = (sample.at, sample.context, wh)
    return [largest[key] for key in sorted(largest)]


def _stretch(from_ms: int | None, to_ms: int | None, limits: RegisterLimits, changes: int) -> int:
    """The most energy between two times; a register that was re-based gets no benefit of doubt."""
    if from_ms is not None and to_ms is not None:
        return limits.gain_wh(to_ms - from_ms)
    return limits.slack_wh if changes else _UNKNOWN_STRETCH_WH


def _usable_stop(
    meter_stop_wh: int | None, begin_wh: int | None, track: RegisterTrack
) -> int | None:
    """None for a stop that says nothing: absent, negative, or 0 after something was counted."""
    if meter_stop_wh is None or meter_stop_wh < 0:
        return None
    counted = bool(begin_wh) or track.gain_wh > 0 or bool(track.last_wh)
    return None if meter_stop_wh == 0 and counted else meter_stop_wh


def _stop_flags(meter_stop_wh: int | None, story: RegisterStory) -> list[EnergyFlag]:
    if meter_stop_wh is None:
        return [EnergyFlag.STOP_MISSING]
    return [EnergyFlag.STOP_UNKNOWN] if story.stop_wh is None else []


def _judge(between_wh: int, story: RegisterStory) -> EnergyFlag | None:
    """What speaks against stop minus begin."""
    if between_wh < 0:
        return EnergyFlag.STOP_BELOW_START
    track = story.track
    if track.first_wh is None:
        return None
    # A begin far below the samples is a placeholder when the stop is on the samples' base; else
    # begin and stop have a base of their own.
    lead_wh = story.lead_wh + track.resolution_wh
    is_far = story.begin_wh is not None and track.first_wh - story.begin_wh > lead_wh
    if is_far and story.stop_fits:
        return EnergyFlag.BEGIN_IMPLAUSIBLE
    rounding = _ROUNDING_WH + 2 * track.resolution_wh
    if between_wh < track.gain_wh - rounding:
        return EnergyFlag.STOP_BELOW_SAMPLES
    if between_wh > track.gain_wh + story.lead_wh + story.tail_wh + rounding:
        return EnergyFlag.STOP_IMPLAUSIBLE
    return None


def _rebuild(story: RegisterStory, flags: list[EnergyFlag]) -> EnergyEvidence:
    track = story.track
    if track.first_wh is None or track.last_wh is None:
        return _evidence(0, story, EnergySource.NONE, [*flags, EnergyFlag.REGISTER_MISSING])
    energy_wh = track.gain_wh
    if story.begin_fits:
        energy_wh += max(0, track.first_wh - (story.begin_wh or 0))
    elif story.begin_wh is not None:
        flags = [*flags, EnergyFlag.BEGIN_IMPLAUSIBLE]
    if story.stop_fits:
        energy_wh += max(0, (story.stop_wh or 0) - track.last_wh)
    source = {
        (True, True): EnergySource.BEGIN_SAMPLES_AND_STOP,
        (True, False): EnergySource.BEGIN_AND_SAMPLES,
        (False, True): EnergySource.SAMPLES_AND_STOP,
        (False, False): EnergySource.SAMPLES,
    }[story.begin_fits, story.stop_fits]
    return _evidence(energy_wh, story, source, flags)


def _evidence(
    energy_wh: int, story: RegisterStory, source: EnergySource, flags: list[EnergyFlag]
) -> EnergyEvidence:
    track = story.track
    by_registers = source is EnergySource.REGISTERS
    start = story.begin_wh if by_registers or story.begin_fits else track.first_wh
    stop = story.stop_wh if by_registers or story.stop_fits else track.last_wh
    if source is EnergySource.NONE:
        start, stop = story.begin_wh, None
    return EnergyEvidence(energy_wh, start, stop, source, tuple(sorted(set(flags))))
