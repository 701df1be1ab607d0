"""From a cleared session to money at Stripe, against the stand-in and the real SDK."""

from __future__ import annotations

import pytest

from billing.models import Invoice
from config.devstack.stripe_stand_in import StandIn
from tests.billing.scenes import (
    PLATFORM,
    an_invoice,
    assert_books_are_right,
    command_states,
    send_all,
    state_of,
)

pytestmark = pytest.mark.usefixtures("tariff")


def test_a_cleared_session_ends_as_money_at_stripe(stand_in: StandIn) -> None:
    invoice = an_invoice()
    send_all()
    print(command_states(invoice))
    assert state_of(invoice) == Invoice.State.PAID
    [charge] = stand_in.charges_succeeded(PLATFORM)
    assert (charge["amount"], charge["currency"]) == (4_000, "sek")
    assert_books_are_right()
