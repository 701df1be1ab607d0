"""Money bugs that other systems had, 11 to 20: meters, payments, months and repetition."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from billing.models import Charge, Invoice, JournalEntry, StripeEvent
from billing.rating import IdleFee, plain_tariff
from billing.selectors import ledger_faults
from billing.services.invoices import connect_stripe_account
from chargepoints.models import Connector
from chargepoints.types import V16, V201
from config.devstack.stripe_stand_in import StandIn
from config.ocpp import STATIONS
from outbox.services import deliver_due
from sessions_app.models import MeterSample
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.scenes import PLATFORM, a_payer, an_invoice, send_all, state_of
from tests.billing.test_webhooks import paid_by_link, post
from tests.cast import a_charge_point, a_driver, a_tariff, a_tenant
from tests.regressions.bills import a_priced, an_hour, bill, held, kr, powered
from tests.sessions_app.talk import Talk, event, start, stop, the_session, values
from tests.sessions_app.test_concurrency import at_once

flat = pytest.mark.usefixtures("flat")


@flat
class Test11MetersThatBeginAgain:
    """Java-OCA-OCPP #331: a register per session, or per restart."""

    def test_a_register_per_session_bills_each(self, old: Talk) -> None:
        for hour in range(3):
            number = old.start(minute=70 * hour, wh=0)
            old.say(values(number, 70 * hour + 2, 300))
            old.say(stop(number, 70 * hour + 60, 10_000))
        assert bill() == [(10_000, 4000)] * 3

    def test_a_register_that_begins_again_on_the_way_is_held(self, old: Talk) -> None:
        number = old.start(wh=50_000)
        old.say_all(values(number, 20, 53_000), values(number, 40, 1000), stop(number, 60, 4000))
        assert bill() == []
        assert held() == ["M1 lower, M9 stop_below_start"]


@pytest.mark.usefixtures("volt")
def test_12_a_webhook_whose_handler_died_is_handled_later(stand_in: StandIn) -> None:
    """evtivity: the id was stored, the handler died, the repeat was taken for done."""
    a_tariff()
    invoice, event_of_stripe = paid_by_link(stand_in)
    assert post(stand_in, event_of_stripe).status_code == 200
    assert StripeEvent.objects.get().handled_at is None
    assert post(stand_in, event_of_stripe).status_code == 200
    send_all()
    assert StripeEvent.objects.get().handled_at is not None
    assert state_of(invoice) == Invoice.State.PAID


@flat
def test_13_what_is_collected_is_what_is_owed_and_nothing_is_held_yet(stand_in: StandIn) -> None:
    """citrineos, ibt: a capture above the hold.

    There are no holds on cards yet (they come with the payments' own work), so no capture can go
    beyond one: money is asked for once, after the session, and for its price.
    """
    invoice = an_invoice(a_payer("DDEEFF"))
    send_all()
    [charged] = stand_in.charges_succeeded(PLATFORM)
    assert (charged["amount"], invoice.total_minor) == (4000, 4000)
    assert not any("capture" in seen.path for seen in stand_in.requests)


@flat
def test_14_two_operators_collect_on_their_own_accounts(stand_in: StandIn) -> None:
    """citrineos-payment: the first operator in the table got the money."""
    with tenant_scope(a_tenant("ampere").id):
        a_tariff("3.00")
        theirs = an_invoice()
    connect_stripe_account(account_ref="acct_volt")
    mine = an_invoice(a_payer("DDEEFF"), ref="2")
    send_all()
    assert [c["amount"] for c in stand_in.charges_succeeded("acct_volt")] == [mine.total_minor]
    assert [c["amount"] for c in stand_in.charges_succeeded(PLATFORM)] == [theirs.total_minor]


@flat
def test_15_a_session_billed_late_keeps_its_own_month(old: Talk) -> None:
    """ev-server: it landed on the month of the processing."""
    number = old.start()
    old.say(stop(number), datetime(2026, 8, 2, tzinfo=UTC))
    assert bill() == [(10_000, 4000)]
    booked = JournalEntry.objects.get(ref=f"charge:{Charge.objects.get().pk}")
    assert (booked.occurred_at.year, booked.occurred_at.month) == (2026, 6)


@flat
class Test16SignedMeterData:
    """citrineos: a tampered signature has to fail.

    Signatures are not verified yet: signed data are kept as they came and the session says that
    nobody has verified them, whether they are whole or not. They are never what is billed.
    """

    TEXT = "OCMF|{}|{}"

    @pytest.mark.parametrize("signature", ["3045AB", "tampered"])
    def test_it_is_kept_and_called_unverified(self, old: Talk, signature: str) -> None:
        number, text = old.start(), self.TEXT.format('{"RV":99}', signature)
        signed = {"value": text, "format": "SignedData", "context": "Transaction.End"}
        meter = {"timestamp": "2026-06-01T13:00:00Z", "sampledValue": [signed]}
        old.say(stop(number, transactionData=[meter]))
        assert bill() == [(10_000, 4000)]
        assert the_session().flags == ["signed_unverified"]
        assert [text] == [v for s in MeterSample.objects.all() for v in (s.extra or {}).values()]


def test_17_charging_that_resumes_ends_the_idling(old: Talk) -> None:
    """ev-server #3209: idle time counts from the real end of charging, after every pause."""
    plain = plain_tariff("", "SEK", vat_rate=kr("25"), per_kwh=kr("4.00"))
    a_priced(replace(plain, idle_fee=IdleFee(kr("1.00"))))
    number = old.start()
    for minute, wh, power_w in [
        (1, 1180, 11_000),
        (20, 4600, 11_000),
        (21, 4780, 0),
        (40, 4780, 0),
        (41, 4780, 11_000),
        (60, 8180, 0),
        (90, 8180, 0),
    ]:
        old.say(powered(number, minute, wh, power_w))
    old.say(stop(number, 90, 8180))
    assert bill() == [(7180, 2872 + 3000)]


@flat
def test_18_every_message_twice_and_in_any_order_is_the_same_bill(old: Talk, new: Talk) -> None:
    number = old.start()
    log_16 = [values(number, 20, 4300), values(number, 40, 7600), stop(number)]
    log_201 = [event("Started", 0, 120, 1000), event("Updated", 1, 150, 6000)]
    log_201.append(event("Ended", 2, 180, 11_000))
    said = [(old, m) for m in [start(), *log_16] * 2] + [(new, m) for m in log_201 * 2]
    random.Random(18).shuffle(said)
    for talk, message in said:
        talk.say(message)
        deliver_due()
    assert bill() == [(10_000, 4000)] * 2
    assert Invoice.objects.count() == 2
    assert ledger_faults() == []


def test_19_yen_have_no_hundredths(old: Talk) -> None:
    """evtivity: 55,000 for a bill of 550 yen."""
    Tenant.objects.update(currency="JPY")
    a_priced(plain_tariff("", "JPY", vat_rate=kr("10"), per_kwh=kr("55")))
    an_hour(old)
    assert bill() == [(10_000, 550)]
    assert Charge.objects.get().currency == "JPY"


@pytest.fixture
def station() -> Iterator[Any]:
    """A station nobody has heard of, whose rows other connections can see."""
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        a_tariff()
        a_driver()
        yield a_charge_point()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("version", [V16, V201])
def test_20_a_status_at_first_connect_makes_the_outlet_once(station: Any, version: str) -> None:
    """steve #2107: status and start at once, before the outlet is known."""
    talk = Talk(station, version)
    talk.station = STATIONS[version](talk.station.connection)
    status: dict[str, Any] = {"connectorId": 1, "timestamp": "2026-06-01T12:00:00Z"}
    if version == V16:
        status |= {"errorCode": "NoError", "status": "Preparing"}
        begin = start()
    else:
        status |= {"evseId": 1, "connectorStatus": "Occupied"}
        begin = event("Started", 0, 0, 1000)
    messages = [("StatusNotification", status), begin, ("StatusNotification", status)]
    calls = [lambda m=m: talk.say(m) for m in messages]
    at_once(*calls, tenant_id=station.tenant_id)
    outlet = Connector.objects.get()
    assert (outlet.evse_id, the_session().connector_id) == (1, outlet.id)
