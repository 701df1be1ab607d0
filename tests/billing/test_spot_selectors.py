"""Which market prices hold for a session, and which held when it was billed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing.models import SpotPrice
from billing.rating import SpotSlot
from billing.selectors.spot_prices import spot_slots

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def a_price(price: str, quarters: int = 0, revision: int = 1, **more: object) -> SpotPrice:
    """One row, `quarters` after noon, recorded at midnight plus an hour per revision."""
    row = {
        "area": "SE3",
        "currency": "SEK",
        "starts_at": NOON + quarters * QUARTER,
        "duration_s": 900,
        "price": Decimal(price),
        "revision": revision,
        "source": "test",
        "recorded_at": NOON - timedelta(hours=12 - revision),
    }
    return SpotPrice.objects.create(**(row | more))


def slots(quarters_from: int, quarters_to: int, **more: object) -> tuple[SpotSlot, ...]:
    wanted = {
        "area": "SE3",
        "currency": "SEK",
        "start_at": NOON + quarters_from * QUARTER,
        "end_at": NOON + quarters_to * QUARTER,
    }
    return spot_slots(**(wanted | more))


def test_the_slots_that_touch_the_session_come_in_order() -> None:
    for number in (3, 1, 0, 2):
        a_price(f"0.{number}", number)
    second = timedelta(seconds=1)
    found = slots(1, 2, start_at=NOON + 2 * QUARTER - second, end_at=NOON + 2 * QUARTER + second)
    assert found == (
        SpotSlot(NOON + QUARTER, Decimal("0.1"), QUARTER),
        SpotSlot(NOON + 2 * QUARTER, Decimal("0.2"), QUARTER),
    )
    assert [slot.price for slot in slots(1, 2)] == [Decimal("0.1")]


def test_an_hour_touches_all_its_quarters() -> None:
    a_price("0.5", duration_s=3600)
    assert [slot.duration for slot in slots(3, 4)] == [timedelta(hours=1)]
    assert slots(4, 5) == ()


def test_a_session_without_duration_has_the_slot_it_lies_in() -> None:
    a_price("0.5")
    assert [slot.price for slot in slots(0, 0)] == [Decimal("0.5")]
    assert slots(1, 1) == ()


def test_other_areas_and_currencies_stay_out() -> None:
    a_price("0.5", area="SE4")
    a_price("0.05", currency="EUR")
    assert slots(0, 1) == ()


def test_the_newest_revision_known_at_a_time_holds() -> None:
    for revision, price in ((1, "0.10"), (2, "0.20"), (3, "0.30")):
        a_price(price, revision=revision)
    second_at = NOON - timedelta(hours=10)
    known = [slots(0, 1, known_at=second_at + timedelta(hours=n)) for n in (-2, -1, 0, 1)]
    assert [[slot.price for slot in found] for found in known] == [
        [],
        [Decimal("0.10")],
        [Decimal("0.20")],
        [Decimal("0.30")],
    ]
    assert slots(0, 1) == known[3]


def test_a_revision_is_recorded_once() -> None:
    a_price("0.1")
    with pytest.raises(IntegrityError), transaction.atomic():
        a_price("0.2")


@pytest.mark.parametrize("wrong", [{"price": "100.01"}, {"duration_s": 1800}, {"revision": 0}])
def test_the_database_refuses_what_is_no_market_price(wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        a_price(**({"price": "1"} | wrong))


@pytest.mark.parametrize("change", ["DELETE FROM", "TRUNCATE", "UPDATE {} SET price = 0 --"])
def test_the_application_cannot_change_a_recorded_price(change: str) -> None:
    table = "billing_spotprice"
    text = change.format(table) if "{}" in change else f"{change} {table}"
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(text)
