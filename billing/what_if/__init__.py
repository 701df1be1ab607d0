"""What-if: past sessions priced by another tariff, as they were and with charging moved."""

from billing.what_if.prices import (
    HOURS_OF_WEEK,
    PRICED_WH,
    OffPeak,
    cheapest_hours,
    chosen_hours,
    price_curve,
)
from billing.what_if.replay import BilledSession, Replacement, Replay
from billing.what_if.result import WHOLE, Amounts, Scenario
from billing.what_if.slots import SlotBook

__all__ = [
    "HOURS_OF_WEEK",
    "PRICED_WH",
    "WHOLE",
    "Amounts",
    "BilledSession",
    "OffPeak",
    "Replacement",
    "Replay",
    "Scenario",
    "SlotBook",
    "cheapest_hours",
    "chosen_hours",
    "price_curve",
]
