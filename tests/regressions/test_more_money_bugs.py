"""Money bugs that other systems had, 11 to 20: meters, payments, months and repetition."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.utils.translation import override

from anomalies.models import Incident
from anomalies.wording import explain, explain_hold
from billing.models import Charge, Invoice, JournalEntry, StripeEvent
from billing.rating import IdleFee, plain_tariff
from billing.selectors import ledger_faults
from billing.services.invoices import connect_stripe_account
from chargepoints.models import ChargePoint, Connector
from chargepoints.types import V16, V201
from config.devstack.stripe_stand_in import StandIn
from config.ocpp import STATIONS
from outbox.services import deliver_due
from sessions_app.energy import EnergySource
from sessions_app.models import ChargingSession
from sessions_app.rebuild import RebuiltEnergy
from sessions_app.services import release_session
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.ad_hoc_scenes import Stranger, a_stranger
from tests.billing.scenes import PLATFORM, a_payer, an_invoice, send_all, state_of
from tests.billing.test_webhooks import paid_by_link, post
from tests.cast import a_charge_point, a_driver, a_tariff, a_tenant
from tests.regressions.bills import a_priced, an_hour, bill, held, kr, powered
from tests.sessions_app.signing import Meter, signed_reading
from tests.sessions_app.talk import Talk, at, event, start, stop, the_session, values
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
class Test13HoldsOnCards:
    """citrineos, ibt: a cost above the hold, a hold that lapsed, a page paid after clean-up."""

    def test_no_more_than_the_hold_is_captured(self, stand_in: StandIn) -> None:
        stranger = a_stranger(stand_in)
        stranger.pay()
        stranger.unplug(stranger.plug_in(), energy_wh=70_000)
        assert (stranger.row.captured_minor, stranger.row.written_off_minor) == (24_000, 4_000)
        assert stranger.intent()["amount_received"] == 24_000
        assert ledger_faults() == []

    def test_a_hold_that_lapsed_is_booked_as_lost_and_never_captured(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stranger = a_stranger(stand_in)
        stranger.pay()
        session = stranger.plug_in()
        stand_in.advance(7 * 24 * 3600)
        stranger.unplug(session)
        assert (stranger.row.state, stranger.row.written_off_minor) == ("expired", 4_000)
        assert stand_in.charges_succeeded(PLATFORM) == []

    def test_who_paid_on_a_page_that_was_shut_gets_the_hold_back(self, stand_in: StandIn) -> None:
        stranger = a_stranger(stand_in)
        slower = Stranger(stranger.connector, stand_in)
        slower.open()
        slower.pay(tell=False)
        stranger.pay()
        slower.tell()
        assert (slower.row.state, slower.intent()["status"]) == ("cancelled", "canceled")


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
    """citrineos: a tampered signature has to fail."""

    BEGIN, END = signed_reading("B", at(0), "1.000"), signed_reading("E", at(60), "11.000")

    @pytest.fixture
    def meter(self, charge_point: ChargePoint) -> Meter:
        """The meter of the first outlet, its key entered by a person."""
        meter = Meter()
        charge_point.connectors.filter(evse_id=1).update(meter_public_key=meter.key_text)
        return meter

    def charge(self, old: Talk, text: str) -> None:
        number = old.start()
        signed = {"value": text, "format": "SignedData", "context": "Transaction.End"}
        meter = {"timestamp": "2026-06-01T13:00:00Z", "sampledValue": [signed]}
        old.say(stop(number, transactionData=[meter]))

    def test_it_is_held_until_somebody_has_looked(self, old: Talk, meter: Meter) -> None:
        self.charge(old, meter.sign(self.BEGIN, self.END).replace("11.000", "10.000"))
        assert bill() == []
        assert held() == ["M11 signature_wrong"]
        assert the_session().flags == ["signed_wrong"]
        with override("en"):
            assert explain_hold(held()[0]) == "Signature of the meter is wrong"
            assert "1 do not carry the signature" in explain(Incident.objects.get()).sentence

    def test_a_right_signature_is_billed_as_verified(self, old: Talk, meter: Meter) -> None:
        self.charge(old, meter.sign(self.BEGIN, self.END))
        assert bill() == [(10_000, 4000)]
        assert the_session().flags == ["signed_verified"]

    def test_a_repeated_stop_leaves_it_verified(self, old: Talk, meter: Meter) -> None:
        text = meter.sign(self.BEGIN, self.END)
        self.charge(old, text)
        bill()
        self.charge(old, text)
        assert bill() == [(10_000, 4000)]
        assert the_session().flags == ["signed_verified"]

    def test_a_bill_that_the_signed_values_contradict_is_held(
        self, old: Talk, meter: Meter
    ) -> None:
        self.charge(old, meter.sign(self.BEGIN, self.END | {"RV": "10.900"}))
        assert (bill(), held()) == ([], ["M11 signed_differs"])
        finding = Incident.objects.get()
        assert (finding.observed, finding.expected, finding.unit) == (10_000, 9900, "Wh")

    @pytest.mark.parametrize("tampered", [False, True])
    def test_without_the_meters_key_nobody_can_tell(self, old: Talk, tampered: bool) -> None:
        text = Meter().sign(self.BEGIN, self.END)
        self.charge(old, text.replace("11.000", "12.000") if tampered else text)
        assert bill() == [(10_000, 4000)]
        assert the_session().flags == ["signed_unverified"]

    def test_a_key_stated_with_the_values_proves_nothing(self, new: Talk, meter: Meter) -> None:
        forger = Meter()
        data = b64encode(forger.sign(self.BEGIN, self.END).encode()).decode()
        signed = {
            "signedMeterData": data,
            "publicKey": b64encode(f"oca:base16:asn1:{forger.key_text}".encode()).decode(),
            "signingMethod": "",
            "encodingMethod": "OCMF",
        }
        ended = event("Ended", 1, 60, 11_000)
        ended[1]["meterValue"][0]["sampledValue"][0]["signedMeterValue"] = signed
        new.say_all(event("Started", 0, 0, 1000), ended)
        assert (bill(), held()) == ([], ["M11 signature_wrong"])

    def test_energy_rebuilt_from_samples_is_not_what_was_signed(
        self, old: Talk, meter: Meter
    ) -> None:
        self.charge(old, meter.sign(self.BEGIN, self.END | {"RV": "10.900"}))
        bill()
        rebuilt = RebuiltEnergy(9900, 100, EnergySource.REBUILT_FROM_REGISTERS)
        ChargingSession.objects.update(flags=["signed_verified"])
        release_session(session_id=the_session().pk, actor="A", reason="B", rebuilt=rebuilt)
        assert the_session().flags == ["energy_rebuilt"]


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
