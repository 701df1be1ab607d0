"""From OCPP meter values to typed samples; pure, and absorbing what real stations send."""

from sessions_app.normalise.merging import SampleKeysDiffer, merge
from sessions_app.normalise.messages import clock_flags, normalise
from sessions_app.normalise.overrides import Overrides
from sessions_app.normalise.timestamps import (
    TimestampMissing,
    TimestampUnreadable,
    parse_timestamp,
)

__all__ = [
    "Overrides",
    "SampleKeysDiffer",
    "TimestampMissing",
    "TimestampUnreadable",
    "clock_flags",
    "merge",
    "normalise",
    "parse_timestamp",
]
