"""How many sessions one core rates per second, and that the cost is linear in the samples.

Run: python -m bench.rating
Each figure is the best of several rounds; the ratio is against a bare Python loop over the same
samples, measured in the same run, so figures of different machines can be compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from billing.rating import (
    LineKind,
    PriceComponent,
    Reading,
    SessionFacts,
    SpotFormula,
    SpotSlot,
    TariffElement,
    TariffFacts,
    plain_tariff,
    rate,
)

START = datetime(2026, 3, 4, 20, tzinfo=UTC)
HOURS = 8
ROUNDS = 7
QUARTER = timedelta(minutes=15)

FLAT = plain_tariff(
    "flat",
    "SEK",
    vat_rate=Decimal(25),
    per_kwh=Decimal("3.50"),
    per_minute=Decimal("0.10"),
    per_session=Decimal(5),
)
SPOT_PRICE = PriceComponent(
    LineKind.ENERGY, Decimal("3.00"), spot=SpotFormula(Decimal(5), Decimal("0.12"))
)
SPOT = TariffFacts("spot", "SEK", Decimal(25), (TariffElement((SPOT_PRICE,)),))
SLOTS = tuple(SpotSlot(START + i * QUARTER, Decimal(i * 37 % 101) / 100) for i in range(HOURS * 4))


def session(samples: int) -> SessionFacts:
    """Return an eight-hour session with this many evenly spread readings."""
    step = timedelta(hours=HOURS) / samples
    readings = tuple(
        Reading(START + i * step, 1_000_000 + i * 88_000 // samples, 11_000, 48_000)
        for i in range(samples + 1)
    )
    end = START + timedelta(hours=HOURS)
    return SessionFacts(START, end, 88_000, "Europe/Stockholm", readings=readings)


def best_s(work: Callable[[], object]) -> float:
    """Return the shortest processor time of one call, in seconds."""
    work()
    once_s = timed_s(work, 1)
    repeat = max(1, int(0.1 / once_s))
    return min(timed_s(work, repeat) for _ in range(ROUNDS)) / repeat


def timed_s(work: Callable[[], object], repeat: int) -> float:
    """Return the processor time of this many calls, in seconds; other programs do not count."""
    begun = time.process_time()
    for _ in range(repeat):
        work()
    return time.process_time() - begun


def bare_loop(facts: SessionFacts) -> int:
    """Touch every sample once: the floor."""
    total_wh = 0
    for _, register_wh, _, _ in facts.readings:
        total_wh += register_wh
    return total_wh


def report(name: str, work: Callable[[], object], floor_s: float) -> None:
    """Print one line of figures."""
    took_s = best_s(work)
    print(
        f"{name:<38}{1 / took_s:>9,.0f} sessions/s {took_s * 1e6:>9,.1f} us"
        f" {took_s / floor_s:>8.1f} x bare loop"
    )


def main() -> None:
    """Measure and print."""
    every_minute = session(HOURS * 60)
    floor_s = best_s(lambda: bare_loop(every_minute))
    print(f"bare loop over {len(every_minute.readings)} samples: {floor_s * 1e6:.1f} us\n")
    start_and_end = session(1)
    report("flat, start and end only", lambda: rate(start_and_end, FLAT), floor_s)
    report("flat, 8 h of 60 s samples", lambda: rate(every_minute, FLAT), floor_s)
    report("spot, 8 h of 60 s samples, 32 slots", lambda: rate(every_minute, SPOT, SLOTS), floor_s)
    print("\nspot by number of samples (linear: the last column settles)")
    for samples in (60, 240, 960, 3840, 15360):
        facts = session(samples)
        took_s = best_s(lambda facts=facts: rate(facts, SPOT, SLOTS))  # type: ignore[misc]
        took_us = took_s * 1e6
        print(f"{samples:>8} samples {took_us:>10,.1f} us {took_us / samples:>8.3f} us/sample")


if __name__ == "__main__":
    main()
