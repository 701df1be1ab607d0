"""Rules over tokens and bills: F1 to F4, pure functions over plain values.

`tag_step(state, use)` takes each use of a token in turn; `unbilled(bill, now)` is for a timer,
`price_mismatch(bill)` for the moment a bill is made.
"""

from anomalies.detectors.money.bills import Bill, price_mismatch, unbilled
from anomalies.detectors.money.tags import TagState, TagUse, tag_from_json, tag_step, tag_to_json

__all__ = [
    "Bill",
    "TagState",
    "TagUse",
    "price_mismatch",
    "tag_from_json",
    "tag_step",
    "tag_to_json",
    "unbilled",
]
