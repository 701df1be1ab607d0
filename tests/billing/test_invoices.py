"""Invoices: one for a charge, numbered without gaps, with seller and buyer as they were."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import IntegrityError, connection, transaction

from billing.models import BillingAccount, Charge, Invoice, InvoiceCounter, StripeCommand
from billing.services.charges import rate_session
from billing.services.invoices import (
    connect_stripe_account,
    issue_invoice,
    open_billing_account,
)
from outbox.models import Event
from sessions_app.models import Driver
from tenants.models import Tenant
from tenants.postgresql.base import acting_as_owner
from tenants.scope import tenant_scope
from tests.billing.scenes import a_cleared_session, a_payer, an_invoice
from tests.cast import NOON, a_driver, a_tariff, a_tenant


@pytest.mark.usefixtures("tariff")
def test_an_invoice_is_for_the_whole_charge() -> None:
    invoice = an_invoice()
    assert (invoice.total_minor, invoice.vat_minor, invoice.currency) == (4_000, 800, "SEK")
    assert invoice.state == Invoice.State.PREPARING


@pytest.mark.usefixtures("tariff")
def test_issuing_twice_issues_once() -> None:
    invoice = an_invoice()
    again = issue_invoice(charge_id=invoice.charge_id, now=NOON)
    assert again == invoice
    assert Invoice.objects.count() == StripeCommand.objects.count() == 1


@pytest.mark.usefixtures("tariff")
def test_numbers_follow_each_other_without_gaps() -> None:
    driver = a_payer()
    invoices = [an_invoice(driver, ref=str(n)) for n in range(3)]
    assert [invoice.number for invoice in invoices] == [1, 2, 3]


@pytest.mark.usefixtures("tariff")
def test_an_invoice_that_was_rolled_back_leaves_no_gap() -> None:
    driver = a_payer()
    with transaction.atomic():
        an_invoice(driver)
        transaction.set_rollback(True)
    assert an_invoice(driver).number == 1


@pytest.mark.usefixtures("tariff")
def test_each_tenant_has_its_own_series() -> None:
    an_invoice()
    with tenant_scope(a_tenant("ampere").id):
        a_tariff()
        assert an_invoice().number == 1


@pytest.mark.usefixtures("tariff")
def test_seller_and_buyer_stay_as_they_were(volt: Tenant) -> None:
    driver = a_payer()
    invoice = an_invoice(driver)
    Tenant.objects.filter(pk=volt.pk).update(name="Renamed AB")
    Driver.objects.update(name="Somebody Else")
    invoice.refresh_from_db()
    assert invoice.seller == {
        "name": "Volt AB",
        "organisation_number": "556000-0001",
        "vat_number": "SE556000000101",
        "address": "Torget 1, Uppsala",
        "seat": "",
        "has_f_tax": False,
        "bankgiro": "",
        "contact": "",
    }
    assert invoice.buyer == {
        "id": str(driver.pk),
        "name": "A Driver",
        "email": "aabbcc@example.com",
        "address": "",
        "organisation_number": "",
        "vat_number": "",
        "reference": "",
        "is_company": False,
    }


@pytest.mark.usefixtures("tariff")
def test_an_invoice_is_told_to_others() -> None:
    invoice = an_invoice()
    event = Event.objects.get(type="invoice.issued")
    assert event.payload == {"invoice_id": str(invoice.pk)}


@pytest.mark.usefixtures("tariff")
def test_the_stripe_account_is_copied_and_stays() -> None:
    connect_stripe_account(account_ref="acct_volt")
    driver = a_payer()
    connect_stripe_account(account_ref="acct_other")
    assert an_invoice(driver).stripe_account_ref == "acct_volt"


@pytest.mark.usefixtures("volt")
def test_a_driver_has_one_billing_account() -> None:
    driver = a_driver()
    first = open_billing_account(driver_id=driver.pk, payment_method_ref="pm_card_visa")
    assert open_billing_account(driver_id=driver.pk) == first
    assert BillingAccount.objects.count() == 1


@pytest.mark.usefixtures("tariff")
def test_a_charge_can_be_invoiced_once_the_driver_has_an_account() -> None:
    driver = a_driver()
    charge = rate_session(session_id=a_cleared_session(driver).pk, now=NOON)
    assert issue_invoice(charge_id=charge.pk, now=NOON) is None
    open_billing_account(driver_id=driver.pk)
    invoice = issue_invoice(charge_id=charge.pk, now=NOON)
    assert invoice is not None
    assert invoice.total_minor == 4_000


@pytest.mark.usefixtures("tariff")
def test_a_paid_invoice_must_say_when() -> None:
    invoice = an_invoice()
    with pytest.raises(IntegrityError, match="a_paid_invoice_says_when"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(state=Invoice.State.PAID)


@pytest.fixture
def two_charges(transactional_db: None, _no_bell: None) -> Iterator[tuple[Tenant, list[Charge]]]:
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        a_tariff()
        drivers = [a_payer(f"CARD{n}") for n in range(2)]
        sessions = [a_cleared_session(d, ref=d.name + str(d.pk)) for d in drivers]
        yield tenant, [rate_session(session_id=s.pk, now=NOON) for s in sessions]


def somebody_waits_for_a_lock() -> bool:
    with acting_as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() != (0,)


def test_two_workers_take_different_numbers(two_charges: tuple[Tenant, list[Charge]]) -> None:
    tenant, (first, second) = two_charges
    InvoiceCounter.objects.create()

    def issue_second() -> None:
        with closing(connection), tenant_scope(tenant.id):
            issue_invoice(charge_id=second.pk, now=NOON)

    other = threading.Thread(target=issue_second)
    with transaction.atomic():
        issue_invoice(charge_id=first.pk, now=NOON)
        other.start()
        deadline_s = time.monotonic() + 30
        while not somebody_waits_for_a_lock():
            assert time.monotonic() < deadline_s
    other.join()
    assert sorted(Invoice.objects.values_list("number", flat=True)) == [1, 2]
