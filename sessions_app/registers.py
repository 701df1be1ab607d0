"""Following a station's energy register: what is progress, a placeholder, a step or a new base."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from math import gcd
from typing import NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COARSEST_WH = 1_000
_REMEMBERED_READINGS = 10

# No connector we serve gives more; used where the rating is not known.
LARGEST_POWER_W = 1_000_000


class Move(StrEnum):
    """What one register reading is, seen against those before."""

    FIRST = "first"
    FORWARD = "forward"
    HELD = "held"
    BACKWARD = "backward"
    JUMP = "jump"
    RECOVERED = "recovered"


# A module's name is read ten times as fast as a member of an enum (Python 3.11).
_FORWARD = Move.FORWARD


@dataclass(frozen=True, slots=True)
class RegisterLimits:
    """How much a register may move.

    At most `power_permille` of `power_w` over the time plus `slack_wh`; back by the register's
    resolution plus `tolerance_wh`; 0 or below for `sentinel_samples` readings.
    """

    power_w: int = LARGEST_POWER_W
    power_permille: int = 1_300
    slack_wh: int = 200
    tolerance_wh: int = 5
    sentinel_samples: int = 3

    def gain_wh(self, duration_ms: int) -> int:
        """The most energy that can have passed in the time."""
        return self.power_w * self.power_permille * max(0, duration_ms) // 3_600_000_000 + (
            self.slack_wh
        )


class RegisterReading(NamedTuple):
    """One register value. `is_coarse`: begin and end values may be rounded more than the others."""

    at_ms: int
    wh: int
    is_coarse: bool = False


@dataclass(slots=True)
class RegisterTrack:
    """What is remembered of a session's register; plain integers, times in ms since 1970.

    Never changed: each step makes a new one (a frozen class would take four times as long to make).

    `gain_wh` is the energy of all plausible progress. After a step the base it left is kept in
    `other_*` for a while: a register that returns to it was only disturbed. `changes` counts the
    steps that did not return, and `gap_ms` is the time they took: of it the register says nothing.
    """

    readings: int = 0
    first_wh: int | None = None
    first_at_ms: int = 0
    last_wh: int | None = None
    last_at_ms: int = 0
    gain_wh: int = 0
    gap_ms: int = 0
    changes: int = 0
    held: int = 0
    resolution_wh: int = COARSEST_WH
    other_wh: int | None = None
    other_at_ms: int = 0
    other_gain_wh: int = 0
    other_gap_ms: int = 0
    other_age: int = 0


class RegisterStep(NamedTuple):
    """A judged reading: from where to where, and the most it could have gained."""

    move: Move
    wh: int
    from_wh: int = 0
    from_at_ms: int = 0
    allowed_wh: int = 0


def epoch_ms(at: datetime) -> int:
    """Whole milliseconds since 1970, rounded down."""
    since = at - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000


def follow_register(
    track: RegisterTrack,
    reading: RegisterReading,
    limits: RegisterLimits,
    begin: RegisterReading | None = None,
) -> tuple[RegisterTrack, RegisterStep]:
    """Judges the next reading in time order.

    Steps back and jumps are reported at once, zeros and less only when they stay (Wallbox and ABB
    drop to 0 for a few samples, others say -1). `begin` is the session's begin register, if known:
    it tells a placeholder 0 before the first real value from energy. OCPP 2.0.1 J02.FR.16 and
    J02.FR.17 ask for a register that never runs back nor starts again; 1.6 allows a new base per
    session.
    """
    wh, last_wh = reading.wh, track.last_wh
    if wh < 0 or (wh == 0 and last_wh is not None and last_wh > limits.tolerance_wh):
        return _hold(track, reading, limits)
    resolution_wh = gcd(track.resolution_wh, wh)
    if track.held or resolution_wh != track.resolution_wh:
        track = replace(track, held=0, resolution_wh=resolution_wh)
    if last_wh is None:
        return _restart(track, reading)
    coarseness = gcd(COARSEST_WH, wh) if reading.is_coarse else track.resolution_wh
    allowed = limits.gain_wh(reading.at_ms - track.last_at_ms) + coarseness
    has_returned = _has_returned(track, reading, limits, coarseness)
    if has_returned and track.other_age <= limits.sentinel_samples:
        return _recover(track, reading)
    if -(coarseness + limits.tolerance_wh) <= wh - last_wh <= allowed:
        return _forward(track, reading, allowed)
    if has_returned:
        return _recover(track, reading)
    if _is_new_start(track, reading, limits, begin):
        return _restart(track, reading)
    return _change_base(track, reading, Move.JUMP if wh > last_wh else Move.BACKWARD, allowed)


def _hold(
    track: RegisterTrack, reading: RegisterReading, limits: RegisterLimits
) -> tuple[RegisterTrack, RegisterStep]:
    """A placeholder until it has come too often; then a zero is the new base."""
    last_wh = track.last_wh
    if last_wh is None:
        return track, RegisterStep(Move.HELD, reading.wh)
    track = replace(track, held=track.held + 1)
    if track.held != limits.sentinel_samples + 1:
        return track, RegisterStep(Move.HELD, reading.wh, last_wh, track.last_at_ms)
    if reading.wh == 0 and track.readings == 1:
        return _restart(track, reading)
    if reading.wh == 0:
        return _change_base(track, reading, Move.BACKWARD, 0)
    return track, RegisterStep(Move.BACKWARD, reading.wh, last_wh, track.last_at_ms)


def _restart(track: RegisterTrack, reading: RegisterReading) -> tuple[RegisterTrack, RegisterStep]:
    fresh = RegisterTrack(
        readings=1,
        first_wh=reading.wh,
        first_at_ms=reading.at_ms,
        last_wh=reading.wh,
        last_at_ms=reading.at_ms,
        resolution_wh=track.resolution_wh,
    )
    return fresh, RegisterStep(Move.FIRST, reading.wh, reading.wh, reading.at_ms)


def _forward(
    track: RegisterTrack, reading: RegisterReading, allowed_wh: int
) -> tuple[RegisterTrack, RegisterStep]:
    wh, last_wh = reading.wh, track.last_wh or 0
    step = RegisterStep(_FORWARD, wh, last_wh, track.last_at_ms, allowed_wh)
    is_remembered = track.other_wh is not None and track.other_age < _REMEMBERED_READINGS
    # Spelled out: this runs for every sample, and `replace` costs three times as much.
    moved = RegisterTrack(
        readings=track.readings + 1,
        first_wh=track.first_wh,
        first_at_ms=track.first_at_ms,
        last_wh=max(wh, last_wh),
        last_at_ms=reading.at_ms,
        gain_wh=track.gain_wh + (wh - last_wh if wh > last_wh else 0),
        gap_ms=track.gap_ms,
        changes=track.changes,
        held=track.held,
        resolution_wh=track.resolution_wh,
        other_wh=track.other_wh if is_remembered else None,
        other_at_ms=track.other_at_ms,
        other_gain_wh=track.other_gain_wh,
        other_gap_ms=track.other_gap_ms,
        other_age=track.other_age + 1 if is_remembered else 0,
    )
    return moved, step


def _has_returned(
    track: RegisterTrack, reading: RegisterReading, limits: RegisterLimits, coarseness_wh: int
) -> bool:
    if track.other_wh is None:
        return False
    most = limits.gain_wh(reading.at_ms - track.other_at_ms) + coarseness_wh
    return -(coarseness_wh + limits.tolerance_wh) <= reading.wh - track.other_wh <= most


def _recover(track: RegisterTrack, reading: RegisterReading) -> tuple[RegisterTrack, RegisterStep]:
    other_wh = track.other_wh or 0
    step = RegisterStep(Move.RECOVERED, reading.wh, other_wh, track.other_at_ms)
    moved = replace(
        track,
        readings=track.readings + 1,
        last_wh=max(other_wh, reading.wh),
        last_at_ms=reading.at_ms,
        gain_wh=track.other_gain_wh + max(0, reading.wh - other_wh),
        gap_ms=track.other_gap_ms,
        changes=track.changes - 1,
        other_wh=None,
        other_age=0,
    )
    return moved, step


def _is_new_start(
    track: RegisterTrack,
    reading: RegisterReading,
    limits: RegisterLimits,
    begin: RegisterReading | None,
) -> bool:
    if track.last_wh is not None and reading.wh < track.last_wh:
        # One value left over from the session before, then a register that counts per session.
        is_leftover = begin is None or not _follows(
            begin, track.first_wh, track.first_at_ms, limits
        )
        return track.readings == 1 and is_leftover and 0 <= reading.wh <= limits.slack_wh
    if track.first_wh != 0 or track.last_wh != 0 or begin is None or begin.wh <= 0:
        return False
    return _follows(begin, reading.wh, reading.at_ms, limits)


def _follows(begin: RegisterReading, wh: int | None, at_ms: int, limits: RegisterLimits) -> bool:
    return wh is not None and 0 <= wh - begin.wh <= limits.gain_wh(at_ms - begin.at_ms)


def _change_base(
    track: RegisterTrack, reading: RegisterReading, move: Move, allowed_wh: int
) -> tuple[RegisterTrack, RegisterStep]:
    step = RegisterStep(move, reading.wh, track.last_wh or 0, track.last_at_ms, allowed_wh)
    moved = replace(
        track,
        readings=track.readings + 1,
        last_wh=reading.wh,
        last_at_ms=reading.at_ms,
        changes=track.changes + 1,
        other_wh=track.last_wh,
        other_at_ms=track.last_at_ms,
        gap_ms=track.gap_ms + max(0, reading.at_ms - track.last_at_ms),
        other_gain_wh=track.gain_wh,
        other_gap_ms=track.gap_ms,
        other_age=0,
    )
    return moved, step
