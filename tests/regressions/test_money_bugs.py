"""Money bugs that other systems had, 1 to 10: registers, attribution and tariffs.

Each is played over the real handlers, services and database up to the bill. The numbers are those
of the list of known cases; its authors are named as the issue trackers name them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from django.utils import timezone

from billing.models import Charge
from billing.rating import (
    LineKind,
    PriceComponent,
    Restrictions,
    TariffElement,
    plain_tariff,
)
from billing.selectors.running_cost import running_charge
from billing.services.tariffs import publish_tariff_version
from chargepoints.models import ChargePoint
from chargepoints.services import register_charge_point
from chargepoints.services.sockets import SignedIn, sign_in
from chargepoints.types import PLAIN, V16, V201, Visit
from outbox.services import deliver_due
from sessions_app.models import ChargingSession, MeterSample, ParkedMessage
from tenants.scope import tenant_scope
from tests.cast import NOON, a_charge_point, a_connector, a_driver, a_site, a_tariff, a_tenant
from tests.regressions.bills import a_priced, an_hour, at_hour, bill, held, kr
from tests.sessions_app.talk import (
    Talk,
    at,
    event,
    reading,
    stop,
    the_session,
    values,
    values_201,
)

flat = pytest.mark.usefixtures("flat")


@flat
class Test01PlaceholderAtTheStart:
    """citrineos #1060: 910 kWh billed for 83 Wh."""

    def test_late_samples_leave_it_to_a_person(self, new: Talk) -> None:
        new.say_all(event("Started", 0, 0, 0), event("Updated", 1, 10, 909_948))
        new.say_all(event("Updated", 2, 20, 909_990), event("Ended", 3, 30, 910_031))
        assert bill() == []
        assert held() == ["M2 begin_placeholder"]

    def test_a_first_true_reading_at_once_bills_what_was_delivered(self, new: Talk) -> None:
        new.say_all(event("Started", 0, 0, 0), event("Updated", 1, 0, 909_948))
        new.say_all(event("Updated", 2, 20, 909_990), event("Ended", 3, 30, 910_031))
        assert bill() == [(83, 33)]
        assert the_session().energy_source == "rebuilt_from_registers"

    def test_without_any_sample_nothing_is_billed(self, old: Talk) -> None:
        old.say(stop(old.start(wh=0), 30, 910_031))
        assert bill() == []
        assert held() == ["M2 above_rated"]


@flat
def test_02_batches_without_a_register_reset_no_energy(old: Talk) -> None:
    """citrineos #868: clock-aligned or SoC-only batches."""
    number = old.start()
    old.say(values(number, 20, 4300))
    soc = [{"value": "55", "measurand": "SoC", "context": "Sample.Clock", "unit": "Percent"}]
    alone = {"connectorId": 1, "transactionId": number}
    old.say(("MeterValues", {**alone, "meterValue": [reading(30, 0) | {"sampledValue": soc}]}))
    assert the_session().energy_wh == 3300
    old.say(("MeterValues", {"connectorId": 1, "meterValue": [reading(40, 7600, "Sample.Clock")]}))
    assert the_session().energy_wh == 6600
    old.say(stop(number))
    assert bill() == [(10_000, 4000)]


@flat
def test_03_meter_values_outside_transaction_events_count(new: Talk) -> None:
    """citrineos #869."""
    new.say_all(event("Started", 0, 0, 1000), values_201(30, 6000), event("Ended", 1, 60))
    assert MeterSample.objects.count() == 2
    assert bill() == [(5000, 2000)]


def test_04_the_running_cost_is_the_bill(new: Talk) -> None:
    """citrineos #944, #761: another sum on the display than on the bill."""
    a_tariff("4.95", "0.20", "3.00")
    new.say_all(event("Started", 0, 0, 1000), event("Updated", 1, 60, 11_000))
    deliver_due()
    running = running_charge(the_session(), at(60))
    assert running is not None
    assert running.gross_minor == 4950 + 1200 + 300
    new.say(event("Ended", 2, 60, 11_000))
    assert bill() == [(10_000, running.gross_minor)]


@flat
def test_05_the_same_station_id_at_two_operators_stays_two_stations(
    charge_point: ChargePoint,
) -> None:
    """citrineos #173: a connect moved the station to the other operator."""
    other = a_tenant("ampere")
    with tenant_scope(other.id):
        theirs, key = register_charge_point(site=a_site("Hamnen"), identity=charge_point.identity)
        a_tariff("3.00")
        a_driver("AABBCC")
        an_hour(Talk(theirs, V16))
        signed_in = sign_in("ampere", charge_point.identity, key, Visit("127.0.0.1", PLAIN), NOON)
        assert isinstance(signed_in, SignedIn)
        assert (signed_in.tenant_id, signed_in.charge_point_id) == (other.id, theirs.id)
        assert bill() == [(10_000, 3000)]
    assert sign_in("volt", charge_point.identity, key, Visit("127.0.0.1", PLAIN), NOON) is None
    assert ChargePoint.objects.get().id == charge_point.id
    assert not Charge.objects.exists()


@flat
def test_06_a_start_leaves_the_other_outlets_session_alone(old: Talk) -> None:
    """evtivity: a start took over any session of the station."""
    first = old.start()
    second = old.start(minute=10, wh=500, connector=2, tag="DDEEFF")
    assert first != second
    old.say_all(stop(second, 40, 2500), stop(first))
    assert bill() == [(10_000, 4000), (2000, 800)]


@flat
def test_07_one_transaction_id_at_two_stations_is_two_sessions(new: Talk) -> None:
    """evtivity: transaction ids of 2.0.1 are unique at their station only."""
    elsewhere = a_charge_point("CP-2", new.charge_point.site)
    a_connector(elsewhere)
    for talk, wh in ((new, 11_000), (Talk(elsewhere, V201), 5000)):
        talk.say_all(event("Started", 0, 0, 1000), event("Ended", 1, 60, wh))
    assert sorted(bill()) == [(4000, 1600), (10_000, 4000)]


def test_08_a_night_session_uploaded_by_day_has_the_nights_price(old: Talk) -> None:
    """evtivity: 88 kWh at 3.50 instead of 1.90, 140.80 kr too much."""
    night = Restrictions(time_from=time(22), time_to=time(6))
    cheap = TariffElement((PriceComponent(LineKind.ENERGY, kr("1.90")),), night)
    dear = plain_tariff("", "SEK", vat_rate=kr("25"), per_kwh=kr("3.50"))
    a_priced(replace(dear, elements=(cheap, *dear.elements)))
    with at_hour(25):
        # From 22:00 to 06:00 in Stockholm; uploaded at 15:00.
        number = old.say(start_at(480), timezone.now())["transactionId"]
        for hour in range(1, 8):
            old.say(values(number, 480 + 60 * hour, 11_000 * hour), timezone.now())
        old.say(stop(number, 960, 88_000), timezone.now())
        deliver_due()
    assert bill() == [(88_000, 16_720)]


def start_at(minute: int) -> tuple[str, dict[str, object]]:
    """A start from a register of 0."""
    stamp = f"{NOON + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"
    payload = {"connectorId": 1, "idTag": "AABBCC", "meterStart": 0, "timestamp": stamp}
    return "StartTransaction", payload


def test_09_a_tariff_changed_on_the_way_leaves_the_price_as_promised(old: Talk) -> None:
    """evtivity, citrineos: the live tariff row decided at the end."""
    version = a_tariff()
    with at_hour(0):
        number = old.start()
        deliver_due()
        publish_tariff_version(
            tariff_id=version.tariff_id,
            prices=plain_tariff("", "SEK", vat_rate=kr("25"), per_kwh=kr("9.00")),
            valid_from=at(30),
            now=NOON,
        )
    with at_hour(1):
        old.say(stop(number))
        old.say(stop(old.start(minute=61, wh=11_000), 120, 12_000))
        assert bill() == [(10_000, 4000), (1000, 900)]


@flat
class Test10UselessStops:
    """OCPP.Core #33, #47, ocpp-go #114."""

    @pytest.mark.parametrize(
        ("meter_stop", "reason"),
        [(500, "M9 stop_below_start"), (-1, "M9 stop_unknown"), (0, "M9 stop_unknown")],
    )
    def test_a_stop_below_the_start_or_unknown_is_held(
        self, old: Talk, meter_stop: int, reason: str
    ) -> None:
        number = old.start()
        old.say_all(values(number, 30, 6000), stop(number, 60, meter_stop))
        assert bill() == []
        assert held() == [reason]
        assert the_session().energy_wh == 5000

    def test_a_stop_without_a_token_ends_the_session_of_its_driver(self, old: Talk) -> None:
        number = old.start()
        action, payload = stop(number)
        assert "idTag" not in payload
        old.say((action, payload))
        assert bill() == [(10_000, 4000)]
        assert the_session().token_uid == "AABBCC"
        assert not ParkedMessage.objects.exists()
        assert the_session().state == ChargingSession.State.COMPLETED
