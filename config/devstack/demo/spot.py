"""Made-up market prices for the demo: the same every time, with the shape of real days."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.spot.days import day_slots
from billing.spot.slots import QUARTER_S, Slot

ZONE = ZoneInfo("Europe/Stockholm")
# Öre per kWh: the north has water and wind, the south imports.
LEVELS_ORE = {"SE1": 22, "SE2": 24, "SE3": 55, "SE4": 78}
# Tenths of the day's level by local hour: night, morning peak, noon sun, evening peak.
SHAPE = (6, 5, 5, 5, 6, 8, 12, 16, 17, 13, 10, 8, 6, 5, 6, 8, 12, 18, 20, 17, 13, 10, 8, 7)
WINTER = (14, 14, 11, 9, 7, 6, 6, 7, 9, 10, 12, 14)


def demo_spot_prices(area: str, day: date) -> list[Slot]:
    """Return a day's quarter-hours in SEK per kWh without VAT; windy spring noons go below 0."""
    chance = random.Random(f"{area} {day}")
    # Thousandths of an öre at an hour of shape 1.
    level = LEVELS_ORE.get(area, 50) * WINTER[day.month - 1] * chance.randint(60, 140)
    windy = day.month in range(4, 10) and chance.random() < 0.4
    slots = []
    for number, starts_at in enumerate(day_slots(day, QUARTER_S, ZONE), start=1):
        hour = starts_at.astimezone(ZONE).hour
        milli_ore = level * SHAPE[hour] // 10 + chance.randint(-level // 8, level // 8)
        if windy and 10 <= hour < 16:
            milli_ore -= level
        price = Decimal(milli_ore).scaleb(-5)
        slots.append(Slot(starts_at, QUARTER_S, price, f"slot {number}"))
    return slots
