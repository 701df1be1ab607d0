"""The same messages give the same sessions and invoices, in whatever order and number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Charge, TariffVersion
from billing.rating import LineKind, PriceComponent, Restrictions, TariffElement, TariffFacts
from billing.services.invoices import open_billing_account
from chargepoints.models import ChargePoint
from chargepoints.types import V16, V201
from outbox.models import Event
from outbox.services import deliver_due
from sessions_app.models import ChargingSession, MeterSample
from tenants.scope import tenant_scope
from tests.cast import (
    LONG_AGO,
    NOON,
    a_charge_point,
    a_connector,
    a_driver,
    a_tariff,
    a_tenant,
    a_version,
)
from tests.sessions_app.talk import (
    Message,
    Talk,
    event,
    reading,
    settle,
    start,
    stop,
    values,
    values_201,
)

# What the order of arrival decides, and may: ids, times of receipt, and the note that a sample
# came after its session was complete.
BY_ARRIVAL = {"id", "created_at", "completed_at", "settle_at", "last_seq", "seq", "received_at"}
SHUFFLED = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


THAT_EVENING = NOON + timedelta(hours=2)  # when `Talk` says its messages came

# 4 kr/kWh; half of it from 14.20 (12.20 UTC) on; 1 kr for each minute after charging.
EVERY_PRICE_BY_THE_CLOCK = TariffFacts(
    "",
    "SEK",
    Decimal(25),
    (
        TariffElement(
            (PriceComponent(LineKind.ENERGY, Decimal(2)),), Restrictions(time_from=time(14, 20))
        ),
        TariffElement((PriceComponent(LineKind.ENERGY, Decimal(4)),)),
        TariffElement((PriceComponent(LineKind.PARKING_TIME, Decimal(1)),)),
    ),
)


@pytest.fixture
def charge_point(db: Any) -> Iterator[ChargePoint]:
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        station = a_charge_point()
        a_connector(station)
        a_connector(station, evse_id=2)
        standard = a_tariff().tariff
        TariffVersion.objects.update(valid_to=LONG_AGO)
        a_version(standard, EVERY_PRICE_BY_THE_CLOCK, number=2)
        for driver in (a_driver(), a_driver("DDEEFF")):
            open_billing_account(driver_id=driver.id)
        yield station


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the block writes is gone after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def id_of(talk: Talk, message: Message) -> int:
    """The transaction id that a start will get."""
    with undone():
        number: int = talk.say(message)["transactionId"]
    return number


def log_16(talk: Talk) -> list[Message]:
    """An ordinary session; one that lost its stop before a restart; one with a useless stop; and
    one that begins at a placeholder of 0 before the odometer."""
    ordinary = start()
    lost = start(70, 11_000, tag="ddeeff")
    restarted = start(90, 100, tag="DDEEFF")
    useless = start(0, 0, connector=2)
    placeholder = start(200, 0, connector=2)
    starts = (ordinary, lost, restarted, useless, placeholder)
    first, second, third, fourth, fifth = (id_of(talk, message) for message in starts)
    second_outlet = {"connectorId": 2}
    return [
        ordinary,
        useless,
        values(first, 10, 2600, meterValue=[reading(10, 2600, power="9600", soc="40")]),
        values(first, 10, 2600, meterValue=[reading(10, 2600, voltage="230.1")]),
        values(None, 20, 4300),
        values(fourth, 20, 300, **second_outlet),
        values(first, 30, 6000),
        values(fourth, 40, 547, **second_outlet),
        stop(fourth, 50, 0),
        stop(first, transactionData=[reading(0, 1000, "Transaction.Begin"), reading(30, 6000)]),
        lost,
        values(second, 80, 12_500),
        restarted,
        values(third, 100, 1700),
        stop(third, 120, 5000, idTag="DDEEFF", reason="EVDisconnected"),
        placeholder,
        values(fifth, 200, 909_948, **second_outlet),
        values(fifth, 215, 909_990, **second_outlet),
        stop(fifth, 230, 910_031),
    ]


def log_201() -> list[Message]:
    """An ordinary session; one whose start never comes; one that always says number 0."""
    startless = {"transactionInfo": {"transactionId": "17"}, "evse": {"id": 2}}
    uncounted = {"transactionInfo": {"transactionId": "e" * 34}}
    return [
        event("Started", 0, 0, 1000),
        event("Updated", 1, 10, 2600),
        values_201(15, 3300),
        event("Updated", 2, 20, 4300),
        event("Updated", 2, 30, 6000, **startless),
        event("Ended", 3, 60, 11_000),
        event("Ended", 4, 60, 9000, **startless),
        event("Started", 0, 70, 11_000, **uncounted),
        event("Updated", 0, 80, 12_000, **uncounted),
        event("Updated", 0, 90, 13_000, **uncounted),
        event("Ended", 0, 100, **uncounted),
    ]


def outcome(talk: Talk, messages: Sequence[Message]) -> list[Any]:
    """All that matters of the sessions that the messages make, and nothing of it kept."""
    with undone():
        with time_machine.travel(THAT_EVENING, tick=False):
            for message in messages:
                talk.say_all(message)
                deliver_due()
        settle()
        with time_machine.travel(THAT_EVENING + timedelta(days=3), tick=False):
            deliver_due()
        return [_facts(row) for row in ChargingSession.objects.order_by("transaction_ref").values()]


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    told = Event.objects.filter(payload__session_id=str(row["id"])).values_list("type", flat=True)
    samples = MeterSample.objects.filter(session=row["id"]).order_by("at", "context").values()
    charge = Charge.objects.filter(session=row["id"]).select_related("invoice").first()
    invoice = getattr(charge, "invoice", None)
    facts = {name: value for name, value in row.items() if name not in BY_ARRIVAL}
    return facts | {
        "flags": {*row["flags"]} - {"late_samples"},
        "events": Counter(told),
        "charge": charge and (charge.energy_wh, charge.collection, _bill(charge)),
        "invoice": invoice and (invoice.total_minor, invoice.vat_minor, invoice.buyer),
        "samples": [
            {k: v for k, v in one.items() if k not in BY_ARRIVAL | {"session_id"}}
            for one in samples
        ],
    }


def _bill(charge: Charge) -> Any:
    return [(line["quantity"], line["trace"]) for line in charge.explanation["lines"]]


def summary(facts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """State, energy and number of samples of each session, by energy."""
    return sorted((s["energy_wh"], s["state"], s["sample_count"]) for s in facts)


def test_the_logs_say_what_they_are_meant_to(charge_point: ChargePoint) -> None:
    old, new = Talk(charge_point, V16), Talk(charge_point, V201)
    assert summary(outcome(old, log_16(old))) == [
        (83, "completed", 2),
        (547, "completed", 2),
        (1500, "open", 1),
        (4900, "completed", 1),
        (10_000, "completed", 4),
    ]
    assert summary(outcome(new, log_201())) == [
        (2000, "completed", 3),
        (3000, "completed", 2),
        (10_000, "completed", 5),
    ]


def test_the_logs_end_in_invoices(charge_point: ChargePoint) -> None:
    old, new = Talk(charge_point, V16), Talk(charge_point, V201)
    sessions = {s["energy_wh"]: s for s in outcome(old, log_16(old))}
    assert [sessions[wh]["invoice"][0] for wh in (10_000, 4900)] == [2660, 980]
    assert sessions[83]["invoice"] is None  # 17 öre
    assert sessions[83]["gate_reason"] == "M2 begin_placeholder [83 Wh ± 7 Wh]"
    assert sorted(s["invoice"][0] for s in outcome(new, log_201()) if s["invoice"]) == [1400, 2660]


def check_any_order(talk: Talk, log: list[Message]) -> None:
    """Shuffled, with some messages repeated, a log has the same outcome."""
    expected = outcome(talk, log)

    @SHUFFLED
    @given(st.lists(st.sampled_from(log), max_size=8).flatmap(lambda m: st.permutations(log + m)))
    def check(shuffled: list[Message]) -> None:
        assert outcome(talk, shuffled) == expected

    check()


def test_the_order_of_16_messages_does_not_matter(charge_point: ChargePoint) -> None:
    talk = Talk(charge_point, V16)
    check_any_order(talk, log_16(talk))


def test_the_order_of_201_messages_does_not_matter(charge_point: ChargePoint) -> None:
    check_any_order(Talk(charge_point, V201), log_201())


def test_a_log_sent_twice_is_a_log_sent_once(charge_point: ChargePoint) -> None:
    old, new = Talk(charge_point, V16), Talk(charge_point, V201)
    for talk, log in ((old, log_16(old)), (new, log_201())):
        assert outcome(talk, [*log, *log]) == outcome(talk, log)
        assert outcome(talk, [m for m in log for _ in range(2)]) == outcome(talk, log)


@SHUFFLED
@given(st.lists(st.lists(st.integers(0, 3000), min_size=1, max_size=6), min_size=1, max_size=4))
def test_energy_is_neither_made_nor_lost(
    charge_point: ChargePoint, sessions: list[list[int]]
) -> None:
    talk, minute, register_wh = Talk(charge_point, V16), 0, 5000
    with undone():
        for gains in sessions:
            number = talk.start(minute=minute, wh=register_wh)
            for gain_wh in gains:
                minute, register_wh = minute + 15, register_wh + gain_wh
                talk.say(values(number, minute, register_wh))
            talk.say(stop(number, minute, register_wh))
            minute += 1
        delivered = ChargingSession.objects.order_by("started_at")
        assert list(delivered.values_list("energy_wh", flat=True)) == [sum(s) for s in sessions]
