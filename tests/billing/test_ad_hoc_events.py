"""What tells us of a payment on the spot: believed from nobody, needed from nobody."""

from __future__ import annotations

import random
from typing import Any
from uuid import uuid4

import orjson
import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from billing.models import AdHocTerms, Payment, StripeCommand, StripeEvent
from billing.services.ad_hoc.opening import payment_token
from billing.services.invoices import connect_stripe_account
from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from drivers.limits import Limit
from drivers.views import charging
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.ad_hoc_scenes import Stranger, a_stranger, balance, owed_calls
from tests.billing.scenes import PLATFORM, assert_books_are_right, send_all
from tests.cast import a_tariff, a_tenant

pytestmark = pytest.mark.usefixtures("tariff")
State, Phase = Payment.State, Payment.Phase
WHOLE_TRY = 3


@pytest.fixture
def stranger(
    volt: object, tariff: object, stand_in: StandIn, clock: time_machine.Traveller
) -> Stranger:
    return a_stranger(stand_in)


def post(client: Client, stand_in: StandIn, event: dict[str, Any]) -> int:
    body, signature = stand_in.sign(event)
    answer = client.post(
        "/webhooks/stripe/", body, "application/json", headers={"Stripe-Signature": signature}
    )
    send_all()
    return answer.status_code


def events(stand_in: StandIn, account: str = PLATFORM) -> list[dict[str, Any]]:
    return stand_in.events(account)


def test_an_event_is_enough(stranger: Stranger, client: Client) -> None:
    stranger.pay(tell=False)
    for event in events(stranger.stand_in):
        if event["type"] == "checkout.session.completed":
            assert post(client, stranger.stand_in, event) == 200
    assert (stranger.row.state, stranger.row.phase) == (State.AUTHORISED, Phase.STARTING)


def test_events_lost_doubled_and_out_of_order_end_the_same(
    stranger: Stranger, client: Client
) -> None:
    stranger.pay()
    stranger.unplug(stranger.plug_in())
    told = events(stranger.stand_in) * 2
    random.Random(7).shuffle(told)
    for event in told[::3] + told:
        post(client, stranger.stand_in, event)
    done = stranger.row
    assert (done.state, done.captured_minor, balance("stripe_pending")) == (
        State.CAPTURED,
        4_000,
        4_000,
    )
    assert owed_calls()["capture_hold"] == 1
    assert_books_are_right()


def test_no_event_at_all_is_needed(stranger: Stranger, clock: time_machine.Traveller) -> None:
    stranger.pay(tell=False)
    clock.shift(181)
    stranger.connector.charge_point.last_seen_at = timezone.now()
    stranger.connector.charge_point.save(update_fields=("last_seen_at",))
    stranger.sweep()
    assert stranger.row.phase == Phase.STARTING


def test_an_event_of_another_account_changes_nothing(stranger: Stranger, client: Client) -> None:
    stranger.pay(tell=False)
    event = events(stranger.stand_in)[-1] | {"account": "acct_other"}
    assert post(client, stranger.stand_in, event) == 200
    assert stranger.row.state == State.CREATED
    assert StripeCommand.objects.filter(operation="fetch_checkout").count() == 0


def test_an_event_that_lies_changes_nothing(stranger: Stranger, client: Client) -> None:
    stranger.open()
    lie = {
        "id": "evt_lie",
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(timezone.now().timestamp()),
        "api_version": "",
        "data": {"object": {"id": stranger.row.stripe_checkout_ref, "object": "checkout.session"}},
    }
    assert post(client, stranger.stand_in, lie) == 200
    assert StripeEvent.objects.get().handled_at is not None
    assert stranger.row.state == State.CREATED


def test_a_forged_signature_is_refused(stranger: Stranger, client: Client) -> None:
    stranger.open()
    body = orjson.dumps({"id": "evt_1"})
    answer = client.post("/webhooks/stripe/", body, "application/json")
    assert (answer.status_code, StripeEvent.objects.count()) == (400, 0)


def test_a_forged_return_starts_nothing(stranger: Stranger, client: Client) -> None:
    stranger.open()
    answer = client.get(f"/charge/back/{stranger.row.stripe_checkout_ref}/")
    assert answer.status_code == 302
    send_all()
    assert (stranger.row.state, stranger.row.phase) == (State.CREATED, Phase.WAITING)
    assert client.get("/charge/back/cs_test_guess/").status_code == 404


def test_a_payer_who_comes_back_is_not_kept_waiting_for_the_event(
    stranger: Stranger, client: Client
) -> None:
    stranger.pay(tell=False)
    answer = client.get(f"/charge/back/{stranger.row.stripe_checkout_ref}/")
    assert answer["Location"] == f"/payment/{payment_token(stranger.row)}/?lang=sv"
    send_all()
    assert stranger.row.phase == Phase.STARTING


def test_somebody_elses_link_opens_and_stops_nothing(stranger: Stranger, client: Client) -> None:
    stranger.pay()
    token = payment_token(stranger.row) or ""
    for guess in (token[:-1] + ("A" if token[-1] != "A" else "B"), str(stranger.row.pk)):
        assert client.get(f"/payment/{guess}/").status_code == 404
        assert client.post(f"/payment/{guess}/stop/").status_code == 404
    assert stranger.row.state == State.AUTHORISED


def test_the_holder_of_the_link_stops(stranger: Stranger, client: Client) -> None:
    stranger.pay()
    address = f"/payment/{payment_token(stranger.row)}/"
    page = client.get(f"{address}?lang=en")
    assert "Plug in your car" in page.text
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store, private", "no-referrer")
    assert client.post(f"{address}stop/").status_code == 302
    send_all()
    assert stranger.row.state == State.CANCELLED


def test_a_second_payer_is_told_so_before_paying(stranger: Stranger, client: Client) -> None:
    station = stranger.connector.charge_point
    address = f"/charge/volt/{station.public_code}/1/?lang=en"
    assert "Pay and charge" in client.get(address).text
    stranger.pay()
    assert "This connector is taken" in client.get(address).text
    assert client.post(address).status_code == 409
    assert Payment.objects.count() == 1


def test_paying_is_offered_only_by_who_offers_it(stranger: Stranger, client: Client) -> None:
    AdHocTerms.objects.update(is_offered=False)
    station = stranger.connector.charge_point
    answer = client.post(f"/charge/volt/{station.public_code}/1/?lang=en")
    assert (answer.status_code, Payment.objects.count()) == (409, 0)
    assert client.get(f"/charge/volt/{station.public_code}/9/").status_code == 404


def test_nobody_opens_payment_pages_without_end(
    stranger: Stranger, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charging, "PAGES_OF_A_CONNECTOR", Limit(f"test-{uuid4()}", 2, 60))
    address = f"/charge/volt/{stranger.connector.charge_point.public_code}/1/?lang=en"
    assert [client.post(address).status_code for _n in range(3)] == [303, 303, 429]
    assert Payment.objects.count() == 2


def test_money_stays_on_its_own_account(
    stranger: Stranger, stand_in: StandIn, client: Client
) -> None:
    connect_stripe_account(account_ref="acct_volt")
    own = Stranger(stranger.connector, stand_in, "acct_volt")
    own.pay()
    connect_stripe_account(account_ref="acct_moved")
    own.unplug(own.plug_in())
    assert own.row.state == State.CAPTURED
    assert [row["amount_captured"] for row in stand_in.charges_succeeded("acct_volt")] == [4_000]
    assert {command.stripe_account_ref for command in StripeCommand.objects.all()} == {"acct_volt"}


def test_another_operator_sees_nothing_of_it(stranger: Stranger) -> None:
    stranger.pay()
    other: Tenant = a_tenant("ampere")
    with tenant_scope(other.pk):
        a_tariff()
        assert not Payment.objects.exists()


CALLS = ["/checkout/sessions", "/checkout/sessions/cs*", "/capture", "/cancel", "/refunds"]


@pytest.mark.parametrize("kind", [FaultKind.LOST_REQUEST, FaultKind.LOST_REPLY])
@pytest.mark.parametrize("path", CALLS[:3])
def test_a_lost_call_is_made_once_all_the_same(
    stranger: Stranger, clock: time_machine.Traveller, kind: FaultKind, path: str
) -> None:
    stranger.stand_in.fail(Fault(kind, path=f"*{path}", times=WHOLE_TRY))
    stranger.open()
    again(stranger, clock)
    stranger.pay()
    again(stranger, clock)
    stranger.unplug(stranger.plug_in())
    again(stranger, clock)
    assert (stranger.row.state, stranger.row.captured_minor) == (State.CAPTURED, 4_000)
    assert len(stranger.stand_in.charges_succeeded(PLATFORM)) == 1
    assert_books_are_right()


def again(stranger: Stranger, clock: time_machine.Traveller) -> None:
    """Long enough for a second try."""
    clock.shift(3)
    stranger.tell()
    clock.shift(3)
    send_all()
