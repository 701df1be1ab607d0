"""Stripe's webhook: signed or refused, stored once, and never believed without a look."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import stripe
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from billing.apps import BillingConfig
from billing.models import Invoice, StripeCommand, StripeEvent
from billing.services.invoices import connect_stripe_account
from billing.services.stripe_events import Receipt, forget_old_contents
from config.devstack.stripe_stand_in import StandIn
from outbox.models import Delivery
from outbox.services import deliver_due
from tenants.models import Tenant
from tenants.scope import across_tenants, tenant_scope
from tests.billing.scenes import (
    PLATFORM,
    a_payer,
    an_invoice,
    assert_books_are_right,
    send_all,
    send_until,
    state_of,
    stripe_ref,
)
from tests.cast import a_tariff, a_tenant

URL = "/webhooks/stripe/"
Json = dict[str, Any]


def post(stand_in: StandIn, event: Json, **changed: Any) -> HttpResponse:
    """Post an event as Stripe does, signed, from outside of any tenant."""
    body, signature = stand_in.sign({**event, **changed})
    return post_raw(body, signature)


def post_raw(body: bytes, signature: str) -> HttpResponse:
    headers = {"Stripe-Signature": signature}
    return Client().post(URL, data=body, content_type="application/json", headers=headers)


def paid_by_link(stand_in: StandIn) -> tuple[Invoice, Json]:
    """An invoice that is open here and paid at Stripe, and the event that says so."""
    invoice = an_invoice(a_payer(card="pm_card_authenticationRequired"))
    send_all()
    stand_in.pay_hosted_invoice(PLATFORM, stripe_ref(invoice))
    [event] = stand_in.events(PLATFORM, "invoice.paid")
    return invoice, event


@pytest.mark.usefixtures("tariff")
class TestEvents:
    """What a signed event does."""

    def test_an_event_is_stored_before_anything_is_done(self, stand_in: StandIn) -> None:
        invoice, event = paid_by_link(stand_in)
        answer = post(stand_in, event)
        assert (answer.status_code, answer.json()) == (200, {"status": Receipt.STORED})
        row = StripeEvent.objects.get()
        assert (row.event_ref, row.type) == (event["id"], "invoice.paid")
        assert (row.object_ref, row.api_version) == (stripe_ref(invoice), "2026-10-28.endive")
        assert row.handled_at is None
        assert state_of(invoice) == Invoice.State.ACTION_REQUIRED

    def test_then_the_invoice_is_fetched_and_paid(self, stand_in: StandIn) -> None:
        invoice, event = paid_by_link(stand_in)
        post(stand_in, event)
        send_all()
        assert state_of(invoice) == Invoice.State.PAID
        assert StripeEvent.objects.get().handled_at is not None
        assert_books_are_right()

    def test_the_same_event_again_changes_nothing(self, stand_in: StandIn) -> None:
        invoice, event = paid_by_link(stand_in)
        answers = [post(stand_in, event).json()["status"] for _ in range(3)]
        assert answers == [Receipt.STORED, Receipt.KNOWN, Receipt.KNOWN]
        assert Delivery.objects.filter(event__type="stripe_event.stored").count() == 1
        send_all()
        assert state_of(invoice) == Invoice.State.PAID

    def test_an_event_that_lies_moves_no_money(self, stand_in: StandIn) -> None:
        invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
        send_all()
        [event] = stand_in.events(PLATFORM, "invoice.finalized")
        event["data"]["object"] |= {"status": "paid", "amount_paid": 4_000}
        post(stand_in, event, type="invoice.paid")
        send_all()
        assert state_of(invoice) == Invoice.State.PAST_DUE
        assert_books_are_right()

    def test_events_close_together_need_one_fetch(self, stand_in: StandIn) -> None:
        paid_by_link(stand_in)
        for kind in ("invoice.finalized", "invoice.paid", "invoice_payment.paid"):
            [event] = stand_in.events(PLATFORM, kind)
            assert post(stand_in, event).json() == {"status": Receipt.STORED}
        deliver_due()
        assert StripeCommand.objects.filter(operation="fetch_invoice").count() == 1

    def test_an_event_about_a_customer_is_kept_and_nothing_more(self, stand_in: StandIn) -> None:
        an_invoice()
        send_all()
        sent = len(stand_in.requests)
        [event] = stand_in.events(PLATFORM, "customer.created")
        assert post(stand_in, event).json() == {"status": Receipt.STORED}
        send_all()
        assert len(stand_in.requests) == sent
        assert StripeEvent.objects.get().handled_at is not None

    def test_an_event_that_overtakes_our_own_answer_is_found_by_its_metadata(
        self, stand_in: StandIn
    ) -> None:
        invoice = an_invoice()
        send_until(invoice, "add_lines")
        Invoice.objects.update(stripe_invoice_ref="")
        [event] = stand_in.events(PLATFORM, "invoice.created")
        assert post(stand_in, event).json() == {"status": Receipt.STORED}

    def test_an_invoice_voided_at_stripe_is_void_here(self, stand_in: StandIn) -> None:
        invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
        send_all()
        call_stripe(stand_in, "void_invoice", stripe_ref(invoice))
        [event] = stand_in.events(PLATFORM, "invoice.voided")
        post(stand_in, event)
        send_all()
        assert state_of(invoice) == Invoice.State.VOID
        assert_books_are_right()

    def test_an_invoice_given_up_at_stripe_is_past_due_and_says_so(self, stand_in: StandIn) -> None:
        invoice = an_invoice(a_payer(card="pm_card_authenticationRequired"))
        send_all()
        call_stripe(stand_in, "mark_uncollectible", stripe_ref(invoice))
        [event] = stand_in.events(PLATFORM, "invoice.marked_uncollectible")
        post(stand_in, event)
        send_all()
        assert state_of(invoice) == Invoice.State.PAST_DUE
        assert "uncollectible" in invoice.problem


@pytest.mark.usefixtures("tariff")
class TestStrangers:
    """Events that are forged, misdirected, or about nothing of ours."""

    def test_a_forged_event_is_refused_and_not_stored(self, stand_in: StandIn) -> None:
        _, event = paid_by_link(stand_in)
        body, _ = stand_in.sign(event)
        answer = post_raw(body, "t=1,v1=00")
        assert (answer.status_code, answer.json()["status"]) == (400, "refused")
        assert not StripeEvent.objects.exists()

    def test_an_event_changed_on_its_way_is_refused(self, stand_in: StandIn) -> None:
        _, event = paid_by_link(stand_in)
        body, signature = stand_in.sign(event)
        assert post_raw(body.replace(b"sek", b"eur"), signature).status_code == 400
        assert not StripeEvent.objects.exists()

    def test_an_unsigned_event_is_refused(self, stand_in: StandIn) -> None:
        assert Client().post(URL, data=b"{}", content_type="application/json").status_code == 400

    def test_a_signed_body_that_is_no_event_is_refused(self, stand_in: StandIn) -> None:
        answer = post_raw(*stand_in.sign({"object": "v2.core.event"}))
        assert answer.json() == {"status": "refused", "reason": "not a snapshot event"}

    def test_nobody_reads_here(self) -> None:
        assert Client().get(URL).status_code == 405

    def test_an_invoice_that_is_not_ours_is_left_alone(self, stand_in: StandIn) -> None:
        _, event = paid_by_link(stand_in)
        event["data"]["object"] |= {"id": "in_foreign", "customer": "cus_x", "metadata": {}}
        answer = post(stand_in, event)
        assert (answer.status_code, answer.json()) == (200, {"status": Receipt.NOT_OURS})
        assert not StripeEvent.objects.exists()

    def test_an_account_that_is_not_ours_is_left_alone(self, stand_in: StandIn) -> None:
        invoice, event = paid_by_link(stand_in)
        answer = post(stand_in, event, account="acct_stranger")
        assert answer.json() == {"status": Receipt.NOT_OURS}
        send_all()
        assert state_of(invoice) == Invoice.State.ACTION_REQUIRED

    def test_metadata_is_not_believed_across_accounts(self, stand_in: StandIn) -> None:
        connect_stripe_account(account_ref="acct_volt")
        theirs = an_invoice()
        _, event = (
            stand_in.sign({}),
            {
                "id": "evt_spoof",
                "object": "event",
                "created": 1,
                "type": "invoice.paid",
                "data": {"object": {"id": "in_x", "metadata": {"invoice": str(theirs.pk)}}},
            },
        )
        assert post(stand_in, event).json() == {"status": Receipt.NOT_OURS}

    def test_a_connected_account_cannot_touch_anothers_invoice(self, stand_in: StandIn) -> None:
        victim, event = paid_by_link(stand_in)
        ampere = a_tenant("ampere")
        with tenant_scope(ampere.id):
            connect_stripe_account(account_ref="acct_ampere")
        answer = post(stand_in, event, account="acct_ampere")
        assert answer.json() == {"status": Receipt.STORED}
        send_all()
        assert state_of(victim) == Invoice.State.ACTION_REQUIRED
        with across_tenants(reason="test"):
            assert StripeEvent.objects.get().tenant_id == ampere.pk

    def test_a_connected_accounts_event_goes_to_its_tenant(self, stand_in: StandIn) -> None:
        connect_stripe_account(account_ref="acct_volt")
        invoice = an_invoice(a_payer(card="pm_card_authenticationRequired"))
        send_all()
        stand_in.pay_hosted_invoice("acct_volt", stripe_ref(invoice))
        [event] = stand_in.events("acct_volt", "invoice.paid")
        assert event["account"] == "acct_volt"
        post(stand_in, event)
        send_all()
        assert state_of(invoice) == Invoice.State.PAID


def call_stripe(stand_in: StandIn, act: str, ref: str) -> None:
    """Do what somebody does by hand in Stripe's dashboard."""
    client = stripe.StripeClient("sk_test_standin", base_addresses={"api": stand_in.url})
    getattr(client.v1.invoices, act)(ref)


def test_without_a_secret_nothing_is_served(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [" "]
    with pytest.raises(ImproperlyConfigured, match="STRIPE_WEBHOOK_SECRETS is empty"):
        post_raw(b"{}", "t=1,v1=00")


def test_without_a_secret_nothing_starts(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    with pytest.raises(ImproperlyConfigured, match="STRIPE_WEBHOOK_SECRETS is empty"):
        BillingConfig.create("billing").ready()


def test_a_rotated_secret_is_valid_beside_the_new_one(
    stand_in: StandIn, settings: Settings, volt: Tenant
) -> None:
    a_tariff()
    _, event = paid_by_link(stand_in)
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", *settings.STRIPE_WEBHOOK_SECRETS]
    assert post(stand_in, event).status_code == 200


@pytest.mark.usefixtures("_no_bell")
@pytest.mark.django_db(transaction=True)
def test_an_event_that_comes_twice_at_once_is_stored_once(stand_in: StandIn) -> None:
    with tenant_scope(a_tenant().id):
        a_tariff()
        _, event = paid_by_link(stand_in)
        together, answers = threading.Barrier(4), []

        def deliver() -> None:
            together.wait()
            answers.append(post(stand_in, event).json()["status"])
            connection.close()

        threads = [threading.Thread(target=deliver) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [Receipt.KNOWN] * 3 + [Receipt.STORED]
        assert StripeEvent.objects.count() == 1


@pytest.mark.usefixtures("tariff")
def test_a_thin_event_is_stored_beside_the_others_and_fetched(stand_in: StandIn) -> None:
    invoice, event = paid_by_link(stand_in)
    thin = {
        "object": "v2.core.event",
        "id": "evt_thin",
        "type": "v1.invoice.paid",
        "created": "2026-06-01T12:00:00Z",
        "related_object": {"id": event["data"]["object"]["id"], "type": "invoice"},
    }
    body, signature = stand_in.sign(thin)
    assert post_raw(body, signature).json() == {"status": Receipt.STORED}
    assert post_raw(body, signature).json() == {"status": Receipt.KNOWN}
    send_all()
    assert state_of(invoice) == Invoice.State.PAID
    assert StripeEvent.objects.get().type == "invoice.paid"


@pytest.mark.usefixtures("tariff")
def test_a_signature_from_the_future_is_refused(stand_in: StandIn) -> None:
    _invoice, event = paid_by_link(stand_in)
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        body, signature = stand_in.sign(event)
    answer = post_raw(body, signature)
    assert (answer.status_code, StripeEvent.objects.count()) == (400, 0)


@pytest.mark.usefixtures("tariff")
def test_the_content_of_an_old_event_is_forgotten_and_the_event_still_known(
    stand_in: StandIn,
) -> None:
    _invoice, event = paid_by_link(stand_in)
    post(stand_in, event)
    send_all()
    kept, now = timedelta(days=90), timezone.now()
    assert forget_old_contents(now=now + timedelta(days=89), kept=kept) == 0
    assert forget_old_contents(now=now + timedelta(days=91), kept=kept) == 1
    assert StripeEvent.objects.get().payload == {}
    assert post(stand_in, event).json() == {"status": Receipt.KNOWN}
