"""Events in any order, twice, or never: the end is the same, and so are the books."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
import stripe
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import EventWatermark, Invoice, StripeEvent
from billing.services.invoices import connect_stripe_account
from billing.services.stripe_events import fetch_missed_events, store_event
from billing.stripe_gateway import CallFor, RemoteEvent, StripeGateway
from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from tests.billing.scenes import (
    PLATFORM,
    a_payer,
    an_invoice,
    assert_books_are_right,
    send_all,
    state_of,
    stripe_ref,
)

# The clock stands still, so no call is tried again by itself: only events move anything.
pytestmark = pytest.mark.usefixtures("tariff", "clock")

NUMBERS = count()


def invoice_whose_payment_is_unknown(stand_in: StandIn) -> Invoice:
    """Open here, paid at Stripe: the answer to the payment never came."""
    number = next(NUMBERS)
    stand_in.fail(Fault(FaultKind.LOST_REPLY, path="*/pay", times=3))
    invoice = an_invoice(a_payer(f"CARD{number}"), ref=str(number))
    send_all()
    assert state_of(invoice) == Invoice.State.OPEN
    return invoice


def events_about(invoice: Invoice) -> list[RemoteEvent]:
    since = timezone.now() - timedelta(hours=1)
    events = StripeGateway("").events_since(CallFor(""), since)
    return [event for event in events if event.object_ref == stripe_ref(invoice)]


@given(data=st.data())
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_order_with_repeats_and_losses_ends_the_same(
    stand_in: StandIn, clock: time_machine.Traveller, data: st.DataObject
) -> None:
    clock.shift(timedelta(hours=2))  # out of sight of the last example's events
    send_all()
    invoice = invoice_whose_payment_is_unknown(stand_in)
    events = events_about(invoice)
    told = data.draw(st.lists(st.sampled_from(events), min_size=1, max_size=8))
    for event in told:
        store_event(event, now=timezone.now())
        if data.draw(st.booleans()):
            send_all()
    fetch_missed_events(now=timezone.now())
    send_all()
    assert state_of(invoice) == Invoice.State.PAID
    assert_books_are_right()


def test_what_no_webhook_brought_is_listed(stand_in: StandIn) -> None:
    invoice = invoice_whose_payment_is_unknown(stand_in)
    assert fetch_missed_events(now=timezone.now()) == len(stand_in.events(PLATFORM))
    send_all()
    assert state_of(invoice) == Invoice.State.PAID


def test_what_a_webhook_brought_is_not_new(stand_in: StandIn) -> None:
    invoice = invoice_whose_payment_is_unknown(stand_in)
    known = events_about(invoice)
    for event in known:
        store_event(event, now=timezone.now())
    assert fetch_missed_events(now=timezone.now()) == len(stand_in.events(PLATFORM)) - len(known)
    assert fetch_missed_events(now=timezone.now()) == 0


def test_the_watermark_follows_the_listing_and_looks_an_hour_back(stand_in: StandIn) -> None:
    now = timezone.now()
    fetch_missed_events(now=now)
    fetch_missed_events(now=now + timedelta(minutes=15))
    assert EventWatermark.objects.get(pk="").listed_until == now + timedelta(minutes=15)
    since = [int(seen.params["created"]["gte"]) for seen in stand_in.requests]
    assert since == [
        int((now - timedelta(days=1)).timestamp()),
        int((now - timedelta(hours=1)).timestamp()),
    ]


def test_a_failed_listing_begins_at_the_same_place_next_time(stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.LOST_REQUEST, times=3))
    assert fetch_missed_events(now=timezone.now()) == 0
    assert not EventWatermark.objects.exists()


def test_every_account_in_use_is_listed(stand_in: StandIn) -> None:
    connect_stripe_account(account_ref="acct_volt")
    invoice = an_invoice()
    send_all()
    assert fetch_missed_events(now=timezone.now()) == len(stand_in.events("acct_volt"))
    assert set(StripeEvent.objects.values_list("stripe_account_ref", flat=True)) == {"acct_volt"}
    assert set(EventWatermark.objects.values_list("pk", flat=True)) == {"", "acct_volt"}
    assert state_of(invoice) == Invoice.State.PAID


def test_a_webhook_and_the_listing_agree_on_what_is_one_event(stand_in: StandIn) -> None:
    connect_stripe_account(account_ref="acct_volt")
    an_invoice()
    send_all()
    events = StripeGateway("acct_volt").events_since(
        CallFor("acct_volt"), timezone.now() - timedelta(hours=1)
    )
    for event in events:
        store_event(event, now=timezone.now())
    assert fetch_missed_events(now=timezone.now()) == 0


def test_a_second_invoice_with_our_metadata_is_not_taken_for_ours(stand_in: StandIn) -> None:
    invoice = an_invoice()
    send_all()
    [ours] = stand_in.objects(PLATFORM, "invoice")
    client = stripe.StripeClient("sk_test_standin", base_addresses={"api": stand_in.url})
    body = {"customer": ours["customer"], "currency": "sek", "metadata": ours["metadata"]}
    second = client.v1.invoices.create(body)
    client.v1.invoices.add_lines(second.id, {"lines": [{"amount": 999}]})
    client.v1.invoices.finalize_invoice(second.id)
    fetch_missed_events(now=timezone.now())
    send_all()
    assert stripe_ref(invoice) == ours["id"] != second.id
    assert_books_are_right()
