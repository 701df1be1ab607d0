"""Power over time with the price windows behind it: what the chart of a receipt is drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from drivers.receipts.facts import ReceiptFacts

_MOST_STEPS: Final = 240
_TICK_STEPS_S: Final = (300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_MOST_TICKS: Final = 7


@dataclass(frozen=True, slots=True)
class PowerStep:
    """The mean power from one second of the session to another."""

    from_s: int
    to_s: int
    power_w: int


@dataclass(frozen=True, slots=True)
class PriceWindow:
    """A price per kWh with VAT; `level` is where it lies between the lowest (0) and highest (1)."""

    from_s: int
    to_s: int
    price: Decimal
    level: float
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """Everything in seconds since the session began; ticks with local times."""

    length_s: int
    top_w: int
    steps: tuple[PowerStep, ...]
    windows: tuple[PriceWindow, ...]
    ticks: tuple[tuple[int, str], ...]


def power_curve(facts: ReceiptFacts) -> Curve | None:
    """The session's power as its meter's registers tell it; None where they say nothing.

    Readings close together are taken as one step, so that a chart has a few hundred at most.
    """
    session = facts.document.get("session", {})
    start_s, end_s = session.get("started_s"), session.get("ended_s")
    if start_s is None or end_s is None or end_s <= start_s:
        return None
    length_s = end_s - start_s
    steps = _power_steps(session, length_s)
    if not steps:
        return None
    most_w = max(step.power_w for step in steps)
    return Curve(
        length_s=length_s,
        top_w=_round_top(most_w),
        steps=steps,
        windows=_price_windows(facts.charge.explanation, start_s),
        ticks=time_ticks(start_s, length_s, facts.zone),
    )


def _power_steps(session: Mapping[str, Any], length_s: int) -> tuple[PowerStep, ...]:
    start_s = session["started_s"]
    points = [(row[0] - start_s, row[1]) for row in session.get("readings", ())]
    if session.get("meter_start_wh") is not None:
        points.insert(0, (0, session["meter_start_wh"]))
        last_wh = session["meter_start_wh"] + session["energy_wh"]
        points.append((length_s, max(last_wh, points[-1][1])))
    coarse_s = max(1, length_s // _MOST_STEPS)
    kept = [points[0]] if points else []
    for at_s, register_wh in points[1:]:
        is_last = at_s == length_s
        if at_s <= length_s and (
            at_s - kept[-1][0] >= coarse_s or (is_last and at_s > kept[-1][0])
        ):
            kept.append((at_s, register_wh))
    return tuple(
        PowerStep(from_s, to_s, max(0, (to_wh - from_wh) * 3600 // (to_s - from_s)))
        for (from_s, from_wh), (to_s, to_wh) in pairwise(kept)
    )


def _price_windows(explanation: Mapping[str, Any], start_s: int) -> tuple[PriceWindow, ...]:
    pieces = [
        (piece, Decimal(piece["price"]))
        for line in explanation["lines"]
        if line["kind"] == "energy"
        for piece in line["trace"]
        if piece["step"] == "piece" and piece["from"] != piece["to"]
    ]
    prices = [price for _piece, price in pieces]
    lowest, highest = min(prices, default=Decimal(0)), max(prices, default=Decimal(0))
    spread = highest - lowest
    windows = (
        PriceWindow(
            from_s=_second(piece["from"]) - start_s,
            to_s=_second(piece["to"]) - start_s,
            price=price,
            level=float((price - lowest) / spread) if spread else 0.0,
            is_fallback=piece["source"] == "fallback",
        )
        for piece, price in pieces
    )
    return tuple(sorted(windows, key=lambda window: window.from_s))


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def time_ticks(start_s: int, length_s: int, zone: ZoneInfo) -> tuple[tuple[int, str], ...]:
    """Place local times at round minutes, few enough to be read on a telephone."""
    fits = (step_s for step_s in _TICK_STEPS_S if length_s <= step_s * _MOST_TICKS)
    step_s = next(fits, _TICK_STEPS_S[-1])
    begins = datetime.fromtimestamp(start_s, zone)
    midnight = begins.replace(hour=0, minute=0, second=0)
    first_s = int((begins - midnight) / timedelta(seconds=1)) % step_s
    places: Sequence[int] = range(-first_s % step_s, length_s + 1, step_s)
    return tuple((at_s, f"{datetime.fromtimestamp(start_s + at_s, zone):%H:%M}") for at_s in places)


def _round_top(most_w: int) -> int:
    for top_w in (1000, 2000, 4000, 8000, 12000, 16000, 24000, 50000, 100000, 200000, 400000):
        if most_w <= top_w:
            return top_w
    return most_w
