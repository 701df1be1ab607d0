"""From a cleared session to money at Stripe, against the stand-in and through the real SDK."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from billing.models import BillingAccount, Invoice, JournalEntry, StripeCommand
from billing.services.collection import retry_payment
from billing.services.invoices import connect_stripe_account
from billing.services.ledger import Line, booked_lines
from billing.services.owed_calls import owe_fetch
from billing.stripe_gateway import (
    CallFor,
    StripeGateway,
    attachment_body,
    default_method_body,
)
from config.devstack.stripe_stand_in import StandIn
from outbox.models import Delivery, Event
from outbox.services import publish
from sessions_app.events import SessionCleared
from sessions_app.models import Driver
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.scenes import (
    PLATFORM,
    a_cleared_session,
    a_payer,
    an_invoice,
    assert_books_are_right,
    calls_of,
    command_states,
    send_all,
    send_until,
    state_of,
    stripe_ref,
)
from tests.cast import NOON, a_driver, a_tariff, a_tenant

pytestmark = pytest.mark.usefixtures("tariff")

State = Invoice.State


def test_a_cleared_session_ends_as_money_at_stripe(stand_in: StandIn) -> None:
    session = a_cleared_session(a_payer())
    with transaction.atomic():
        publish(SessionCleared(session_id=session.pk, occurred_at=NOON))
    send_all()
    assert session.charges.get().invoice.state == State.PAID
    [charge] = stand_in.charges_succeeded(PLATFORM)
    assert (charge["amount"], charge["currency"]) == (4_000, "sek")
    assert_books_are_right()


def test_a_session_cleared_twice_is_billed_once(stand_in: StandIn) -> None:
    session = a_cleared_session(a_payer())
    for _ in range(2):
        with transaction.atomic():
            publish(SessionCleared(session_id=session.pk, occurred_at=NOON))
    send_all()
    Delivery.objects.update(state=Delivery.State.PENDING)
    send_all()
    assert (Invoice.objects.count(), JournalEntry.objects.count()) == (1, 2)
    assert len(stand_in.charges_succeeded(PLATFORM)) == 1


def test_every_call_is_made_once_and_in_order(stand_in: StandIn) -> None:
    invoice = an_invoice()
    send_all()
    ref = stripe_ref(invoice)
    customer = BillingAccount.objects.get().stripe_customer_ref
    assert [(seen.method, seen.path.removeprefix("/v1/")) for seen in stand_in.requests] == [
        ("POST", "customers"),
        ("POST", "payment_methods/pm_card_visa/attach"),
        ("POST", f"customers/{customer}"),
        ("POST", "invoices"),
        ("POST", f"invoices/{ref}/add_lines"),
        ("POST", f"invoices/{ref}/finalize"),
        ("POST", f"invoices/{ref}/pay"),
        ("GET", f"invoices/{ref}"),
    ]


def test_every_change_carries_its_own_lasting_key(stand_in: StandIn, volt: Tenant) -> None:
    invoice = an_invoice()
    send_all()
    keys = [seen.idempotency_key for seen in stand_in.requests if seen.method == "POST"]
    assert f"laddbok:{volt.pk}:pay_invoice:{invoice.pk}:0" in keys
    assert len(set(keys)) == len(keys) == 7
    assert None not in keys


def test_stripe_prints_our_lines_and_our_vat(stand_in: StandIn) -> None:
    driver = a_payer()
    Driver.objects.update(language="en")
    invoice = an_invoice(driver, energy_wh=12_345)
    send_all()
    [printed] = stand_in.objects(PLATFORM, "invoice")
    [line] = printed["lines"]["data"]
    assert (line["amount"], line["taxes"][0]["amount"]) == (4_938, 988)
    assert line["taxes"][0]["taxable_amount"] == 3_950
    assert line["description"] == "Energy, 12.345 kWh at SEK\xa04.00"
    assert printed["total"] == invoice.total_minor == 4_938


def test_our_number_is_printed_beside_stripes_on_a_shared_account(stand_in: StandIn) -> None:
    an_invoice()
    send_all()
    [printed] = stand_in.objects(PLATFORM, "invoice")
    assert printed["custom_fields"] == [{"name": "Fakturanummer", "value": "1"}]


def test_our_number_is_the_documents_on_the_sellers_own_account(stand_in: StandIn) -> None:
    connect_stripe_account(account_ref="acct_volt")
    an_invoice()
    send_all()
    [printed] = stand_in.objects("acct_volt", "invoice")
    assert printed["number"] == "1"


def test_nothing_about_the_person_is_in_the_metadata(stand_in: StandIn, volt: Tenant) -> None:
    invoice = an_invoice()
    send_all()
    [customer] = stand_in.objects(PLATFORM, "customer")
    [printed] = stand_in.objects(PLATFORM, "invoice")
    account = BillingAccount.objects.get()
    ours = {"env": "laddbok", "tenant": str(volt.pk)}
    assert customer["metadata"] == {**ours, "billing_account": str(account.pk)}
    assert printed["metadata"] == {**ours, "invoice": str(invoice.pk)}


def test_a_payment_is_booked_against_the_drivers_receivable(stand_in: StandIn) -> None:
    driver = a_payer()
    invoice = an_invoice(driver)
    send_all()
    entry = JournalEntry.objects.get(ref=f"invoice:{invoice.pk}:paid")
    assert booked_lines(entry) == [
        Line("receivable", -4_000, "SEK", str(driver.pk)),
        Line("stripe_pending", 4_000, "SEK"),
    ]


def test_a_payment_is_told_to_others_once(stand_in: StandIn) -> None:
    invoice = an_invoice()
    send_all()
    event = Event.objects.get(type="invoice.paid")
    assert event.payload == {"invoice_id": str(invoice.pk)}


def test_the_second_invoice_of_a_driver_needs_no_second_customer(stand_in: StandIn) -> None:
    driver = a_payer()
    an_invoice(driver, ref="1")
    send_all()
    second = an_invoice(driver, ref="2")
    send_all()
    assert state_of(second) == State.PAID
    assert len(stand_in.objects(PLATFORM, "customer")) == 1
    assert len(stand_in.charges_succeeded(PLATFORM)) == 2


def test_invoices_that_wait_for_the_same_customer_are_all_collected(stand_in: StandIn) -> None:
    driver = a_payer()
    invoices = [an_invoice(driver, ref=str(n)) for n in range(3)]
    send_all()
    assert [state_of(invoice) for invoice in invoices] == [State.PAID] * 3
    assert len(stand_in.objects(PLATFORM, "customer")) == 1


def test_a_declined_card_leaves_the_invoice_past_due(stand_in: StandIn) -> None:
    invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
    send_all()
    assert state_of(invoice) == State.PAST_DUE
    assert "card_declined" in invoice.problem
    assert invoice.hosted_url.startswith("http")
    assert stand_in.charges_succeeded(PLATFORM) == []
    assert_books_are_right()


def test_a_bank_that_asks_for_the_holder_makes_the_driver_act(stand_in: StandIn) -> None:
    invoice = an_invoice(a_payer(card="pm_card_authenticationRequired"))
    send_all()
    assert state_of(invoice) == State.ACTION_REQUIRED
    assert calls_of(stand_in, "/pay") == 1
    event = Event.objects.get(type="invoice.payment_failed")
    assert event.payload == {"invoice_id": str(invoice.pk), "needs_action": True}


def test_a_driver_without_a_card_gets_a_link(stand_in: StandIn) -> None:
    invoice = an_invoice(a_payer(card=""))
    send_all()
    assert state_of(invoice) == State.ACTION_REQUIRED
    assert invoice.hosted_url.startswith("http")


def test_a_card_that_cannot_be_attached_does_not_stop_the_invoice(stand_in: StandIn) -> None:
    invoice = an_invoice(a_payer(card="pm_card_chargeDeclined"))
    send_all()
    assert state_of(invoice) == State.ACTION_REQUIRED


def test_a_total_that_differs_is_never_finalized(stand_in: StandIn) -> None:
    invoice = an_invoice()
    send_all_but_lines(invoice, amount=3_999)
    assert state_of(invoice) == State.BLOCKED
    assert invoice.problem == "Stripe has total 3999 instead of 4000"
    assert stand_in.objects(PLATFORM, "invoice") == []
    assert calls_of(stand_in, "/finalize") == 0
    assert_books_are_right()


def test_vat_that_differs_is_never_finalized(stand_in: StandIn) -> None:
    invoice = an_invoice()
    send_all_but_lines(invoice, vat=799)
    assert state_of(invoice) == State.BLOCKED
    assert invoice.problem == "Stripe has VAT 799 instead of 800"
    assert command_states(invoice) == {
        "create_invoice": "done",
        "add_lines": "done",
        "delete_draft": "done",
    }


def send_all_but_lines(invoice: Invoice, *, amount: int = 4_000, vat: int = 800) -> None:
    """Send everything, with the amounts of the frozen lines changed on their way."""
    send_until(invoice, "add_lines")
    command = StripeCommand.objects.get(entity_id=invoice.pk, operation="add_lines")
    line = command.params["body"]["lines"][0]
    line["amount"] = amount
    line["tax_amounts"][0]["amount"] = vat
    command.save(update_fields=("params",))
    send_all()


def test_two_tenants_on_one_account_do_not_meet(stand_in: StandIn) -> None:
    mine = an_invoice()
    with tenant_scope(a_tenant("ampere").id):
        a_tariff()
        theirs = an_invoice()
    send_all()
    assert state_of(mine) == State.PAID
    with tenant_scope(theirs.tenant_id):
        assert state_of(theirs) == State.PAID
    customers = stand_in.objects(PLATFORM, "customer")
    assert len({customer["metadata"]["tenant"] for customer in customers}) == 2


def test_a_connected_tenant_collects_on_its_own_account_only(stand_in: StandIn) -> None:
    connect_stripe_account(account_ref="acct_volt")
    invoice = an_invoice()
    send_all()
    assert state_of(invoice) == State.PAID
    assert stand_in.objects(PLATFORM, "invoice") == []
    assert len(stand_in.charges_succeeded("acct_volt")) == 1
    assert {seen.account for seen in stand_in.requests} == {"acct_volt"}


def test_a_driver_who_pays_by_link_is_seen_at_the_next_fetch(stand_in: StandIn) -> None:
    invoice = an_invoice(a_payer(card="pm_card_authenticationRequired"))
    send_all()
    stand_in.pay_hosted_invoice(PLATFORM, stripe_ref(invoice))
    owe_fetch(invoice=invoice, now=timezone.now())
    send_all()
    assert state_of(invoice) == State.PAID
    assert_books_are_right()


def test_a_refused_payment_can_be_tried_again_with_another_card(stand_in: StandIn) -> None:
    invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
    send_all()
    give_card(BillingAccount.objects.get().stripe_customer_ref, "pm_card_visa")
    assert retry_payment(invoice_id=invoice.pk, now=timezone.now())
    assert not retry_payment(invoice_id=invoice.pk, now=timezone.now())
    send_all()
    assert state_of(invoice) == State.PAID
    assert len(stand_in.charges_succeeded(PLATFORM)) == 1
    assert_books_are_right()


def give_card(customer_ref: str, card: str) -> None:
    """What the driver does on Stripe's own pages."""
    gateway = StripeGateway("")
    body = attachment_body(customer_ref=customer_ref)
    method = gateway.attach_payment_method(CallFor("", "card"), card, body)
    default = default_method_body(payment_method_ref=method.ref)
    gateway.update_customer(CallFor("", "default"), customer_ref, default)


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_authenticationRequired"])
def test_a_payment_that_was_not_refused_is_not_tried_again(stand_in: StandIn, card: str) -> None:
    invoice = an_invoice(a_payer(card=card))
    assert not retry_payment(invoice_id=invoice.pk, now=timezone.now())
    send_all()
    was_refused = state_of(invoice) == State.ACTION_REQUIRED
    assert retry_payment(invoice_id=invoice.pk, now=timezone.now()) == was_refused


def test_a_new_driver_without_an_account_costs_stripe_nothing(stand_in: StandIn) -> None:
    session = a_cleared_session(a_driver())
    with transaction.atomic():
        publish(SessionCleared(session_id=session.pk, occurred_at=NOON))
    send_all()
    assert stand_in.requests == []
    assert session.charges.get().collection == "no_account"
