"""Corrections whose money Stripe does not move: a person sees it and can mend it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from billing.models import Refund, Settlement, StripePayment, TariffVersion
from billing.selectors.correction_plans import Refusal
from billing.services.refunds import GivenBack, give_back_by_hand, refund_again
from billing.services.stripe_events import fetch_missed_events
from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from sessions_app.models import ChargingSession
from tests.billing.correction_scenes import (
    VOID,
    a_paid_session,
    an_accountant,
    balance_of,
    correct,
    decide,
    given_back,
    planned,
)
from tests.billing.scenes import (
    PLATFORM,
    a_payer,
    an_invoice,
    assert_books_are_right,
    calls_of,
    send_all,
    stripe_ref,
)

pytestmark = pytest.mark.usefixtures("volt")

NEEDS_PERSON = Settlement.State.NEEDS_PERSON
DONE = Settlement.State.DONE


@pytest.fixture
def session(tariff: TariffVersion, stand_in: StandIn) -> ChargingSession:
    """40.00 kr, paid."""
    return a_paid_session()


def the_charge(stand_in: StandIn) -> str:
    return str(stand_in.charges_succeeded(PLATFORM)[0]["id"])


def hear_of_everything() -> None:
    """Events reach us only by the list of those that no webhook brought."""
    fetch_missed_events(now=timezone.now())
    send_all()


def outcome() -> tuple[str, str]:
    settlement = Settlement.objects.get()
    return settlement.state, settlement.problem


class TestDisputed:
    """The driver's bank was asked for the money."""

    def test_a_dispute_we_know_of_is_refused_in_the_dry_run(
        self, session: ChargingSession, stand_in: StandIn
    ) -> None:
        stand_in.dispute_charge(PLATFORM, the_charge(stand_in))
        hear_of_everything()
        [refused] = planned(session, VOID).refused
        assert (refused.refusal, refused.detail) == (Refusal.DISPUTED, "1")

    def test_a_dispute_nobody_told_us_of_stops_the_refund(
        self, session: ChargingSession, stand_in: StandIn
    ) -> None:
        stand_in.dispute_charge(PLATFORM, the_charge(stand_in))
        correct(session, VOID)
        assert outcome() == (NEEDS_PERSON, "disputed")
        assert (calls_of(stand_in, "/credit_notes"), given_back(stand_in)) == (0, [])
        assert balance_of("receivable") == -4_000
        assert_books_are_right()


class TestRefundedByHand:
    """Somebody was faster, in Stripe's dashboard."""

    def test_a_refund_we_did_not_give_stops_ours(
        self, session: ChargingSession, stand_in: StandIn
    ) -> None:
        stand_in.refund_in_dashboard(PLATFORM, the_charge(stand_in), 4_000)
        correct(session, VOID)
        state, problem = outcome()
        assert (state, problem) == (NEEDS_PERSON, "refunded_by_hand: 4000 SEK")
        assert given_back(stand_in) == [4_000]
        assert_books_are_right()

    def test_a_person_says_that_this_was_it(
        self, session: ChargingSession, stand_in: StandIn
    ) -> None:
        stand_in.refund_in_dashboard(PLATFORM, the_charge(stand_in), 4_000)
        correct(session, VOID)
        refund, how = Refund.objects.get(), GivenBack.IN_DASHBOARD
        now, actor = timezone.now(), an_accountant()
        assert give_back_by_hand(refund_id=refund.pk, how=how, actor=actor, now=now)
        assert not give_back_by_hand(refund_id=refund.pk, how=how, actor=actor, now=now)
        assert outcome() == (DONE, "")
        assert (balance_of("receivable"), balance_of("stripe_pending")) == (0, 0)
        assert_books_are_right()


class TestSentBack:
    """The bank did not take the refund."""

    def came_back(self, session: ChargingSession, stand_in: StandIn) -> Refund:
        correct(session, VOID)
        stand_in.return_refund(PLATFORM, Refund.objects.get().stripe_refund_ref)
        hear_of_everything()
        return Refund.objects.get()

    def test_the_money_is_owed_again_and_a_person_is_told(
        self, session: ChargingSession, stand_in: StandIn
    ) -> None:
        refund = self.came_back(session, stand_in)
        assert refund.state == Refund.State.FAILED
        assert outcome() == (NEEDS_PERSON, "came_back: expired_or_canceled_card")
        assert (balance_of("receivable"), balance_of("stripe_pending")) == (-4_000, 4_000)
        assert_books_are_right()

    def test_it_is_given_back_by_bank_and_settled(
        self, session: ChargingSession, stand_in: StandIn
    ) -> None:
        refund = self.came_back(session, stand_in)
        how, actor = GivenBack.ELSEWHERE, an_accountant()
        assert give_back_by_hand(refund_id=refund.pk, how=how, actor=actor, now=timezone.now())
        assert outcome() == (DONE, "")
        assert [balance_of(code) for code in ("receivable", "stripe_pending", "bank")] == [
            0,
            4_000,
            -4_000,
        ]
        assert_books_are_right()

    def test_hearing_of_it_twice_books_it_once(
        self, session: ChargingSession, stand_in: StandIn
    ) -> None:
        self.came_back(session, stand_in)
        hear_of_everything()
        assert balance_of("receivable") == -4_000
        assert_books_are_right()


class TestRefusedByStripe:
    """Stripe says no to the refund, or to withdrawing the invoice."""

    def test_it_can_be_tried_again_once_the_reason_is_gone(
        self, session: ChargingSession, stand_in: StandIn
    ) -> None:
        stand_in.refund_in_dashboard(PLATFORM, the_charge(stand_in), 100)
        correct(session, VOID)
        refund = Refund.objects.get()
        stand_in.return_refund(PLATFORM, stand_in.objects(PLATFORM, "refund")[0]["id"])
        assert refund_again(refund_id=refund.pk, now=timezone.now())
        send_all()
        assert (outcome(), given_back(stand_in)) == ((DONE, ""), [4_000])
        assert not refund_again(refund_id=refund.pk, now=timezone.now())
        assert_books_are_right()


class TestFaults:
    """Lost requests and replies give one refund."""

    @pytest.mark.parametrize("path", ["/void", "/credit_notes", "/invoice_payments"])
    @pytest.mark.parametrize(
        "kind", [FaultKind.LOST_REQUEST, FaultKind.LOST_REPLY, FaultKind.PASSING_SERVER_ERROR]
    )
    def test_a_lost_call_is_made_again_once(
        self,
        tariff: TariffVersion,
        stand_in: StandIn,
        clock: time_machine.Traveller,
        kind: FaultKind,
        path: str,
    ) -> None:
        invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
        send_all()
        if path != "/void":
            stand_in.pay_hosted_invoice(PLATFORM, stripe_ref(invoice))
            hear_of_everything()
        stand_in.fail(Fault(kind, path=f"*{path}", times=3))
        decide(planned(invoice.charge.session, VOID))
        send_all()
        clock.shift(timedelta(seconds=2))
        send_all()
        assert outcome() == (DONE, "")
        assert given_back(stand_in) == ([] if path == "/void" else [4_000])
        assert_books_are_right()

    @pytest.mark.parametrize("after_work", [False, True])
    def test_a_kept_failure_of_the_refund_is_looked_into(
        self,
        session: ChargingSession,
        stand_in: StandIn,
        clock: time_machine.Traveller,
        after_work: bool,
    ) -> None:
        fault = Fault(FaultKind.SERVER_ERROR, path="*/credit_notes", after_work=after_work)
        stand_in.fail(fault)
        correct(session, VOID)
        for wait in (timedelta(seconds=2), timedelta(minutes=11)):
            clock.shift(wait)
            send_all()
        assert (outcome(), given_back(stand_in)) == ((DONE, ""), [4_000])
        assert_books_are_right()

    def test_a_refund_is_not_doubled_by_its_own_event(
        self, session: ChargingSession, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REPLY, path="*/credit_notes", times=3))
        correct(session, VOID)
        hear_of_everything()
        clock.shift(timedelta(seconds=2))
        send_all()
        hear_of_everything()
        assert (outcome(), given_back(stand_in)) == ((DONE, ""), [4_000])
        assert StripePayment.objects.get().refunded_minor == 4_000
        assert_books_are_right()
