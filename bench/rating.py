"""How many sessions one core rates per second, and that the cost is linear in the samples.

Run: python -m bench.rating
Each figure is the processor time of the best of several rounds. The floor is the least that could
be called a bill: a bare Python loop over the same samples that adds each rise of the register
times the price, exactly. It is measured in the same run, so ratios of different machines can be
compared. What rating does beyond it: order and clean the readings, cut at prices, round, part
the VAT, bound the error, write the explanation, freeze and hash the inputs.
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
    rate_again,
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


def bare_loop(facts: SessionFacts) -> Decimal:
    """Add every rise of the register times one price: the floor."""
    total, price = Decimal(0), Decimal("3.50")
    before_wh = facts.readings[0].register_wh
    for _, register_wh, _, _ in facts.readings:
        total += (register_wh - before_wh) * price
        before_wh = register_wh
    return total / 1000


def report(name: str, work: Callable[[], object], floor_s: float) -> None:
    """Print one line of figures."""
    took_s = best_s(work)
    print(
        f"{name:<38}{1 / took_s:>9,.0f} sessions/s {took_s * 1e6:>9,.1f} us of CPU"
        f" {took_s / floor_s:>6.1f} x floor"
    )


def report_growth(name: str, tariff: TariffFacts, slots: tuple[SpotSlot, ...]) -> None:
    """Print the cost of 1, 2, 4 and 8 times the samples of eight hours."""
    print(f"\n{name} by number of samples (linear: the cost of one more sample stays the same)")
    before_us = before = 0.0
    for times in (1, 2, 4, 8, 16):
        samples = times * HOURS * 60
        facts = session(samples)
        took_us = best_s(lambda facts=facts: rate(facts, tariff, slots)) * 1e6  # type: ignore[misc]
        added = (took_us - before_us) / (samples - before)
        print(f"{samples:>7} samples {took_us:>10,.1f} us {added:>8.3f} us per added sample")
        before_us, before = took_us, samples


def main() -> None:
    """Measure and print."""
    begun = time.process_time()
    every_minute = session(HOURS * 60)
    floor_s = best_s(lambda: bare_loop(every_minute))
    samples = len(every_minute.readings)
    print(f"floor, a bare Decimal loop over {samples} samples: {floor_s * 1e6:.1f} us of CPU\n")
    start_and_end = session(1)
    report("flat, start and end only", lambda: rate(start_and_end, FLAT), floor_s)
    report("flat, 8 h of 60 s samples", lambda: rate(every_minute, FLAT), floor_s)
    report("spot, 8 h of 60 s samples, 32 slots", lambda: rate(every_minute, SPOT, SLOTS), floor_s)
    frozen = rate(every_minute, SPOT, SLOTS).inputs
    report("spot, again from its frozen inputs", lambda: rate_again(frozen), floor_s)
    report_growth("flat", FLAT, ())
    report_growth("spot", SPOT, SLOTS)
    print(f"\n{time.process_time() - begun:.1f} s of CPU in all")


if __name__ == "__main__":
    main()
