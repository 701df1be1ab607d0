"""Whatever happens in whatever order to payments on the spot: once, in time, and to the öre."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Payment, StripeCommand
from billing.selectors.ad_hoc import cost_in_force_minor
from billing.services.ad_hoc.opening import stop_by_payer
from billing.services.stripe_commands import claim_next_command
from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from tests.billing.ad_hoc_scenes import Stranger, a_stranger, answer, balance, is_online
from tests.billing.scenes import PLATFORM, assert_books_are_right, send_all

pytestmark = pytest.mark.usefixtures("tariff")
State = Payment.State
FINISHED = {State.CAPTURED, State.PARTLY_REFUNDED, State.REFUNDED, State.CANCELLED, State.EXPIRED}
STEPS = ("pay", "pay", "plug_in", "plug_in", "unplug", "refuse", "stop", "wait", "kill", "look")
FAULTS = (
    FaultKind.LOST_REQUEST,
    FaultKind.LOST_REPLY,
    FaultKind.SERVER_ERROR,
    FaultKind.RATE_LIMITED,
)
LEASE = timedelta(seconds=181)

steps = st.lists(st.sampled_from((*STEPS, *FAULTS)), min_size=3, max_size=9)


class Life:
    """One stranger, to whom anything may happen."""

    def __init__(self, stranger: Stranger, clock: time_machine.Traveller) -> None:
        self.stranger, self.clock = stranger, clock
        stranger.open()

    def suffer(self, step: str) -> None:
        """One step, if it can happen now."""
        payment, session = self.stranger.row, self.stranger.row.session
        if step in FAULTS:
            self.stranger.stand_in.fail(Fault(FaultKind(step), times=3))
        elif step == "pay" and payment.stripe_checkout_ref and not payment.stripe_intent_ref:
            if payment.state == State.CREATED and not self.intents():
                self.stranger.pay()
        elif step == "plug_in" and payment.start_command_id and session is None:
            self.stranger.plug_in()
        elif step == "unplug" and session is not None and session.ended_at is None:
            self.stranger.unplug(session, energy_wh=10_000)
        elif step == "refuse" and payment.start_command_id:
            answer(payment, state="answered", response={"status": "Rejected"})
        elif step == "stop":
            stop_by_payer(payment_id=payment.pk, now=timezone.now())
        elif step == "kill":
            claim_next_command(timezone.now())
        self.pass_time(LEASE if step == "wait" else timedelta(seconds=1))

    def pass_time(self, by: timedelta) -> None:
        self.clock.shift(by)
        is_online(self.stranger.connector.charge_point)
        self.stranger.tell()

    def settle(self) -> None:
        """No more faults: everything that is still open comes to its end by itself."""
        self.stranger.stand_in.api.faults.clear()
        session = self.stranger.row.session
        if session is not None and session.ended_at is None:
            self.stranger.unplug(session, energy_wh=10_000)
        for _round in range(12):
            self.pass_time(timedelta(minutes=12))
            send_all()

    def intents(self) -> list[dict[str, object]]:
        """The payments at Stripe that carry this one's id."""
        return [
            row
            for row in self.stranger.stand_in.objects(PLATFORM, "payment_intent")
            if row["metadata"].get("payment") == str(self.stranger.row.pk)
        ]


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_every_payment_ends_once_and_in_balance(
    steps: list[str], volt: object, stand_in: StandIn, clock: time_machine.Traveller
) -> None:
    life = Life(a_stranger(stand_in), clock)
    for step in steps:
        life.suffer(step)
    life.settle()
    done = life.stranger.row
    assert done.state in FINISHED
    assert done.due_at is None
    [*intents] = life.intents()
    assert len(intents) <= 1
    assert all(intent["status"] in ("succeeded", "canceled") for intent in intents)
    cost_minor = cost_in_force_minor(done.session_id) if done.session_id else None
    assert 0 <= done.refunded_minor <= done.captured_minor <= done.authorised_minor
    assert done.kept_minor <= (cost_minor or 0)
    assert done.kept_minor + done.written_off_minor == (cost_minor or 0)
    assert balance("receivable") == 0
    waiting = StripeCommand.objects.filter(state__in=("pending", "sending", "unknown", "manual"))
    assert not waiting.exists()
    assert_books_are_right()
