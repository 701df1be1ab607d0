"""Reading the timestamps of stations."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,32}))?)?"
    r"\s?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII,
)
_LONGEST = 64
# No station of today was made before; clocks without a battery say 1970 or 2000 until they learn.
FIRST_PLAUSIBLE_YEAR = 2020


class TimestampMissing(ValueError):
    """There is no timestamp."""


class TimestampUnreadable(ValueError):
    """There is a text, but it is no instant."""


def parse_timestamp(text: object) -> datetime:
    """The instant a station means, in UTC to the microsecond.

    Fractions and offset may be absent; without an offset OCPP means UTC. A leap second is the
    second after. Raises TimestampMissing or TimestampUnreadable, with the reason.
    """
    if text is None or text == "":
        raise TimestampMissing("no timestamp")
    if not isinstance(text, str):
        raise TimestampUnreadable(f"timestamp is a {type(text).__name__}")
    if _is_usual(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # the reason is found below
    match = _SHAPE.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None:
        raise TimestampUnreadable(f"timestamp {text[:_LONGEST]!r} has no known shape")
    try:
        return _instant(match).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise TimestampUnreadable(f"timestamp {text!r}: {problem}") from problem


def _is_usual(text: str) -> bool:
    """Whether it looks like `2026-01-31T12:00:00Z` or `2026-01-31T12:00:00.000Z`."""
    return (
        len(text) in (20, 24)
        and text[4] == text[7] == "-"
        and text[10] == "T"
        and text[13] == text[16] == ":"
        and text[-1] == "Z"
    )


def _instant(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute = (int(match[group]) for group in range(1, 6))
    second = int(match[6] or 0)
    microsecond = int((match[7] or "0")[:6].ljust(6, "0"))
    leap = second == 60
    moment = datetime(
        year, month, day, hour, minute, 59 if leap else second, microsecond, tzinfo=_zone(match)
    )
    return moment + timedelta(seconds=1) if leap else moment


def _zone(match: re.Match[str]) -> timezone:
    if match[9] is None:
        return UTC
    offset = timedelta(hours=int(match[10]), minutes=int(match[11] or 0))
    return timezone(-offset if match[9] == "-" else offset)
