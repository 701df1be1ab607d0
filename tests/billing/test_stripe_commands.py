"""Calls to Stripe: made once, whatever is lost on the way, late, repeated or interrupted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from billing.models import Invoice, StripeCommand
from billing.services import stripe_commands
from billing.services.owed_calls import owe_fetch
from billing.services.steps import STEPS
from billing.services.stripe_commands import (
    claim_next_command,
    retry_command,
    send_due_stripe_commands,
    settle_answer,
)
from billing.stripe_gateway import (
    CallFor,
    RemoteObject,
    StripeGateway,
    WrongAccount,
    invoice_body,
)
from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from tenants.models import Tenant
from tenants.postgresql.base import acting_as_owner
from tenants.scope import tenant_scope
from tests.billing.scenes import (
    PLATFORM,
    a_payer,
    an_invoice,
    assert_books_are_right,
    calls_of,
    command_states,
    send_all,
    send_until,
    state_of,
    stripe_ref,
)
from tests.cast import a_tariff, a_tenant

State = StripeCommand.State

# Three: the SDK itself tries a call three times.
WHOLE_TRY = 3
FIRST_WAIT = timedelta(seconds=2)
QUIET = timedelta(minutes=10)

CHANGES = [
    "/customers",
    "/attach",
    "/customers/cus*",
    "/invoices",
    "/add_lines",
    "/finalize",
    "/pay",
]
LOSSES = [
    (kind, path)
    for kind in (FaultKind.LOST_REQUEST, FaultKind.LOST_REPLY)
    for path in [*CHANGES, "/invoices/in_*"]
]
PASSING = [
    (kind, path)
    for kind in (FaultKind.PASSING_SERVER_ERROR, FaultKind.CONFLICT)
    for path in ("/invoices", "/pay")
]


def send_after(clock: time_machine.Traveller, wait: timedelta) -> None:
    clock.shift(wait)
    send_all()


def one_object_each(stand_in: StandIn) -> bool:
    kinds = ("customer", "invoice", "charge")
    return [len(stand_in.objects(PLATFORM, kind)) for kind in kinds] == [1, 1, 1]


@pytest.mark.usefixtures("tariff")
class TestFaults:
    """What the network and Stripe can do to a call."""

    @pytest.mark.parametrize(("kind", "path"), LOSSES + PASSING)
    def test_a_call_that_went_wrong_is_made_again_under_the_same_key(
        self, stand_in: StandIn, clock: time_machine.Traveller, kind: FaultKind, path: str
    ) -> None:
        stand_in.fail(Fault(kind, path=f"*{path}", times=WHOLE_TRY))
        invoice = an_invoice()
        send_all()
        assert state_of(invoice) != Invoice.State.PAID
        send_after(clock, FIRST_WAIT)
        assert state_of(invoice) == Invoice.State.PAID
        assert one_object_each(stand_in)
        assert set(StripeCommand.objects.values_list("generation", flat=True)) == {0}
        assert_books_are_right()

    @pytest.mark.parametrize("path", CHANGES)
    @pytest.mark.parametrize("after_work", [False, True], ids=["before_work", "after_work"])
    def test_a_kept_failure_is_looked_into_after_a_quiet_time(
        self, stand_in: StandIn, clock: time_machine.Traveller, path: str, after_work: bool
    ) -> None:
        stand_in.fail(Fault(FaultKind.SERVER_ERROR, path=f"*{path}", after_work=after_work))
        invoice = an_invoice()
        send_all()
        send_after(clock, FIRST_WAIT)
        assert state_of(invoice) != Invoice.State.PAID
        send_after(clock, QUIET)
        assert state_of(invoice) == Invoice.State.PAID
        assert one_object_each(stand_in)
        assert_books_are_right()

    def test_an_invoice_seen_open_before_its_answer_came_is_charged_all_the_same(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REPLY, path="*/finalize", times=WHOLE_TRY))
        invoice = an_invoice()
        send_all()
        invoice.refresh_from_db()
        owe_fetch(invoice=invoice, now=timezone.now())
        send_all()
        assert state_of(invoice) == Invoice.State.OPEN
        send_after(clock, FIRST_WAIT)
        assert state_of(invoice) == Invoice.State.PAID

    def test_a_first_failure_costs_two_seconds_and_the_next_twice_that(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REQUEST, times=2 * WHOLE_TRY))
        an_invoice()
        send_all()
        waits = [StripeCommand.objects.get().due_at - timezone.now()]
        send_after(clock, FIRST_WAIT)
        waits.append(StripeCommand.objects.get().due_at - timezone.now())
        assert [round(wait.total_seconds()) for wait in waits] == [2, 4]

    def test_a_call_turned_away_is_pending_as_before(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stand_in.fail(Fault(FaultKind.RATE_LIMITED, path="*/pay"))
        invoice = an_invoice()
        send_all()
        assert command_states(invoice)["pay_invoice"] == State.PENDING
        send_after(clock, FIRST_WAIT)
        assert state_of(invoice) == Invoice.State.PAID
        assert one_object_each(stand_in)

    def test_being_turned_away_does_not_make_an_unknown_outcome_known(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REQUEST, path="*/pay", times=WHOLE_TRY))
        stand_in.fail(Fault(FaultKind.RATE_LIMITED, path="*/pay"))
        invoice = an_invoice()
        send_all()
        send_after(clock, FIRST_WAIT)
        command = StripeCommand.objects.get(operation="pay_invoice")
        assert command.state == State.UNKNOWN
        assert command.first_sent_at is not None
        send_after(clock, 2 * FIRST_WAIT)
        assert state_of(invoice) == Invoice.State.PAID
        assert one_object_each(stand_in)

    @pytest.mark.parametrize("path", CHANGES)
    def test_an_old_key_is_not_trusted_and_what_was_done_is_adopted(
        self, stand_in: StandIn, clock: time_machine.Traveller, path: str
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REPLY, path=f"*{path}", times=WHOLE_TRY))
        invoice = an_invoice()
        send_all()
        tries = len([seen for seen in stand_in.requests if seen.method == "POST"])
        send_after(clock, timedelta(hours=25))
        assert state_of(invoice) == Invoice.State.PAID
        assert one_object_each(stand_in)
        assert tries >= WHOLE_TRY
        assert_books_are_right()

    @pytest.mark.parametrize("path", CHANGES)
    def test_an_old_key_is_replaced_when_nothing_was_done(
        self, stand_in: StandIn, clock: time_machine.Traveller, path: str
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REQUEST, path=f"*{path}", times=WHOLE_TRY))
        invoice = an_invoice()
        send_all()
        send_after(clock, timedelta(hours=20))
        assert state_of(invoice) == Invoice.State.PAID
        assert one_object_each(stand_in)
        assert StripeCommand.objects.filter(generation=1).count() == 1

    @pytest.mark.parametrize("path", ["/customers", "/invoices"])
    def test_a_look_finds_ones_own_among_others(
        self, stand_in: StandIn, clock: time_machine.Traveller, path: str
    ) -> None:
        driver = a_payer()
        an_invoice(driver)
        send_all()
        stand_in.fail(Fault(FaultKind.LOST_REPLY, path=f"/v1{path}", times=WHOLE_TRY))
        payer = driver if path == "/invoices" else a_payer("OTHER")
        second = an_invoice(payer, ref="2")
        send_all()
        send_after(clock, timedelta(hours=25))
        assert state_of(second) == Invoice.State.PAID
        assert len(stand_in.charges_succeeded(PLATFORM)) == 2

    def test_an_invoice_waits_for_the_card_that_is_being_attached(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REQUEST, path="*/attach", times=WHOLE_TRY))
        driver = a_payer()
        invoices = [an_invoice(driver)]
        send_all()
        invoices.append(an_invoice(driver, ref="2"))
        send_all()
        assert command_states(invoices[1]) == {}
        send_after(clock, FIRST_WAIT)
        assert [state_of(invoice) for invoice in invoices] == [Invoice.State.PAID] * 2

    def test_just_before_that_the_key_is_still_used(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REPLY, path="*/pay", times=WHOLE_TRY))
        invoice = an_invoice()
        send_all()
        send_after(clock, timedelta(hours=19, minutes=59))
        assert state_of(invoice) == Invoice.State.PAID
        assert set(StripeCommand.objects.values_list("generation", flat=True)) == {0}
        assert [s.replayed for s in stand_in.requests if s.path.endswith("/pay")][-1]

    def test_two_drafts_found_are_for_a_person(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REPLY, path="/v1/invoices", times=WHOLE_TRY))
        invoice = an_invoice()
        send_all()
        command = StripeCommand.objects.get(operation="create_invoice")
        StripeGateway("").create_invoice(CallFor("", "by hand"), command.params["body"])
        send_after(clock, timedelta(hours=20))
        assert command_states(invoice) == {"create_invoice": State.MANUAL}
        assert state_of(invoice) == Invoice.State.BLOCKED
        assert stand_in.charges_succeeded(PLATFORM) == []

    def test_a_key_with_other_parameters_is_for_a_person(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        stand_in.fail(Fault(FaultKind.LOST_REPLY, path="*/add_lines", times=WHOLE_TRY))
        invoice = an_invoice()
        send_all()
        command = StripeCommand.objects.get(operation="add_lines")
        command.params["body"]["lines"][0]["amount"] = 1
        command.save(update_fields=("params",))
        send_after(clock, FIRST_WAIT)
        assert command_states(invoice)["add_lines"] == State.MANUAL
        assert state_of(invoice) == Invoice.State.BLOCKED


@pytest.mark.usefixtures("tariff")
class TestRefusals:
    """A no that stays a no, and one that only means that it was done before."""

    def test_an_invoice_stripe_refuses_says_why(self, stand_in: StandIn) -> None:
        invoice = an_invoice()
        command = send_until(invoice, "create_invoice")
        command.params["body"]["customer"] = "cus_gone"
        command.save(update_fields=("params",))
        send_all()
        assert state_of(invoice) == Invoice.State.BLOCKED
        assert "No such customer: 'cus_gone'" in invoice.problem
        assert command_states(invoice) == {"create_invoice": State.REJECTED}

    def test_a_customer_stripe_refuses_blocks_what_waits_for_it(self, stand_in: StandIn) -> None:
        driver = a_payer()
        invoices = [an_invoice(driver, ref=str(n)) for n in range(2)]
        refuse_customer()
        assert [state_of(invoice) for invoice in invoices] == [Invoice.State.BLOCKED] * 2

    def test_the_next_invoice_asks_for_the_customer_again(self, stand_in: StandIn) -> None:
        driver = a_payer()
        an_invoice(driver)
        refuse_customer()
        second = an_invoice(driver, ref="2")
        send_all()
        assert state_of(second) == Invoice.State.PAID
        generations = StripeCommand.objects.filter(operation="create_customer")
        assert sorted(generations.values_list("generation", flat=True)) == [0, 1]

    def test_a_draft_finalized_by_hand_is_charged_all_the_same(self, stand_in: StandIn) -> None:
        invoice = an_invoice()
        send_until(invoice, "finalize_invoice")
        StripeGateway("").finalize_invoice(CallFor("", "by hand"), stripe_ref(invoice))
        send_all()
        assert state_of(invoice) == Invoice.State.PAID
        assert one_object_each(stand_in)

    def test_an_invoice_paid_by_link_meanwhile_is_not_charged_again(
        self, stand_in: StandIn
    ) -> None:
        invoice = an_invoice()
        send_until(invoice, "pay_invoice")
        stand_in.pay_hosted_invoice(PLATFORM, stripe_ref(invoice))
        send_all()
        assert state_of(invoice) == Invoice.State.PAID
        assert len(stand_in.charges_succeeded(PLATFORM)) == 1
        assert_books_are_right()

    def test_an_answer_is_not_written_to_a_row_of_another_account(self, stand_in: StandIn) -> None:
        invoice = an_invoice()
        send_until(invoice, "add_lines")
        Invoice.objects.update(stripe_account_ref="acct_other")
        with pytest.raises(WrongAccount):
            send_due_stripe_commands(limit=1)
        assert command_states(invoice)["add_lines"] == State.SENDING

    def test_an_invoice_deleted_by_hand_is_for_a_person(self, stand_in: StandIn) -> None:
        invoice = an_invoice()
        send_until(invoice, "add_lines")
        StripeGateway("").delete_draft(CallFor("", "by hand"), stripe_ref(invoice))
        send_all()
        assert state_of(invoice) == Invoice.State.BLOCKED
        assert "No such invoice" in invoice.problem

    def test_after_three_days_of_failures_a_person_is_asked(
        self, stand_in: StandIn, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stripe_commands, "ATTEMPTS_BEFORE_A_PERSON", 2)
        stand_in.fail(Fault(FaultKind.LOST_REQUEST, times=2 * WHOLE_TRY))
        invoice = an_invoice()
        send_all()
        send_after(clock, FIRST_WAIT)
        command = StripeCommand.objects.get()
        assert command.state == State.MANUAL
        assert retry_command(command_id=command.pk)
        send_all()
        assert state_of(invoice) == Invoice.State.PAID

    def test_a_call_that_waits_for_nobody_is_not_retried_by_hand(self, stand_in: StandIn) -> None:
        an_invoice()
        assert not retry_command(command_id=StripeCommand.objects.get().pk)


def refuse_customer() -> None:
    command = StripeCommand.objects.get(operation="create_customer")
    command.params["body"]["nickname"] = "x"
    command.save(update_fields=("params",))
    send_all()


@pytest.mark.usefixtures("tariff")
class TestLease:
    """Who may make a call, and what becomes of an answer that comes too late."""

    def test_a_claimed_call_is_nobody_elses(self, stand_in: StandIn) -> None:
        an_invoice()
        assert claim_next_command(timezone.now()) is not None
        assert claim_next_command(timezone.now()) is None

    def test_when_the_lease_ends_another_takes_over_under_the_same_key(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        invoice = an_invoice()
        lost = claim_next_command(timezone.now())
        send_all()
        assert stand_in.requests == []
        send_after(clock, timedelta(seconds=180))
        assert state_of(invoice) == Invoice.State.PAID
        assert lost is not None
        assert stand_in.requests[0].idempotency_key == lost.command.idempotency_key

    def test_an_answer_that_comes_after_the_lease_is_dropped(
        self, stand_in: StandIn, clock: time_machine.Traveller
    ) -> None:
        an_invoice()
        late = claim_next_command(timezone.now())
        clock.shift(timedelta(seconds=180))
        assert claim_next_command(timezone.now()) is not None
        assert late is not None
        step = STEPS[late.command.operation]
        settle_answer(late.command, step, RemoteObject("cus_late"))
        assert StripeCommand.objects.get().state == State.SENDING

    def test_calls_not_due_yet_wait(self, stand_in: StandIn) -> None:
        an_invoice()
        StripeCommand.objects.update(due_at=timezone.now() + timedelta(seconds=1))
        assert send_due_stripe_commands() == 0


@pytest.fixture
def committed(transactional_db: None, _no_bell: None) -> Iterator[Tenant]:
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        a_tariff()
        yield tenant


def test_two_workers_share_the_work_and_make_no_call_twice(
    committed: Tenant, stand_in: StandIn
) -> None:
    invoices = [an_invoice(a_payer(f"CARD{n}"), ref=str(n)) for n in range(3)]

    def work() -> None:
        for _ in range(20):
            send_due_stripe_commands()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [state_of(invoice) for invoice in invoices] == [Invoice.State.PAID] * 3
    keys = [seen.idempotency_key for seen in stand_in.requests if seen.idempotency_key]
    assert len(keys) == len(set(keys)) == 3 * 7
    assert_books_are_right()


def test_no_transaction_is_open_while_stripe_is_asked(committed: Tenant, stand_in: StandIn) -> None:
    states: set[str] = set()

    def look(*args: object) -> None:
        with acting_as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT state FROM pg_stat_activity WHERE application_name = 'work'")
            states.update(row[0] for row in cursor.fetchall())
        connection.close()

    stand_in.api.observer = look
    with connection.cursor() as cursor:
        cursor.execute("SET application_name = 'work'")
    an_invoice()
    send_all()
    assert states == {"idle"}
    assert calls_of(stand_in, "/pay") == 1


def test_the_body_of_a_draft_is_frozen_with_its_names() -> None:
    body = invoice_body(
        customer_ref="cus_1",
        currency="SEK",
        number="7",
        number_name="Fakturanummer",
        is_own_series=False,
        metadata={"invoice": "1"},
    )
    assert body == {
        "customer": "cus_1",
        "currency": "sek",
        "auto_advance": False,
        "collection_method": "charge_automatically",
        "pending_invoice_items_behavior": "exclude",
        "custom_fields": [{"name": "Fakturanummer", "value": "7"}],
        "metadata": {"invoice": "1"},
    }
