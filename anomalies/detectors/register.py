"""The register as all money detectors see it, with the thresholds they share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from anomalies.detectors.base import Ending
from anomalies.detectors.facts import Facts
from anomalies.detectors.thresholds import Thresholds, bounded
from sessions_app.registers import (
    RegisterLimits,
    RegisterReading,
    RegisterStep,
    RegisterTrack,
    epoch_ms,
    follow_register,
)
from sessions_app.types import Sample, SampleContext

_ROUNDING_WH = 100
_END = SampleContext.END


@dataclass(frozen=True, slots=True)
class RegisterThresholds:
    """M1 and M2 of the catalogue; `unrated_power_w` where the connector's rating is unknown."""

    power_permille: int = bounded(1_300, 1_100, 2_000)
    slack_wh: int = bounded(200, 50, 2_000)
    tolerance_wh: int = bounded(5, 0, 100)
    sentinel_samples: int = bounded(3, 0, 10)
    unrated_power_w: int = bounded(400_000, 50_000, 4_000_000)


def register_limits(facts: Facts, thresholds: Thresholds) -> RegisterLimits:
    """How much this connector's register may move."""
    return _limits(facts.rated_power_w, thresholds.of(RegisterThresholds))


@lru_cache(maxsize=512)
def _limits(rated_power_w: int | None, chosen: RegisterThresholds) -> RegisterLimits:
    return RegisterLimits(
        power_w=rated_power_w or chosen.unrated_power_w,
        power_permille=chosen.power_permille,
        slack_wh=chosen.slack_wh,
        tolerance_wh=chosen.tolerance_wh,
        sentinel_samples=chosen.sentinel_samples,
    )


def read_register(
    track: RegisterTrack, sample: Sample, at_ms: int, facts: Facts, thresholds: Thresholds
) -> tuple[RegisterTrack, RegisterStep | None]:
    """Follows the sample's register value, if it has one."""
    if sample.energy_wh is None:
        return track, None
    reading = RegisterReading(at_ms, sample.energy_wh, sample.context is _END)
    return follow_register(track, reading, register_limits(facts, thresholds), facts.begin)


@dataclass(frozen=True, slots=True)
class Balance:
    """What begin and stop say against what the samples saw, all Wh.

    `between_wh` is stop minus begin (the first sample where no begin is known); from `least_wh`
    to `most_wh` the samples and the rating allow. `begin_is_far`: the stop follows from the
    samples, but they can not follow from the begin register.
    """

    between_wh: int
    least_wh: int
    most_wh: int
    begin_is_far: bool


def balance_of(ending: Ending) -> Balance | None:
    """None without a usable stop, without samples or without anything to start from."""
    track, limits, stop_wh = ending.track, ending.limits, ending.meter_stop_wh
    if track.first_wh is None or track.last_wh is None or stop_wh is None or is_unknown(ending):
        return None
    start_wh = known_start_wh(ending)
    begin_wh = track.first_wh if start_wh is None else start_wh
    lead_wh = limits.gain_wh(track.first_at_ms - epoch_ms(ending.started_at))
    tail_wh = limits.gain_wh(epoch_ms(ending.ended_at) - track.last_at_ms)
    late_ms = track.last_at_ms - epoch_ms(ending.ended_at)
    rounding_wh = _ROUNDING_WH + 2 * track.resolution_wh
    return Balance(
        between_wh=stop_wh - begin_wh,
        least_wh=track.gain_wh - rounding_wh - (limits.gain_wh(late_ms) if late_ms > 0 else 0),
        most_wh=track.gain_wh + lead_wh + tail_wh + rounding_wh,
        begin_is_far=track.first_wh - begin_wh > lead_wh + track.resolution_wh
        and -rounding_wh <= stop_wh - track.last_wh <= tail_wh,
    )


def known_start_wh(ending: Ending) -> int | None:
    """The begin register unless it is a placeholder below zero."""
    start_wh = ending.meter_start_wh
    return start_wh if start_wh is not None and start_wh >= 0 else None


def is_unknown(ending: Ending) -> bool:
    """Whether the stop is a placeholder: negative, or 0 after something was counted."""
    track, stop_wh = ending.track, ending.meter_stop_wh
    if stop_wh is None or stop_wh < 0:
        return stop_wh is not None
    counted = bool(known_start_wh(ending)) or track.gain_wh > 0 or bool(track.last_wh)
    return stop_wh == 0 and counted
