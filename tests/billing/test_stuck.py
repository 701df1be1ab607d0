"""Money past its deadline is listed with what to do, and the button does it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import Discrepancy, Invoice, StripeCommand, TariffVersion
from billing.selectors.stuck import Remedy, stuck_rows
from config.devstack.stripe_stand_in import StandIn
from tenants.models import Role
from tests.billing.scenes import a_cleared_session, a_payer, an_invoice, send_all
from tests.cast import a_member

PAGE = "/admin/billing/discrepancy/stuck/"


@pytest.fixture
def accountant(tariff: TariffVersion) -> Client:
    """A member who may see money, reading English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(a_member(Role.ACCOUNTANT))
    return client


def stuck(days: int = 0) -> list[tuple[str, Remedy]]:
    return [(row.page, row.remedy) for row in stuck_rows(timezone.now() + timedelta(days=days))]


def test_what_came_to_its_end_is_never_stuck(tariff: TariffVersion, stand_in: StandIn) -> None:
    an_invoice()
    send_all()
    assert stuck(days=400) == []


def test_a_refused_card_is_stuck_once_its_reminders_are_over(
    tariff: TariffVersion, stand_in: StandIn
) -> None:
    an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
    send_all()
    assert stuck(days=13) == []
    assert stuck(days=15) == [("billing_invoice", Remedy.CHARGE_AGAIN)]


def test_a_session_nobody_was_billed_for_is_stuck(tariff: TariffVersion) -> None:
    a_cleared_session(None)
    assert stuck(days=1) == [("sessions_app_chargingsession", Remedy.NONE)]


def test_a_call_for_a_person_is_sent_again_by_its_button(
    accountant: Client, stand_in: StandIn
) -> None:
    an_invoice()
    StripeCommand.objects.update(state=StripeCommand.State.MANUAL)
    row_id = StripeCommand.objects.get().pk
    assert "Look up and send again" in accountant.get(PAGE).content.decode()
    accountant.post(PAGE, {"remedy": "send_again", "row": str(row_id)})
    send_all()
    assert Invoice.objects.get().state == Invoice.State.PAID
    assert "No money is stuck." in accountant.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "form",
    [{}, {"remedy": "sell"}, {"remedy": "look", "row": "0198c0de-0000-7000-8000-000000000000"}],
)
def test_a_button_that_is_none_changes_nothing(accountant: Client, form: dict[str, str]) -> None:
    answer = accountant.post(PAGE, form, follow=True)
    assert answer.status_code == 200
    assert not StripeCommand.objects.exists()


def test_technicians_do_not_see_stuck_money(accountant: Client) -> None:
    accountant.force_login(a_member(Role.TECHNICIAN))
    assert accountant.get(PAGE).status_code == 403


def test_a_discrepancy_is_worked_through_on_its_page(accountant: Client) -> None:
    row = Discrepancy.objects.create(
        kind=Discrepancy.Kind.UNKNOWN_PAYMENT,
        about="balance SEK",
        currency="SEK",
        theirs_minor=2_500,
        found_at=timezone.now(),
    )
    page = f"/admin/billing/discrepancy/{row.pk}/change/"
    shown = accountant.get(page).content.decode()
    assert "Somebody was charged outside" in shown
    assert "SEK\N{NO-BREAK SPACE}25.00" in shown
    assert "This field is required" in accountant.post(page, {"note": " "}).content.decode()
    refused = accountant.post(page, {"note": "Booked", "book_on": "bank"}).content.decode()
    assert "no single movement or entry" in refused
    accountant.post(page, {"note": "Asked Stripe", "book_on": ""})
    row.refresh_from_db()
    assert (row.state, row.note, row.ended_by.email) == (
        "settled",
        "Asked Stripe",
        "accountant@example.com",
    )
