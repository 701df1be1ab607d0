"""Sessions ready to be billed, and the whole way of their invoices, for the tests of billing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from billing.models import Invoice, StripeCommand
from billing.selectors import ledger_faults
from billing.services.charges import rate_session
from billing.services.invoices import issue_invoice, open_billing_account
from billing.services.stripe_commands import send_due_stripe_commands
from chargepoints.models import ChargePoint
from config.devstack.stripe_stand_in import StandIn, account_of_key
from outbox.services import deliver_due
from sessions_app.models import ChargingSession, Driver
from tests.cast import NOON, a_charge_point, a_driver, a_session

PLATFORM = account_of_key("sk_test_standin")
NO_LINES: list[str] = []


def a_payer(uid: str = "AABBCC", card: str = "pm_card_visa") -> Driver:
    """A driver with a billing account and a card."""
    driver = a_driver(uid)
    open_billing_account(driver_id=driver.pk, payment_method_ref=card)
    return driver


def a_cleared_session(
    driver: Driver | None, energy_wh: int = 10_000, ref: str = "1", **more: Any
) -> ChargingSession:
    """An hour of charging that the checks let through; 40.00 kr under the tests' tariff."""
    station = more.pop("charge_point", None)
    charge_point = station or ChargePoint.objects.first() or a_charge_point()
    return a_session(
        charge_point,
        ref,
        driver=driver,
        energy_wh=energy_wh,
        **{
            "state": ChargingSession.State.COMPLETED,
            "gate": ChargingSession.Gate.CLEARED,
            "ended_at": NOON + timedelta(hours=1),
            **more,
        },
    )


def an_invoice(driver: Driver | None = None, ref: str = "1", **more: Any) -> Invoice:
    """An invoice just issued; nothing is sent yet."""
    now = timezone.now()
    session = a_cleared_session(driver or a_payer(), ref=ref, **more)
    charge = rate_session(session_id=session.pk, now=now)
    invoice = issue_invoice(charge_id=charge.pk, now=now)
    assert invoice is not None
    return invoice


def send_all() -> None:
    """Everything that is owed and due, to the end."""
    while deliver_due() + send_due_stripe_commands():
        pass


def send_until(invoice: Invoice, operation: str) -> StripeCommand:
    """Send call by call until this one is owed for the invoice; it is not sent yet."""
    owed = StripeCommand.objects.filter(entity_id=invoice.pk, operation=operation)
    while not owed.exists():
        assert send_due_stripe_commands(limit=1) == 1
    return owed.get()


def stripe_ref(invoice: Invoice) -> str:
    """The invoice's id at Stripe, as it is known now."""
    invoice.refresh_from_db()
    return invoice.stripe_invoice_ref


def state_of(invoice: Invoice) -> str:
    """The invoice's state as it is now."""
    invoice.refresh_from_db()
    return invoice.state


def calls_of(stand_in: StandIn, part: str) -> int:
    """How many requests whose path ends so."""
    return sum(seen.path.endswith(part) for seen in stand_in.requests)


def command_states(invoice: Invoice) -> dict[str, str]:
    """The calls about an invoice and where they are."""
    commands = StripeCommand.objects.filter(entity_id=invoice.pk).order_by("created_at", "id")
    return {command.operation: command.state for command in commands}


def assert_books_are_right() -> None:
    """The audit finds nothing."""
    assert ledger_faults() == NO_LINES
