"""A session as it would have been with its charging moved to off-peak hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from billing.rating import Reading
from billing.rating.clock import DAY_S, HOUR_S, read_clock
from billing.what_if.load import hour_of_week

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.rating import SessionFacts
    from billing.rating.inputs import Inputs
    from billing.what_if.load import HourLoad

_WEEK_S: Final = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class Moved:
    """The moved session; `is_later` when the car would have had to be plugged in later."""

    session: SessionFacts
    is_later: bool


def move_session(
    inputs: Inputs, load: Sequence[HourLoad], off_peak: frozenset[int]
) -> Moved | None:
    """Move a session's energy out of peak hours; None where there is nothing to move or no gain.

    While the car is plugged in anyway, charging waits for the off-peak hours, if these are enough
    for all of the energy at the session's own highest power. Else the whole session begins with
    the next stretch of off-peak hours instead.
    """
    if all(hour.of_week in off_peak or not hour.energy_wh for hour in load):
        return None
    waited = _wait_within(inputs.session, load, off_peak)
    if waited is not None:
        return Moved(waited, is_later=False)
    delay_s = _delay_to_off_peak(inputs, off_peak)
    return None if delay_s is None else Moved(_delayed(inputs.session, delay_s), is_later=True)


def _wait_within(
    session: SessionFacts, load: Sequence[HourLoad], off_peak: frozenset[int]
) -> SessionFacts | None:
    lasting = [hour for hour in load if hour.to_s > hour.from_s]
    power_w = max((-(-hour.energy_wh * HOUR_S // _seconds(hour)) for hour in lasting), default=0)
    cheap = [hour for hour in lasting if hour.of_week in off_peak]
    if sum(power_w * _seconds(hour) for hour in cheap) < session.energy_wh * HOUR_S:
        return None
    first_wh = session.meter_start_wh or 0
    readings: list[Reading] = []
    done_wh, end_s = 0, 0
    for hour in cheap:
        room_wh = -(-power_w * _seconds(hour) // HOUR_S)
        more_wh = min(room_wh, session.energy_wh - done_wh)
        if more_wh:
            end_s = hour.from_s - (-more_wh * _seconds(hour) // room_wh)
            readings.append(Reading(_moment(hour.from_s), first_wh + done_wh))
            done_wh += more_wh
            readings.append(Reading(_moment(end_s), first_wh + done_wh))
    told = session.charging_ended_at is not None
    return replace(
        session,
        readings=tuple(readings),
        meter_start_wh=first_wh,
        charging_ended_at=_moment(end_s) if told else None,
    )


def _seconds(hour: HourLoad) -> int:
    return hour.to_s - hour.from_s


def _delay_to_off_peak(inputs: Inputs, off_peak: frozenset[int]) -> int | None:
    """Seconds until a stretch of off-peak hours begins; None where none does within a week."""
    session = inputs.session
    start_s = int(session.started_at.timestamp())
    clock = read_clock(session.time_zone, start_s, start_s + _WEEK_S + HOUR_S)
    was_cheap = hour_of_week(clock, start_s) in off_peak
    for hour_s in sorted(clock.crossings(range(0, DAY_S, HOUR_S))):
        is_cheap = hour_of_week(clock, hour_s) in off_peak
        if is_cheap and not was_cheap:
            return hour_s - start_s
        was_cheap = is_cheap
    return None


def _delayed(session: SessionFacts, delay_s: int) -> SessionFacts:
    delay = timedelta(seconds=delay_s)
    ended_at = session.charging_ended_at
    return replace(
        session,
        started_at=session.started_at + delay,
        ended_at=session.ended_at + delay,
        charging_ended_at=None if ended_at is None else ended_at + delay,
        readings=tuple(one._replace(at=one.at + delay) for one in session.readings),
    )


def _moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
