"""The worked examples of docs/rating.md are what the product computes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time
from decimal import Decimal
from pathlib import Path

import pytest

from billing.rating import (
    IdleFee,
    LineKind,
    PriceComponent,
    RatedCharge,
    ReservationFee,
    SpotFormula,
    plain_tariff,
    rate,
)
from billing.rating.exact import text_of
from tests.billing.rating_cases import (
    at,
    day_and_night,
    element,
    energy,
    quarter_slots,
    session,
    tariff,
)

RULES = (Path(__file__).parents[2] / "docs/rating.md").read_text()
TABLES = dict(re.findall(r"<!-- example: (.+) -->\n\|.+\n\|[-|]+\n((?:\|.+\n)+)", RULES))


def component(kind: str, price: str, **more: object) -> PriceComponent:
    """Return a price of any kind."""
    return PriceComponent(LineKind(kind), Decimal(price), **more)  # type: ignore[arg-type]


PLAIN = plain_tariff(
    "v1",
    "SEK",
    vat_rate=Decimal(25),
    per_kwh=Decimal("3.50"),
    per_minute=Decimal("0.25"),
    per_session=Decimal(5),
)
HOUR = session("2026-03-04 16:00", "2026-03-04 17:00", 12_345)
LATE = session("2026-03-04 20:30", "2026-03-04 21:30", 10_000)
AT_TEN = session(
    "2026-03-04 20:30",
    "2026-03-04 21:30",
    10_000,
    ("2026-03-04 20:30", 0),
    ("2026-03-04 21:00", 7_500),
)
RESUMED = session(
    "2026-01-12 15:00",
    "2026-01-12 20:00",
    10_500,
    ("2026-01-12 15:00", 0),
    ("2026-01-12 17:00", 5_000),
    ("2026-01-12 18:00", 5_000),
    ("2026-01-12 18:15", 7_750),
    ("2026-01-12 18:30", 10_500),
    charged_until="2026-01-12 17:00",
)
EVENING = session(
    "2026-01-12 15:30",
    "2026-01-12 17:30",
    18_000,
    ("2026-01-12 15:30", 0),
    ("2026-01-12 16:00", 5_000),
    ("2026-01-12 17:00", 16_000),
)
FOUR_QUARTERS = session(
    "2026-03-04 16:00",
    "2026-03-04 17:00",
    4_000,
    *((f"2026-03-04 16:{minute:02}", minute * 4_000 // 60) for minute in range(0, 60, 15)),
)
QUARTERS = quarter_slots(at("2026-03-04 16:00"), ["-0.20", "0.40", "9", "1.00"])
SECOND_HOUR = element(
    component("session_time", "6", time_unit_s=3600), time_from=time(2), time_to=time(3)
)
BY_TIME = component("session_time", "50", time_unit_s=3600, vat_rate=Decimal(12))

CHARGES: dict[str, RatedCharge] = {
    "plain": rate(HOUR, PLAIN),
    "night": rate(AT_TEN, day_and_night("4.00", "2.00")),
    "sparse": rate(LATE, day_and_night("4.00", "2.00")),
    "step": rate(replace(HOUR, energy_wh=5_400), tariff(element(energy("2", step_size=500)))),
    "autumn": rate(session("2026-10-24 23:30", "2026-10-25 02:30", 0), tariff(SECOND_HOUR)),
    "spot": rate(
        FOUR_QUARTERS,
        tariff(element(energy("3.00", spot=SpotFormula(adder=Decimal("0.10"))))),
        QUARTERS[:2] + QUARTERS[3:],
    ),
    "resumed": rate(
        RESUMED, tariff(element(energy("2")), idle_fee=IdleFee(Decimal(1), grace_s=600))
    ),
    "power": rate(EVENING, tariff(element(component("power", "1.50")))),
    "two-power-prices": rate(
        EVENING,
        tariff(
            element(component("power", "3"), time_to=time(17)), element(component("power", "1"))
        ),
    ),
    "reservation": rate(
        replace(HOUR, reserved_s=630),
        tariff(reservation_fee=ReservationFee(Decimal(10), Decimal(2), vat_rate=Decimal(12))),
    ),
    "maximum": rate(HOUR, tariff(element(energy("8.10"), BY_TIME), max_price=Decimal(100))),
}


def test_every_example_of_the_rules_is_computed() -> None:
    assert TABLES.keys() == CHARGES.keys()


@pytest.mark.parametrize("name", CHARGES)
def test_an_example_of_the_rules_is_what_the_product_computes(name: str) -> None:
    written = [[cell.strip() for cell in row.split("|")[1:-1]] for row in TABLES[name].splitlines()]
    assert written == rows_of(CHARGES[name])


def rows_of(charge: RatedCharge) -> list[list[str]]:
    """Return a charge as the rows of a table."""
    rows = [
        [
            line.kind.value,
            str(line.quantity) + ("" if line.unit == "1" else f" {line.unit}"),
            text_of(line.unit_price),
            str(Decimal(line.gross_minor).scaleb(-2)),
            str(Decimal(line.vat_minor).scaleb(-2)),
        ]
        for line in charge.lines
    ]
    if charge.split_error_minor:
        error = str(Decimal(charge.split_error_minor).scaleb(-2))
        rows.append(["largest error", f"{charge.split_error_wh} Wh", "", error, ""])
    return rows
