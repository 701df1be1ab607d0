"""The main ways of money against a Stripe test account; never run without its key.

`STRIPE_LIVE_TEST_KEY=sk_test_... python -m pytest -m stripe_live`. Objects stay in the account.
"""

from __future__ import annotations

import os

import pytest
from django.utils import timezone
from pytest_django import Settings

from billing.models import Discrepancy, Invoice, StripeCommand
from billing.services.owed_calls import owe_fetch
from billing.services.reconciliation.run import reconcile_account
from billing.services.stripe_events import fetch_missed_events
from billing.stripe_gateway import CallFor, StripeGateway
from tests.billing.scenes import a_payer, an_invoice, assert_books_are_right, send_all

KEY = os.environ.get("STRIPE_LIVE_TEST_KEY", "")

pytestmark = [
    pytest.mark.stripe_live,
    pytest.mark.skipif(not KEY.startswith("sk_test_"), reason="no STRIPE_LIVE_TEST_KEY"),
    pytest.mark.usefixtures("tariff", "stripe_itself"),
]


@pytest.fixture
def stripe_itself(settings: Settings) -> None:
    """Stripe's own address and a test account's key."""
    settings.STRIPE_API_BASE = "https://api.stripe.com"
    settings.STRIPE_SECRET_KEY = KEY


def test_a_session_ends_as_money_at_stripe() -> None:
    invoice = an_invoice(energy_wh=12_345)
    send_all()
    invoice.refresh_from_db()
    assert (invoice.state, invoice.total_minor) == (Invoice.State.PAID, 4_938)
    assert_books_are_right()


def test_stripe_prints_our_total_and_our_vat() -> None:
    invoice = an_invoice(energy_wh=12_345)
    send_all()
    invoice.refresh_from_db()
    remote = StripeGateway("").fetch_invoice(CallFor(""), invoice.stripe_invoice_ref)
    assert (remote.total_minor, remote.vat_minor) == (invoice.total_minor, invoice.vat_minor)


def test_a_refused_card_leaves_the_invoice_past_due() -> None:
    invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
    send_all()
    invoice.refresh_from_db()
    assert invoice.state == Invoice.State.PAST_DUE


def test_a_card_that_wants_its_holder_leaves_a_link() -> None:
    invoice = an_invoice(a_payer(card="pm_card_authenticationRequired"))
    send_all()
    invoice.refresh_from_db()
    assert invoice.state == Invoice.State.ACTION_REQUIRED
    assert invoice.hosted_url.startswith("https://")


def test_the_same_call_again_pays_nothing_twice() -> None:
    invoice = an_invoice()
    send_all()
    StripeCommand.objects.filter(operation="pay_invoice").update(state="pending")
    send_all()
    owe_fetch(invoice=invoice, now=timezone.now())
    send_all()
    remote = StripeGateway("").fetch_invoice(CallFor(""), Invoice.objects.get().stripe_invoice_ref)
    assert remote.amount_paid_minor == invoice.total_minor


def test_the_list_of_events_is_read() -> None:
    an_invoice()
    send_all()
    assert fetch_missed_events(now=timezone.now()) > 0


def test_what_was_paid_here_is_no_discrepancy() -> None:
    invoice = an_invoice()
    send_all()
    reconcile_account(account_ref="", is_shared=True, now=timezone.now())
    assert not Discrepancy.objects.filter(invoice=invoice).exists()
