"""kill -9 of the worker at every step of a correction: one credit note, one refund, right books."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from billing.models import (
    Correction,
    CorrectionKind,
    CreditNote,
    CreditNoteCounter,
    Invoice,
    Refund,
    Settlement,
)
from billing.selectors.correction_plans import CorrectionRequest, SessionChoice
from billing.selectors.corrections import plan_corrections
from billing.services.corrections import start_corrections
from config.devstack.stripe_stand_in import Fault, FaultKind, Seen
from tests.billing.scenes import PLATFORM, assert_books_are_right
from tests.cast import a_member
from tests.chaos.test_invoicing_kills import (
    Call,
    RowLock,
    Scene,
    lock,
    nothing_is_owed,
    own_worker,
    scene,
    stand_in,
    wait_until,
)

__all__ = ["lock", "own_worker", "scene", "stand_in"]

pytestmark = pytest.mark.django_db(transaction=True)

CALLS = [
    Call("look_at_payment", "GET", "/v1/invoice_payments", "billing_invoice"),
    Call("give_back", "POST", "/v1/credit_notes", "billing_refund"),
]
at_every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)


def void_a_paid_session(scene: Scene) -> None:
    """40.00 kr were paid, and all of it is to go back."""
    scene.clear_session()
    wait_until(
        lambda: Invoice.objects.filter(state="paid").exists() and nothing_is_owed(), ring=True
    )
    sessions = SessionChoice((Invoice.objects.get().charge.session_id,))
    plan = plan_corrections(CorrectionRequest(CorrectionKind.VOID, sessions))
    start_corrections(
        request=plan.request,
        digest=plan.digest,
        reason="Broken station",
        actor=a_member(),
        now=timezone.now(),
    )


def assert_given_back_once(scene: Scene) -> None:
    scene.stand_in.api.observer = None
    scene.start_worker()
    wait_until(nothing_is_owed, ring=True)
    payments = {row["payment_intent"] for row in scene.ours("charge")}
    refunds = scene.stand_in.objects(PLATFORM, "refund")
    ours = [row["amount"] for row in refunds if row["payment_intent"] in payments]
    assert ours == [4_000]
    assert Settlement.objects.get().state == Settlement.State.DONE
    assert Refund.objects.get().state == Refund.State.GIVEN
    assert (Correction.objects.count(), CreditNote.objects.get().number) == (1, 1)
    assert_books_are_right()


@at_every_call
def test_killed_before_stripe_hears_of_it(scene: Scene, call: Call) -> None:
    def strike(seen: Seen) -> bool:
        scene.kill_worker()
        return True

    lost = FaultKind.LOST_REQUEST
    scene.stand_in.fail(Fault(lost, method=call.method, path=call.path, matches=strike))
    void_a_paid_session(scene)
    scene.wait_for_strike()
    assert_given_back_once(scene)


@at_every_call
def test_killed_before_it_hears_the_answer(scene: Scene, call: Call) -> None:
    def strike(seen: Seen, body: Any) -> None:
        if call.covers(seen):
            scene.kill_worker()

    scene.stand_in.api.observer = strike
    void_a_paid_session(scene)
    scene.wait_for_strike()
    assert_given_back_once(scene)


def test_killed_while_it_writes_that_the_money_went_back(scene: Scene, lock: RowLock) -> None:
    def strike(seen: Seen, body: Any) -> None:
        if CALLS[1].covers(seen) and not scene.struck.is_set():
            lock.take("SELECT 1 FROM billing_refund FOR UPDATE")
            scene.struck.set()

    scene.stand_in.api.observer = strike
    void_a_paid_session(scene)
    scene.wait_for_strike()
    lock.wait_for_waiter()
    scene.kill_worker()
    lock.release()
    assert_given_back_once(scene)


def test_killed_between_the_correction_and_its_credit_note(scene: Scene, lock: RowLock) -> None:
    CreditNoteCounter.objects.create()
    lock.take("SELECT 1 FROM billing_creditnotecounter FOR UPDATE")
    void_a_paid_session(scene)
    lock.wait_for_waiter()
    scene.kill_worker()
    lock.release()
    assert not Correction.objects.exists()
    assert_given_back_once(scene)
