"""Revenue from the books, where a session's money is, and the audit that finds every fault."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from billing.models import Charge, Invoice, JournalEntry, StripeCommand
from billing.selectors import (
    DayRevenue,
    charges_not_invoiced,
    invoices_unpaid,
    ledger_faults,
    payment_state_of,
    payment_states,
    revenue_by_day,
    revenue_today,
    stuck_commands,
)
from billing.services.charges import rate_session
from billing.services.ledger import Line, book
from billing.tasks import check_ledger
from config.devstack.stripe_stand_in import StandIn
from sessions_app.models import ChargingSession
from tenants.models import Tenant
from tenants.postgresql.base import acting_as_owner
from tenants.scope import tenant_scope
from tests.billing.scenes import a_cleared_session, a_payer, an_invoice, send_all
from tests.cast import NOON, a_driver, a_tariff, a_tenant

pytestmark = pytest.mark.usefixtures("tariff")

ZONE = "Europe/Stockholm"
DAY = date(2026, 6, 1)


def charged(ref: str, ended_at: datetime, energy_wh: int = 10_000) -> Charge:
    started_at = ended_at - timedelta(hours=1)
    session = a_cleared_session(None, energy_wh, ref, started_at=started_at, ended_at=ended_at)
    return rate_session(session_id=session.pk, now=ended_at)


def days(date_from: date = DAY, date_to: date = DAY) -> list[DayRevenue]:
    return revenue_by_day(date_from=date_from, date_to=date_to, time_zone=ZONE)


class TestRevenue:
    """What a day earned and what was paid."""

    def test_a_day_is_the_sum_of_its_sessions(self) -> None:
        charged("1", NOON)
        charged("2", NOON, 5_000)
        assert days() == [
            DayRevenue(DAY, "SEK", 2, 15_000, net_minor=4_800, vat_minor=1_200, paid_minor=0)
        ]
        assert days()[0].gross_minor == 6_000

    def test_a_session_without_energy_is_counted_and_earns_nothing(self) -> None:
        charged("1", NOON, 0)
        assert days() == [DayRevenue(DAY, "SEK", sessions=1)]

    def test_a_day_begins_at_midnight_where_the_tenant_is(self) -> None:
        midnight = datetime(2026, 6, 2, tzinfo=ZoneInfo(ZONE))
        charged("1", midnight - timedelta(seconds=1))
        charged("2", midnight)
        assert [(d.day.day, d.sessions, d.net_minor) for d in days(DAY, date(2026, 6, 2))] == [
            (1, 1, 3_200),
            (2, 1, 3_200),
        ]

    def test_both_days_of_the_period_are_in_it(self) -> None:
        for n in range(4):
            charged(str(n), NOON + timedelta(days=n))
        assert [d.day.day for d in days(DAY + timedelta(days=1), DAY + timedelta(days=2))] == [2, 3]

    def test_the_longest_day_has_twenty_five_hours(self) -> None:
        zone = ZoneInfo(ZONE)
        charged("1", datetime(2026, 10, 25, 0, 30, tzinfo=zone))
        charged("2", datetime(2026, 10, 25, 23, 30, tzinfo=zone))
        [day] = days(date(2026, 10, 25), date(2026, 10, 25))
        assert (day.sessions, day.net_minor) == (2, 6_400)

    def test_what_was_paid_is_counted_on_the_day_it_was_paid(self, stand_in: StandIn) -> None:
        an_invoice()
        send_all()
        assert [day.paid_minor for day in days()] == [0]
        [today] = revenue_today(now=timezone.now(), time_zone=ZONE)
        assert (today.paid_minor, today.sessions, today.net_minor) == (4_000, 0, 0)

    def test_a_day_without_anything_is_left_out(self) -> None:
        assert days() == []
        assert revenue_today(now=NOON, time_zone=ZONE) == []

    def test_another_tenants_revenue_is_not_seen(self) -> None:
        with tenant_scope(a_tenant("ampere").id):
            a_tariff()
            charged("1", NOON)
        assert days() == []

    def test_a_correction_is_seen_at_once(self) -> None:
        charged("1", NOON)
        lines = [
            Line("revenue:energy", 800, "SEK"),
            Line("vat_output", 200, "SEK"),
            Line("write_off", -1_000, "SEK"),
        ]
        book(ref="correction:1", description="", occurred_at=NOON, postings=lines)
        assert (days()[0].net_minor, days()[0].vat_minor) == (2_400, 600)


class TestPaymentState:
    """Where a session's money is, in one word."""

    def test_a_session_under_way_has_no_price(self) -> None:
        session = a_cleared_session(None, state=ChargingSession.State.OPEN)
        assert payment_state_of(session).state == "not_rated"

    def test_a_held_session_says_why(self) -> None:
        gate = ChargingSession.Gate.HELD
        session = a_cleared_session(None, gate=gate, gate_reason="register jump")
        payment = payment_state_of(session)
        assert (payment.state, payment.problem) == ("held", "register jump")

    def test_a_charge_without_an_invoice_says_why(self) -> None:
        session = a_cleared_session(a_driver())
        rate_session(session_id=session.pk, now=NOON)
        payment = payment_state_of(session)
        assert (payment.state, payment.gross_minor, payment.currency) == (
            "no_account",
            4_000,
            "SEK",
        )

    def test_an_invoice_says_where_it_is(self, stand_in: StandIn) -> None:
        invoice = an_invoice()
        session = invoice.charge.session
        assert payment_state_of(session).state == "preparing"
        send_all()
        payment = payment_state_of(session)
        assert (payment.state, payment.is_paid, payment.invoice_number) == ("paid", True, 1)

    def test_many_sessions_cost_one_query(self, django_assert_num_queries: object) -> None:
        driver = a_payer()
        sessions = [an_invoice(driver, ref=str(n)).charge.session for n in range(3)]
        with django_assert_num_queries(1):  # type: ignore[operator]
            states = payment_states(sessions)
        assert [states[session.pk].state for session in sessions] == ["preparing"] * 3


class TestWhatIsOwed:
    """Lists for people."""

    def test_unpaid_invoices_and_charges_nobody_was_asked_for(self, stand_in: StandIn) -> None:
        paid = an_invoice()
        send_all()
        unpaid = an_invoice(a_payer("OTHER", card=""), ref="2")
        unasked = charged("3", NOON)
        assert list(invoices_unpaid()) == [unpaid]
        assert list(charges_not_invoiced()) == [unasked]
        assert paid.pk != unpaid.pk

    def test_calls_that_wait_for_a_person_or_too_long_are_stuck(self) -> None:
        an_invoice()
        now = timezone.now()
        assert not stuck_commands(now=now).exists()
        assert stuck_commands(now=now + timedelta(hours=2)).exists()
        StripeCommand.objects.update(state=StripeCommand.State.MANUAL)
        assert stuck_commands(now=now).exists()


def as_owner(statement: str) -> None:
    """Do to the books what the application cannot, once the database has checked what is there."""
    connection.check_constraints()
    with acting_as_owner(), connection.cursor() as cursor:
        cursor.execute(statement)


class TestAudit:
    """Each fault is found and named."""

    def test_right_books_have_no_faults(self, stand_in: StandIn) -> None:
        an_invoice()
        send_all()
        charged("2", NOON)
        charged("3", NOON, 0)
        assert ledger_faults() == []

    @pytest.mark.parametrize(
        ("damage", "fault"),
        [
            (
                "UPDATE billing_posting SET amount_minor = amount_minor + 1 WHERE amount_minor < 0",
                "is out of balance by",
            ),
            (
                "DELETE FROM billing_posting WHERE amount_minor = -800",
                "has 2 of its 3 postings",
            ),
            (
                "UPDATE billing_chargeline SET gross_minor = 1, net_minor = 0, vat_minor = 1",
                "is not what its lines come to (1)",
            ),
            (
                "UPDATE billing_journalentry SET ref = 'lost ' || ref",
                "of 4000 is booked as 0",
            ),
            (
                "UPDATE billing_invoice SET total_minor = 4001",
                "invoice 1 of 4001 is not its charge (4000)",
            ),
            (
                "UPDATE billing_invoice SET state = 'open', paid_at = NULL",
                "invoice 1 is open but its payment is booked as 4000",
            ),
            (
                "UPDATE billing_invoice SET state = 'open', paid_at = NULL",
                "receivables of volt are 0 SEK, but 4000 are unpaid",
            ),
            (
                "UPDATE billing_invoice SET number = 2",
                "invoice numbers of volt have a gap: 1 up to 2",
            ),
        ],
    )
    def test_damage_is_found(self, stand_in: StandIn, damage: str, fault: str) -> None:
        an_invoice()
        send_all()
        as_owner(damage)
        assert any(fault in found for found in ledger_faults())

    def test_the_command_is_silent_about_nothing(self) -> None:
        charged("1", NOON)
        said = StringIO()
        call_command("check_ledger", stdout=said)
        assert said.getvalue() == "The books balance.\n"

    def test_the_command_names_faults_and_fails(self) -> None:
        charged("1", NOON)
        as_owner("UPDATE billing_journalentry SET ref = 'lost ' || ref")
        said = StringIO()
        with pytest.raises(CommandError, match="faults in the books: 1"):
            call_command("check_ledger", stderr=said)
        assert "of 4000 is booked as 0" in said.getvalue()

    def test_the_nightly_task_counts_the_faults_of_every_tenant(self, volt: Tenant) -> None:
        charged("1", NOON)
        assert check_ledger() == 0
        as_owner("UPDATE billing_journalentry SET ref = 'lost ' || ref")
        assert check_ledger() == 1

    def test_another_tenants_faults_are_not_told(self, volt: Tenant) -> None:
        charged("1", NOON)
        as_owner("UPDATE billing_journalentry SET ref = 'lost ' || ref")
        with tenant_scope(a_tenant("ampere").id):
            assert ledger_faults() == []


def test_invoices_and_entries_are_as_many_as_they_should_be(stand_in: StandIn) -> None:
    an_invoice()
    send_all()
    assert (Invoice.objects.count(), JournalEntry.objects.count()) == (1, 2)
