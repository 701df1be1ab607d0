"""Collective invoices: every charge on one of them, once, in the period it belongs to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from billing.models import (
    BillingAccount,
    Charge,
    ClosedPeriod,
    Invoice,
    InvoicedLine,
    InvoiceLine,
)
from billing.selectors import charges_not_invoiced, payment_state_of
from billing.services.closing import close_ended_periods
from billing.services.invoice_lines import Sold, join_lines
from billing.services.invoice_state import void_invoice
from billing.services.invoices import issue_invoice
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.bills import as_owner
from tests.billing.periods import JULY, JUNE_5, a_customer, a_station, charged, close
from tests.billing.scenes import a_payer, assert_books_are_right
from tests.cast import a_tariff, a_tenant

pytestmark = pytest.mark.usefixtures("tariff")

AUGUST = datetime(2026, 8, 1, 8, tzinfo=UTC)
Collection = BillingAccount.Collection


def covered(invoice: Invoice) -> set[str]:
    parts = InvoicedLine.objects.filter(invoice=invoice, is_live=True)
    return set(parts.values_list("charge__session__transaction_ref", flat=True))


def lines(invoice: Invoice) -> list[tuple[str, str, int, int, int]]:
    return [
        (line.site_name, line.supply, line.session_count, line.gross_minor, line.vat_minor)
        for line in invoice.lines.all()
    ]


def test_a_month_becomes_one_invoice() -> None:
    customer = a_customer()
    for ref in "123":
        charged(customer, ref)
    [invoice] = close()
    assert (invoice.total_minor, invoice.vat_minor, invoice.number) == (12_000, 2_400, 1)
    assert (invoice.period_from_on, invoice.period_to_on) == (date(2026, 6, 1), date(2026, 7, 1))
    assert (invoice.supplied_from_on, invoice.issued_on) == (date(2026, 6, 5), date(2026, 7, 1))
    assert covered(invoice) == {"1", "2", "3"}
    assert_books_are_right()


def test_a_session_of_such_a_customer_gets_no_invoice_of_its_own() -> None:
    charge = charged(a_customer(), "1")
    assert charge.collection == Charge.Collection.BY_PERIOD
    assert issue_invoice(charge_id=charge.pk, now=JUNE_5) is None


def test_closing_again_changes_nothing() -> None:
    charged(a_customer(), "1")
    assert close_ended_periods(now=JULY) == 1
    assert close_ended_periods(now=JULY + timedelta(hours=5)) == 0
    assert (Invoice.objects.count(), ClosedPeriod.objects.count()) == (1, 1)


def test_a_month_is_not_closed_before_its_last_sessions_are_priced() -> None:
    charged(a_customer(), "1")
    assert close(datetime(2026, 7, 1, 3, 59, tzinfo=UTC)) == []
    assert len(close(datetime(2026, 7, 1, 4, 0, tzinfo=UTC))) == 1


@pytest.mark.parametrize(
    ("ended_at", "month"),
    [
        # Sweden is at UTC+2 in summer, and at UTC+1 after the night of 25 October.
        (datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), 6),
        (datetime(2026, 6, 30, 22, 0, 0, tzinfo=UTC), 7),
        (datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), 10),
        (datetime(2026, 10, 31, 23, 0, 0, tzinfo=UTC), 11),
    ],
)
def test_a_month_ends_at_midnight_where_the_seller_is(ended_at: datetime, month: int) -> None:
    customer = a_customer()
    charged(customer, "1", ended_at)
    for number in range(6, 13):
        close(datetime(2026 + number // 12, number % 12 + 1, 1, 8, tzinfo=UTC))
    [invoice] = Invoice.objects.all()
    assert invoice.period_from_on == date(2026, month, 1)


def test_a_week_ends_with_sunday() -> None:
    customer = a_customer(collection=Collection.WEEKLY)
    charged(customer, "sunday", datetime(2026, 6, 7, 21, 59, tzinfo=UTC))
    charged(customer, "monday", datetime(2026, 6, 7, 22, 0, tzinfo=UTC))
    [invoice] = close(datetime(2026, 6, 8, 8, tzinfo=UTC))
    assert (invoice.period_from_on, invoice.period_to_on) == (date(2026, 6, 1), date(2026, 6, 8))
    assert covered(invoice) == {"sunday"}


def test_a_session_priced_after_the_closing_belongs_to_the_next_month() -> None:
    customer = a_customer()
    charged(customer, "1")
    [june] = close()
    charged(customer, "late", JUNE_5)
    close(JULY + timedelta(days=3))
    assert (covered(june), Invoice.objects.count()) == ({"1"}, 1)
    [june, july] = close(AUGUST)
    assert (covered(july), july.total_minor) == ({"late"}, 4_000)
    assert july.supplied_from_on == date(2026, 6, 5)


def test_too_little_is_carried_until_it_is_enough() -> None:
    customer = a_customer()
    charged(customer, "1", energy_wh=500)
    assert close() == []
    assert ClosedPeriod.objects.get().carried == {"SEK": 200}
    charged(customer, "2", datetime(2026, 7, 5, tzinfo=UTC), energy_wh=250)
    [invoice] = close(AUGUST)
    assert (invoice.total_minor, covered(invoice)) == (300, {"1", "2"})
    assert_books_are_right()


def test_small_sessions_of_somebody_who_pays_each_are_gathered() -> None:
    driver = a_payer()
    small = [charged(driver, ref, energy_wh=500) for ref in "12"]
    large = charged(driver, "3")
    assert [issue_invoice(charge_id=one.pk, now=JUNE_5) for one in small] == [None, None]
    issue_invoice(charge_id=large.pk, now=JUNE_5)
    [invoice] = close()
    assert (covered(invoice), invoice.total_minor, invoice.number) == ({"1", "2"}, 400, 2)


def test_what_was_not_invoiced_before_an_account_was_opened_is_not_gathered() -> None:
    driver = a_payer()
    BillingAccount.objects.all().delete()
    charged(driver, "1")
    assert close() == []


def test_a_company_pays_for_its_drivers() -> None:
    company = a_customer("BOSS", is_company=True)
    a_customer("STAFF", paid_by=company)
    charged(company, "1")
    charged(BillingAccount.objects.get(paid_by=company), "2")
    [invoice] = close()
    assert (invoice.billing_account, covered(invoice)) == (company, {"1", "2"})


def test_lines_are_by_session_with_electricity_and_fees_apart() -> None:
    a_tariff_with_fee = a_tenant("ampere")
    with tenant_scope(a_tariff_with_fee.id):
        a_tariff(session="5.00")
        charged(a_customer(), "1")
        [invoice] = close()
        assert lines(invoice) == [
            ("Torget", "electricity", 1, 4_000, 800),
            ("Torget", "fees", 1, 500, 100),
        ]


def test_lines_can_be_by_site() -> None:
    customer = a_customer(lines_per=BillingAccount.LinesPer.SITE)
    here, there = a_station("Here"), a_station("There")
    for ref, station in (("1", here), ("2", there), ("3", here)):
        charged(customer, ref, charge_point=station)
    [invoice] = close()
    assert lines(invoice) == [
        ("Here", "electricity", 2, 8_000, 1_600),
        ("There", "electricity", 1, 4_000, 800),
    ]
    assert [line.quantity for line in invoice.lines.all()] == [20_000, 10_000]


def test_vat_is_the_sum_of_what_was_computed_for_each_session() -> None:
    customer = a_customer(lines_per=BillingAccount.LinesPer.SITE)
    for ref in "1234567":
        charged(customer, ref, energy_wh=833)
    [invoice] = close()
    # 3.33 kr each with 0.67 of VAT; of 23.31 it would have been 4.66.
    assert (invoice.total_minor, invoice.vat_minor) == (2_331, 469)


def test_a_line_is_invoiced_once_says_the_database() -> None:
    charged(a_customer(), "1")
    close()
    part = InvoicedLine.objects.get()
    part.pk = Charge().pk
    once = pytest.raises(IntegrityError, match="a_charge_line_is_invoiced_once")
    with once, transaction.atomic():
        InvoicedLine.objects.bulk_create([part])


def test_a_period_is_invoiced_once_says_the_database() -> None:
    charged(a_customer(), "1")
    [invoice] = close()
    invoice.pk, invoice.number = Charge().pk, 2
    once = pytest.raises(IntegrityError, match="a_period_is_invoiced_once_to_a_customer")
    with once, transaction.atomic():
        Invoice.objects.bulk_create([invoice])


def test_what_a_void_invoice_covered_comes_with_the_next() -> None:
    customer = a_customer()
    charged(customer, "1")
    [june] = close()
    void_invoice(june, "a mistake")
    assert charges_not_invoiced().count() == 1
    [_, july] = close(AUGUST)
    assert (covered(june), covered(july)) == (set(), {"1"})
    assert_books_are_right()


def test_each_currency_has_an_invoice_of_its_own() -> None:
    customer = a_customer()
    charge = charged(customer, "1")
    charged(customer, "2")
    as_owner("UPDATE billing_charge SET currency = 'EUR' WHERE id = %s", charge.pk)
    assert [(one.currency, one.total_minor) for one in close()] == [("EUR", 4_000), ("SEK", 4_000)]


def test_the_session_says_which_invoice_it_is_on() -> None:
    charge = charged(a_customer(), "1")
    assert payment_state_of(charge.session).state == "by_period"
    [invoice] = close()
    state = payment_state_of(charge.session)
    assert (state.state, state.invoice_number) == ("preparing", invoice.number)


def test_every_tenant_is_closed_by_itself(volt: Tenant) -> None:
    charged(a_customer(), "1")
    with tenant_scope(a_tenant("ampere", time_zone="America/New_York").id):
        a_tariff()
        charged(a_customer(), "1")
        # There it is still four in the morning.
        assert close(JULY) == []
        assert [one.number for one in close(JULY + timedelta(hours=2))] == [1]
    assert [one.number for one in close()] == [1]


def test_more_lines_than_an_invoice_takes_are_joined_by_day_and_site() -> None:
    customer = a_customer()
    charges = [charged(customer, str(n), JUNE_5 + timedelta(days=n // 2)) for n in range(6)]
    sold = [Sold(line, one) for one in charges for line in one.lines.all()]
    joined = {most: join_lines(sold, "session", most=most) for most in (6, 5, 2, 1)}
    assert {most: (covers, len(groups)) for most, (covers, groups) in joined.items()} == {
        6: (InvoiceLine.Covers.SESSION, 6),
        5: (InvoiceLine.Covers.DAY_AND_SITE, 3),
        2: (InvoiceLine.Covers.SITE, 1),
        1: (InvoiceLine.Covers.SITE, 1),
    }
