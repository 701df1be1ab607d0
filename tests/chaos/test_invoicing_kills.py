"""kill -9 of the worker at every step of invoicing: one invoice, one charge, books that balance.

A real worker, a real broker, a real PostgreSQL, and Stripe's stand-in, which lets a test strike
while a request is on its way. After each kill the broker's messages are thrown away as well: what
is owed must be found again in the database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone

from billing.models import Charge, Invoice, InvoiceCounter, JournalEntry, StripeCommand
from billing.services.owed_calls import SEND_TASK
from billing.services.stripe_events import store_event
from billing.stripe_gateway import CallFor, StripeGateway
from config.celery import app
from config.devstack.rented import WorkerProcess, child_environment
from config.devstack.stripe_stand_in import Fault, FaultKind, Seen, StandIn
from outbox import bell
from outbox.models import Delivery
from outbox.services import deliver_due, publish
from sessions_app.events import SessionCleared
from sessions_app.models import ChargingSession
from tenants.scope import tenant_scope
from tests.billing.scenes import (
    PLATFORM,
    a_cleared_session,
    a_payer,
    assert_books_are_right,
    state_of,
)
from tests.cast import NOON, a_tariff, a_tenant
from tests.stripe_stand_in.conformance import checked_stand_in

pytestmark = pytest.mark.django_db(transaction=True)

WITHIN_S = 60.0
ACCOUNT, INVOICE = "billing_billingaccount", "billing_invoice"


@dataclass(frozen=True)
class Call:
    """One call of the way, and the row that settling its answer locks."""

    name: str
    method: str
    path: str
    settles: str

    def covers(self, seen: Seen) -> bool:
        return seen.method == self.method and fnmatchcase(seen.path, self.path)


CALLS = [
    Call("create_customer", "POST", "/v1/customers", ACCOUNT),
    Call("attach_payment_method", "POST", "*/attach", ACCOUNT),
    Call("set_default_method", "POST", "/v1/customers/cus_*", ACCOUNT),
    Call("create_invoice", "POST", "/v1/invoices", INVOICE),
    Call("add_lines", "POST", "*/add_lines", INVOICE),
    Call("finalize_invoice", "POST", "*/finalize", INVOICE),
    Call("pay_invoice", "POST", "*/pay", INVOICE),
    Call("fetch_invoice", "GET", "/v1/invoices/in_*", INVOICE),
]
at_every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
# What the database has after such a kill is the same for all; one of each kind is enough.
at_some_calls = pytest.mark.parametrize(
    "call", [CALLS[0], CALLS[6], CALLS[7]], ids=lambda call: call.name
)


class Scene:
    """The worker, Stripe, and one session to be billed."""

    def __init__(self, worker: WorkerProcess, stand_in: StandIn) -> None:
        self.worker = worker
        self.stand_in = stand_in
        self.struck = threading.Event()

    def start_worker(self) -> None:
        """With little patience, and at the stand-in."""
        self.worker.start(
            {
                "STRIPE_API_BASE": self.stand_in.url,
                "STRIPE_LEASE_MS": "1500",
                "STRIPE_FIRST_WAIT_MS": "50",
                "STRIPE_LONGEST_WAIT_MS": "500",
            }
        )

    def kill_worker(self) -> None:
        """kill -9, and nothing left in the broker that could remind anybody."""
        self.worker.kill()
        app.control.purge()
        self.struck.set()

    def clear_session(self, card: str = "pm_card_visa") -> ChargingSession:
        """A session that the checks let through, told to the outbox."""
        session = a_cleared_session(a_payer(card=card))
        with transaction.atomic():
            publish(SessionCleared(session_id=session.pk, occurred_at=NOON))
        return session

    def wait_for_strike(self) -> None:
        assert self.struck.wait(WITHIN_S), self.worker.log[-4000:]

    def finish(self) -> Invoice:
        """Start the worker again and sweep, as beat does, until nothing is owed any more."""
        assert not self.worker.is_running
        self.stand_in.api.observer = None
        self.start_worker()
        wait_until(nothing_is_owed, ring=True)
        return Invoice.objects.get()

    def assert_once(self, invoice: Invoice) -> None:
        """One invoice and one charge at Stripe, one of everything here, and right books."""
        assert state_of(invoice) == Invoice.State.PAID
        assert [row["id"] for row in self.ours("invoice")] == [invoice.stripe_invoice_ref]
        charges = [row["amount"] for row in self.ours("charge") if row["status"] == "succeeded"]
        assert charges == [invoice.total_minor] == [4_000]
        assert (Charge.objects.count(), JournalEntry.objects.count()) == (1, 2)
        assert_books_are_right()

    def ours(self, kind: str) -> list[dict[str, Any]]:
        """Objects at Stripe that are for the one customer of this scene."""
        customers = self.stand_in.objects(PLATFORM, "customer")
        tenant_id = str(Invoice.objects.get().tenant_id)
        [customer] = [c["id"] for c in customers if c["metadata"]["tenant"] == tenant_id]
        return [o for o in self.stand_in.objects(PLATFORM, kind) if o["customer"] == customer]


class RowLock:
    """A lock held from outside, so that the worker stops in the middle of a transaction."""

    def __init__(self) -> None:
        url = child_environment()["DATABASE_URL"]
        self.holder = psycopg.connect(url)
        self.holder.execute("SELECT set_config('laddbok.tenant', '*', false)")
        self.holder.commit()
        # Inside a transaction the activity that was seen first is seen for ever.
        self.watcher = psycopg.connect(url, autocommit=True)

    def take(self, statement: str) -> None:
        self.holder.execute(statement)

    def wait_for_waiter(self) -> None:
        """Until somebody waits for a lock in this database."""
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        wait_until(lambda: self.watcher.execute(waiting).fetchone() != (0,))

    def release(self) -> None:
        self.holder.rollback()

    def close(self) -> None:
        self.holder.close()
        self.watcher.close()


def wait_until(holds: Callable[[], bool], *, ring: bool = False) -> None:
    """Ask again and again, with the sweeps rung in between if wanted; fails after a minute."""
    deadline_s = time.monotonic() + WITHIN_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline_s
        if ring:
            bell.ring()
            bell.ring(SEND_TASK)
        pause.wait(0.1)


def nothing_is_owed() -> bool:
    unfinished = ("pending", "sending", "unknown")
    return not (
        Delivery.objects.filter(state=Delivery.State.PENDING).exists()
        or StripeCommand.objects.filter(state__in=unfinished).exists()
    )


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with checked_stand_in() as running:
        yield running


@pytest.fixture(scope="module")
def own_worker(worker: WorkerProcess) -> Iterator[WorkerProcess]:
    """The run's worker, restarted so that it talks to our stand-in."""
    worker.stop()
    yield worker
    worker.stop()


@pytest.fixture
def scene(own_worker: WorkerProcess, stand_in: StandIn) -> Iterator[Scene]:
    with tenant_scope(a_tenant().id):
        a_tariff()
        scene = Scene(own_worker, stand_in)
        scene.start_worker()
        yield scene
    stand_in.api.observer = None


@pytest.fixture
def lock() -> Iterator[RowLock]:
    row_lock = RowLock()
    yield row_lock
    row_lock.close()


@at_every_call
def test_killed_before_stripe_hears_of_a_call(scene: Scene, call: Call) -> None:
    def strike(seen: Seen) -> bool:
        scene.kill_worker()
        return True

    lost = FaultKind.LOST_REQUEST
    scene.stand_in.fail(Fault(lost, method=call.method, path=call.path, matches=strike))
    scene.clear_session()
    scene.wait_for_strike()
    scene.assert_once(scene.finish())


@at_every_call
def test_killed_before_it_hears_stripes_answer(scene: Scene, call: Call) -> None:
    def strike(seen: Seen, body: Any) -> None:
        if call.covers(seen):
            scene.kill_worker()

    scene.stand_in.api.observer = strike
    scene.clear_session()
    scene.wait_for_strike()
    scene.assert_once(scene.finish())


@at_some_calls
def test_killed_while_it_writes_the_answer_down(scene: Scene, lock: RowLock, call: Call) -> None:
    def strike(seen: Seen, body: Any) -> None:
        if call.covers(seen) and not scene.struck.is_set():
            lock.take(f"SELECT 1 FROM {call.settles} FOR UPDATE")  # noqa: S608
            scene.struck.set()

    scene.stand_in.api.observer = strike
    scene.clear_session()
    scene.wait_for_strike()
    lock.wait_for_waiter()
    scene.kill_worker()
    lock.release()
    scene.assert_once(scene.finish())


def test_killed_between_the_charge_and_its_invoice(scene: Scene, lock: RowLock) -> None:
    InvoiceCounter.objects.create()
    lock.take("SELECT 1 FROM billing_invoicecounter FOR UPDATE")
    scene.clear_session()
    lock.wait_for_waiter()
    scene.kill_worker()
    lock.release()
    assert not Charge.objects.exists()
    invoice = scene.finish()
    scene.assert_once(invoice)
    assert invoice.number == 1


def test_killed_while_it_claims_a_call(
    scene: Scene, lock: RowLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as quiet:
        quiet.setattr(bell, "ring", lambda *args: None)
        scene.clear_session()
        deliver_due()
    lock.take("LOCK TABLE billing_stripecommand IN SHARE MODE")
    bell.ring(SEND_TASK)
    lock.wait_for_waiter()
    scene.kill_worker()
    lock.release()
    scene.assert_once(scene.finish())


def test_killed_with_everything_decided_and_nothing_sent(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as quiet:
        quiet.setattr(bell, "ring", lambda *args: None)
        scene.clear_session()
        deliver_due()
    scene.kill_worker()
    assert StripeCommand.objects.get().state == StripeCommand.State.PENDING
    scene.assert_once(scene.finish())


def test_killed_while_it_answers_a_webhook(scene: Scene, lock: RowLock, settings: Any) -> None:
    scene.clear_session("pm_card_authenticationRequired")
    wait_until(lambda: Invoice.objects.filter(state="action_required").exists(), ring=True)
    invoice = Invoice.objects.get()
    scene.stand_in.pay_hosted_invoice(PLATFORM, invoice.stripe_invoice_ref)
    settings.STRIPE_API_BASE = scene.stand_in.url
    lock.take("SELECT 1 FROM billing_invoice FOR UPDATE")
    for event in StripeGateway("").events_since(CallFor(""), invoice.issued_at):
        store_event(event, now=timezone.now())
    lock.wait_for_waiter()
    scene.kill_worker()
    lock.release()
    scene.assert_once(scene.finish())
