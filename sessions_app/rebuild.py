"""The energy of a session whose meter can not be believed, out of its samples, with a bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from sessions_app.energy import EnergySource, RegisterStory, tell_story
from sessions_app.registers import LARGEST_POWER_W, RegisterLimits, epoch_ms
from sessions_app.types import Sample, SampleFlag, sample_order

# EN 50160 allows the mains 10 % above nominal, so a connector may give that much above its rating.
VOLTAGE_PERMILLE = 1_100
# Reported power is not legal metrology: 3.5 % is what the check of energy against power allows
# (catalogue M4), and between samples further apart than this nobody knows what flowed.
POWER_ERROR_PERMILLE = 35
LONGEST_GAP_MS = 900_000
# Two figures that differ by a factor of about 1000 are the same energy in Wh and in kWh.
SCALE = 1_000
SCALE_FROM, SCALE_TO = 500, 2_000

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class RebuiltEnergy:
    """A session's energy out of its samples: the true one is at most `bound_wh` off.

    That holds as long as the connector gave no more than its rating and 10 %.
    """

    energy_wh: int
    bound_wh: int
    source: EnergySource


def rebuild_energy(
    *,
    meter_start_wh: int | None,
    meter_stop_wh: int | None,
    samples: Sequence[Sample],
    started_at: datetime,
    ended_at: datetime,
    max_power_w: int | None,
) -> RebuiltEnergy | None:
    """The sum of the plausible steps of the register, else the power over time; None for neither.

    Stretches without a believable register count as nothing and add what the connector could
    have given then to the bound. Never above the connector's rating times the duration. Where
    register and power disagree, the lower one counts and the difference is part of the bound,
    but a register that hardly moved while power flowed gives way to the power.
    """
    if started_at > ended_at:
        return None
    limits = RegisterLimits(power_w=max_power_w or LARGEST_POWER_W)
    period = (started_at, ended_at)
    story = tell_story(samples, limits, meter_start_wh, meter_stop_wh, period)
    most_wh = limits.power_w * _duration_ms(period) // _HOUR_MS
    chosen = _choose(
        _by_registers(story, limits.power_w, period),
        _by_power(samples, limits.power_w, period),
        most_wh,
    )
    if chosen is None or chosen.energy_wh <= most_wh:
        return chosen
    excess_wh = chosen.energy_wh - most_wh
    return replace(chosen, energy_wh=most_wh, bound_wh=max(chosen.bound_wh, excess_wh))


def _by_registers(
    story: RegisterStory, power_w: int, period: tuple[datetime, datetime]
) -> RebuiltEnergy | None:
    track = story.track
    if track.first_wh is None or track.last_wh is None:
        return None
    energy_wh, unknown_ms = track.gain_wh, track.gap_ms
    bound_wh = track.resolution_wh + RegisterLimits().tolerance_wh
    if story.begin_fits:
        step_wh = track.first_wh - (story.begin_wh or 0)
        energy_wh, bound_wh = energy_wh + max(0, step_wh), bound_wh + max(0, -step_wh)
    else:
        unknown_ms += max(0, track.first_at_ms - epoch_ms(period[0]))
    if story.stop_fits:
        step_wh = (story.stop_wh or 0) - track.last_wh
        energy_wh, bound_wh = energy_wh + max(0, step_wh), bound_wh + max(0, -step_wh)
    else:
        unknown_ms += max(0, epoch_ms(period[1]) - track.last_at_ms)
    bound_wh += _most_wh(power_w, unknown_ms)
    return RebuiltEnergy(energy_wh, bound_wh, EnergySource.REBUILT_FROM_REGISTERS)


def _by_power(
    samples: Sequence[Sample], power_w: int, period: tuple[datetime, datetime]
) -> RebuiltEnergy | None:
    """Between two samples power is taken for their mean, give or take half their difference."""
    measured = [
        (epoch_ms(sample.at), max(0, sample.power_w))
        for sample in sorted(samples, key=sample_order)
        if sample.power_w is not None and SampleFlag.CLOCK_AHEAD not in sample.flags
    ]
    if len(measured) < 2:
        return None
    energy_wms = error_wms = 0
    for (at_ms, before_w), (next_ms, after_w) in pairwise(measured):
        lasted_ms = next_ms - at_ms
        mean_wms = (before_w + after_w) * lasted_ms // 2
        energy_wms += mean_wms
        error_wms += abs(before_w - after_w) * lasted_ms // 2
        if lasted_ms > LONGEST_GAP_MS:
            error_wms += max(mean_wms, power_w * lasted_ms - mean_wms)
    outside_ms = max(0, measured[0][0] - epoch_ms(period[0]))
    outside_ms += max(0, epoch_ms(period[1]) - measured[-1][0])
    error_wms += energy_wms * POWER_ERROR_PERMILLE // 1_000
    bound_wh = -(-error_wms // _HOUR_MS) + _most_wh(power_w, outside_ms)
    return RebuiltEnergy(energy_wms // _HOUR_MS, bound_wh, EnergySource.REBUILT_FROM_POWER)


def _choose(
    registers: RebuiltEnergy | None, power: RebuiltEnergy | None, most_wh: int
) -> RebuiltEnergy | None:
    possible = [
        one
        for one in (registers, power)
        if one is not None and one.energy_wh <= most_wh * VOLTAGE_PERMILLE // 1_000 + one.bound_wh
    ]
    if registers is None or power is None or len(possible) < 2:
        return possible[0] if possible else None
    difference_wh = abs(registers.energy_wh - power.energy_wh)
    if difference_wh <= registers.bound_wh + power.bound_wh:
        return min(registers, power, key=lambda one: one.bound_wh)
    low, high = sorted((registers, power), key=lambda one: one.energy_wh)
    if low.energy_wh * SCALE_FROM <= high.energy_wh <= low.energy_wh * SCALE_TO:
        off_wh = abs(high.energy_wh - low.energy_wh * SCALE)
        return replace(high, bound_wh=max(high.bound_wh, off_wh))
    if registers.energy_wh * SCALE_TO < power.energy_wh:
        return power
    return replace(low, bound_wh=max(low.bound_wh, difference_wh))


def _duration_ms(period: tuple[datetime, datetime]) -> int:
    return epoch_ms(period[1]) - epoch_ms(period[0])


def _most_wh(power_w: int, duration_ms: int) -> int:
    """The most that can have passed in the time, rounded up."""
    return -(-power_w * VOLTAGE_PERMILLE * duration_ms // (1_000 * _HOUR_MS))
