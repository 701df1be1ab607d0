"""Corrections at random, with calls lost, events late and doubled: the money always adds up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from billing.events import StripeEventStored
from billing.models import (
    Correction,
    CreditNote,
    Invoice,
    Refund,
    Settlement,
    StripeCommand,
    StripeEvent,
)
from billing.selectors import current_charge, ledger_faults, payment_state_of
from billing.selectors.payments import VOIDED
from billing.selectors.settlements import written_off_minor
from billing.services.collection import retry_payment
from billing.services.corrections import NothingToCorrect, PlanChanged
from billing.services.stripe_commands import send_due_stripe_commands
from billing.services.stripe_events import fetch_missed_events
from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from config.devstack.stripe_stand_in.errors import ApiError
from outbox.models import Delivery
from outbox.services import deliver_due, publish
from sessions_app.models import ChargingSession
from tenants.scope import tenant_scope
from tests.billing.correction_scenes import RE_RATE, VOID, another_version, decide, planned
from tests.billing.scenes import PLATFORM, a_payer, an_invoice
from tests.cast import a_tariff, a_tenant

CARDS = ("pm_card_visa", "pm_card_chargeCustomerFail")
PRICES = (("3.00", "0"), ("4.20", "0"), ("5.00", "0"), ("3.00", "10.00"), ("0.10", "0"))
LOST = (FaultKind.LOST_REQUEST, FaultKind.LOST_REPLY, FaultKind.PASSING_SERVER_ERROR)
WAITS = (timedelta(seconds=3), timedelta(minutes=11), timedelta(hours=30))
UNFINISHED = ("pending", "sending", "unknown")

numbers = count(1)
places = st.integers(min_value=0, max_value=9)


class Corrections(RuleBasedStateMachine):
    """One operator with up to three sessions at a Stripe that loses things."""

    stand_in: StandIn

    def __init__(self) -> None:
        super().__init__()
        self.travel = time_machine.travel(datetime.now(UTC), tick=False)
        self.clock = self.travel.start()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.scope = tenant_scope(a_tenant(f"volt-{next(numbers)}").id)
        self.scope.__enter__()
        self.tariff = a_tariff()
        self.versions = [another_version(self.tariff, *price) for price in PRICES]
        self.sessions: list[ChargingSession] = []

    @precondition(lambda self: len(self.sessions) < 3)
    @rule(card=st.sampled_from(CARDS))
    def charge(self, card: str) -> None:
        ref = str(len(self.sessions) + 1)
        invoice = an_invoice(a_payer(f"AABBC{ref}", card), ref=ref)
        self.sessions.append(invoice.charge.session)

    @precondition(lambda self: self.sessions)
    @rule(place=places, price=places, kind=st.sampled_from((VOID, RE_RATE, RE_RATE, RE_RATE)))
    def correct(self, place: int, price: int, kind: Any) -> None:
        session = self.sessions[place % len(self.sessions)]
        version = self.versions[price % len(PRICES)] if kind == RE_RATE else None
        plan = planned(session, kind, version_id=version and version.pk)
        try:
            decide(plan)
        except (NothingToCorrect, PlanChanged):
            assert not plan.corrections

    @rule(steps=st.integers(min_value=1, max_value=6))
    def work_a_little(self, steps: int) -> None:
        deliver_due(limit=steps)
        send_due_stripe_commands(limit=steps)

    @rule()
    def work(self) -> None:
        while deliver_due() + send_due_stripe_commands():
            pass

    @rule(kind=st.sampled_from(LOST), path=st.sampled_from(("*", "*/credit_notes", "*/void")))
    def lose_something(self, kind: FaultKind, path: str) -> None:
        self.stand_in.fail(Fault(kind, path=path, times=3))

    @rule()
    def hear_late(self) -> None:
        fetch_missed_events(now=timezone.now())

    @rule(place=places)
    def hear_twice(self, place: int) -> None:
        events = list(StripeEvent.objects.order_by("id"))
        if events:
            event = events[place % len(events)]
            publish(StripeEventStored(stripe_event_id=event.pk, occurred_at=timezone.now()))

    @rule(wait=st.sampled_from(WAITS))
    def wait(self, wait: timedelta) -> None:
        self.clock.shift(wait)

    @precondition(lambda self: self.sessions)
    @rule(place=places)
    def pay_by_link(self, place: int) -> None:
        session = self.sessions[place % len(self.sessions)]
        for invoice in Invoice.objects.filter(charge__session=session):
            try:
                self.stand_in.pay_hosted_invoice(PLATFORM, invoice.stripe_invoice_ref)
            except ApiError:
                continue

    @rule()
    def charge_again(self) -> None:
        for invoice in Invoice.objects.filter(state=Invoice.State.PAST_DUE):
            retry_payment(invoice_id=invoice.pk, now=timezone.now())

    @invariant()
    def the_books_are_right(self) -> None:
        assert ledger_faults() == []

    def teardown(self) -> None:
        try:
            self.stand_in.faults.clear()
            for _ in range(12):
                self.work()
                self.hear_late()
                self.clock.shift(WAITS[1])
                if not self.is_something_owed():
                    break
            self.check_the_end()
        finally:
            self.scope.__exit__(None, None, None)
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)
            self.travel.stop()

    def is_something_owed(self) -> bool:
        return (
            Delivery.objects.filter(state=Delivery.State.PENDING).exists()
            or StripeCommand.objects.filter(state__in=UNFINISHED).exists()
        )

    def check_the_end(self) -> None:
        assert not self.is_something_owed()
        assert ledger_faults() == []
        assert not Settlement.objects.exclude(state=Settlement.State.DONE).exists()
        assert not Refund.objects.exclude(state=Refund.State.GIVEN).exists()
        notes = CreditNote.objects.values_list("number", flat=True)
        assert sorted(notes) == list(range(1, len(notes) + 1))
        for session in self.sessions:
            self.check_session(session)

    def check_session(self, session: ChargingSession) -> None:
        """What Stripe has of a session, with what is still asked for, is what it costs now."""
        charge = current_charge(ChargingSession.objects.get(pk=session.pk))
        assert (charge is None) == (payment_state_of(session).state == VOIDED)
        total = 0 if charge is None else charge.gross_minor
        invoice = Invoice.objects.filter(charge=charge).first() if charge else None
        unpaid = invoice is not None and invoice.state != Invoice.State.PAID
        asked_for = invoice.due_minor if invoice is not None and unpaid else 0
        nobody = total if invoice is None else 0
        held = self.held_at_stripe(session)
        assert held + asked_for + nobody + written_off_minor(session.pk) == total
        for correction in Correction.objects.filter(session=session):
            had_invoice = Invoice.objects.filter(charge=correction.old_charge).exists()
            assert had_invoice == CreditNote.objects.filter(correction=correction).exists()

    def held_at_stripe(self, session: ChargingSession) -> int:
        ids = {
            str(pk)
            for pk in Invoice.objects.filter(charge__session=session).values_list("id", flat=True)
        }
        invoices = {
            row["id"]
            for row in self.stand_in.objects(PLATFORM, "invoice")
            if row["metadata"].get("invoice") in ids
        }
        payments = [
            row
            for row in self.stand_in.objects(PLATFORM, "invoice_payment")
            if row["invoice"] in invoices and row["status"] == "paid"
        ]
        intents = {row["payment"]["payment_intent"] for row in payments}
        back = sum(
            row["amount"]
            for row in self.stand_in.objects(PLATFORM, "refund")
            if row["payment_intent"] in intents and row["status"] == "succeeded"
        )
        return sum(row["amount_paid"] for row in payments) - back


@pytest.mark.usefixtures("_no_bell")
@pytest.mark.django_db
def test_whatever_is_corrected_and_lost_the_money_adds_up(stand_in: StandIn) -> None:
    Corrections.stand_in = stand_in
    run_machine(
        Corrections,
        settings=settings(
            max_examples=max(6, settings.default.max_examples // 12),
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
