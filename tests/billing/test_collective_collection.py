"""Collective invoices at Stripe: charged or sent, compared before they are finalized."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from billing.check_digits import is_ocr_reference
from billing.models import BillingAccount, Invoice, InvoiceAlarm, JournalEntry
from billing.services import closing
from billing.services.ledger import booked_lines
from billing.services.owed_calls import owe_fetch
from billing.stripe_gateway import CallFor, StripeGateway
from config.devstack.stripe_stand_in import StandIn
from config.devstack.stripe_stand_in.nouns.invoice_lines import MOST_LINES as STRIPES_MOST_LINES
from sessions_app.models import Driver
from tests.billing.periods import JUNE_5, a_customer, charged, close
from tests.billing.scenes import (
    PLATFORM,
    assert_books_are_right,
    calls_of,
    send_all,
    send_until,
    state_of,
    stripe_ref,
)

pytestmark = pytest.mark.usefixtures("tariff")

BY_INVOICE = BillingAccount.PaymentWay.INVOICE


def test_a_months_invoice_is_charged_and_booked_on_each_debtor(stand_in: StandIn) -> None:
    company = a_customer("BOSS")
    staff = a_customer("STAFF", paid_by=company)
    charged(company, "1")
    charged(staff, "2", energy_wh=5_000)
    [invoice] = close()
    send_all()
    assert state_of(invoice) == Invoice.State.PAID
    booked = booked_lines(JournalEntry.objects.get(ref=f"invoice:{invoice.pk}:paid"))
    owners = {str(company.driver_id): -4_000, str(staff.driver_id): -2_000, "": 6_000}
    assert {line.owner: line.amount_minor for line in booked} == owners
    assert_books_are_right()


def test_stripe_prints_the_joined_lines(stand_in: StandIn) -> None:
    customer = a_customer(lines_per=BillingAccount.LinesPer.SITE)
    Driver.objects.update(language="en")
    for ref in "12":
        charged(customer, ref, energy_wh=833)
    [invoice] = close()
    send_all()
    [printed] = stand_in.objects(PLATFORM, "invoice")
    [line] = printed["lines"]["data"]
    assert line["description"] == "Electricity, Torget, 2 sessions, 1.666 kWh"
    assert (line["amount"], line["taxes"][0]["amount"]) == (666, 134)
    assert printed["total"] == invoice.total_minor


def test_what_is_paid_by_its_due_date_is_sent_and_not_charged(stand_in: StandIn) -> None:
    customer = a_customer(payment_way=BY_INVOICE, payment_days=20, is_company=True)
    charged(customer, "1")
    [invoice] = close()
    send_all()
    assert (state_of(invoice), calls_of(stand_in, "/send")) == (Invoice.State.OPEN, 1)
    assert calls_of(stand_in, "/pay") == 0
    [printed] = stand_in.objects(PLATFORM, "invoice")
    assert printed["collection_method"] == "send_invoice"
    assert {"name": "OCR", "value": "133"} in printed["custom_fields"]
    assert is_ocr_reference(invoice.reference)
    assert invoice.due_on - invoice.issued_on == timedelta(days=20)


def test_a_draft_that_comes_to_something_else_is_deleted_and_raises_an_alarm(
    stand_in: StandIn,
) -> None:
    charged(a_customer(), "1")
    [invoice] = close()
    command = send_until(invoice, "add_lines")
    command.params["body"]["lines"][0]["amount"] += 1
    command.save(update_fields=("params",))
    send_all()
    assert state_of(invoice) == Invoice.State.BLOCKED
    assert InvoiceAlarm.objects.get().problem == "Stripe has total 4001 instead of 4000"
    assert stand_in.objects(PLATFORM, "invoice") == []
    assert calls_of(stand_in, "/finalize") == 0
    assert calls_of(stand_in, f"/{stripe_ref(invoice)}") == 1


def test_a_month_of_many_sessions_fits_on_one_invoice(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert closing.MOST_LINES == STRIPES_MOST_LINES == 250
    monkeypatch.setattr(closing, "MOST_LINES", 5)
    customer = a_customer()
    for number in range(6):
        charged(customer, str(number), JUNE_5 + timedelta(days=number // 3))
    [invoice] = close()
    send_all()
    assert (state_of(invoice), invoice.total_minor) == (Invoice.State.PAID, 24_000)
    assert [line.session_count for line in invoice.lines.all()] == [3, 3]


def test_a_void_at_stripe_lets_the_sessions_go(stand_in: StandIn) -> None:
    charged(a_customer(payment_way=BY_INVOICE), "1")
    [invoice] = close()
    send_all()
    ref = stripe_ref(invoice)
    StripeGateway("").void_invoice(CallFor("", "in the dashboard"), ref)
    with transaction.atomic():
        owe_fetch(invoice=invoice, now=timezone.now())
    send_all()
    assert state_of(invoice) == Invoice.State.VOID
    assert not invoice.parts.filter(is_live=True).exists()
