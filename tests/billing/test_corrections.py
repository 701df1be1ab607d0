"""Corrections: what was issued stays, what is owed is exact, the card sees one movement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from billing.models import (
    Charge,
    CorrectionTask,
    CreditNote,
    Invoice,
    JournalEntry,
    Settlement,
    TariffVersion,
)
from billing.selectors.correction_plans import (
    CorrectionRequest,
    Refusal,
    SessionChoice,
)
from billing.selectors.corrections import NothingChosen, plan_corrections
from billing.services.charges import rate_session
from billing.services.corrections import NothingToCorrect, PlanChanged, ReasonMissing
from config.devstack.stripe_stand_in import StandIn
from tests.billing.correction_scenes import (
    RE_RATE,
    VOID,
    a_paid_session,
    another_version,
    balance_of,
    charge_of,
    correct,
    decide,
    entries,
    given_back,
    invoices_of,
    planned,
    taken,
)
from tests.billing.scenes import (
    PLATFORM,
    a_cleared_session,
    a_payer,
    an_invoice,
    assert_books_are_right,
    send_all,
    stripe_ref,
)
from tests.cast import NOON

pytestmark = pytest.mark.usefixtures("volt")

DONE = Settlement.State.DONE
PAID = ("paid", 4_000, 0)


class TestPaid:
    """The invoice was paid."""

    def test_a_lower_price_gives_the_difference_back(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        correction = correct(session, RE_RATE, version_id=another_version(tariff, "3.00").pk)
        assert (correction.settlement.state, correction.difference_minor) == (DONE, -1_000)
        assert (taken(stand_in), given_back(stand_in)) == ([4_000], [1_000])
        assert invoices_of(session) == [(1, *PAID), (2, "paid", 3_000, 3_000)]
        assert (balance_of("receivable"), balance_of("stripe_pending")) == (0, 3_000)
        assert_books_are_right()

    def test_a_higher_price_asks_for_the_difference_only(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        correct(session, RE_RATE, version_id=another_version(tariff, "5.00").pk)
        assert (taken(stand_in), given_back(stand_in)) == ([4_000, 1_000], [])
        assert invoices_of(session) == [(1, *PAID), (2, "paid", 5_000, 4_000)]
        [second] = stand_in.objects(PLATFORM, "invoice")[1:]
        assert (second["total"], second["total_taxes"][0]["amount"]) == (1_000, 1_000)
        assert_books_are_right()

    def test_another_split_of_the_same_total_moves_no_money(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        split = another_version(tariff, "3.00", session="10.00")
        assert correct(session, RE_RATE, version_id=split.pk).difference_minor == 0
        assert (taken(stand_in), given_back(stand_in)) == ([4_000], [])
        assert invoices_of(session) == [(1, *PAID), (2, "paid", 4_000, 4_000)]
        assert (balance_of("revenue:energy"), balance_of("revenue:fee")) == (-2_400, -800)
        assert_books_are_right()

    def test_a_void_gives_everything_back(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        session = a_paid_session()
        assert correct(session, VOID).new_charge is None
        assert (taken(stand_in), given_back(stand_in)) == ([4_000], [4_000])
        assert invoices_of(session) == [(1, *PAID)]
        assert [balance_of(code) for code in ("receivable", "stripe_pending", "vat_output")] == [
            0,
            0,
            0,
        ]
        assert_books_are_right()

    def test_revisions_are_corrected_in_turn_and_refunds_may_span_two_payments(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        correct(session, RE_RATE, version_id=another_version(tariff, "5.00").pk)
        correct(session, RE_RATE, version_id=another_version(tariff, "4.50").pk)
        assert given_back(stand_in) == [500]
        correct(session, VOID)
        assert (taken(stand_in), sum(given_back(stand_in))) == ([4_000, 1_000], 5_000)
        assert sorted(given_back(stand_in)) == [500, 500, 4_000]
        assert_books_are_right()

    def test_too_little_to_charge_a_card_is_written_off_and_taken_up_again(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        correct(session, RE_RATE, version_id=another_version(tariff, "4.20").pk)
        assert (balance_of("write_off"), taken(stand_in)) == (200, [4_000])
        assert invoices_of(session)[1] == (2, "paid", 4_200, 4_200)
        assert_books_are_right()
        correct(session, RE_RATE, version_id=another_version(tariff, "5.00").pk)
        assert (balance_of("write_off"), taken(stand_in)) == (0, [4_000, 1_000])
        assert_books_are_right()


class TestUnpaid:
    """The invoice waits for its payment."""

    def test_it_is_withdrawn_and_the_new_one_collected_in_full(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
        send_all()
        session = invoice.charge.session
        correct(session, RE_RATE, version_id=another_version(tariff, "3.00").pk)
        assert invoices_of(session) == [(1, "void", 4_000, 0), (2, "past_due", 3_000, 0)]
        statuses = [(row["status"], row["total"]) for row in stand_in.objects(PLATFORM, "invoice")]
        assert statuses == [("void", 4_000), ("open", 3_000)]
        assert (balance_of("receivable"), taken(stand_in)) == (3_000, [])
        assert_books_are_right()

    def test_a_void_leaves_nothing_to_pay(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
        send_all()
        assert correct(invoice.charge.session, VOID).settlement.state == DONE
        assert (balance_of("receivable"), balance_of("vat_output")) == (0, 0)
        assert_books_are_right()

    @pytest.mark.parametrize(("energy", "back"), [("3.00", [1_000]), ("5.00", [])])
    def test_one_paid_while_it_is_withdrawn_counts_as_paid(
        self, tariff: TariffVersion, stand_in: StandIn, energy: str, back: list[int]
    ) -> None:
        invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
        send_all()
        session = invoice.charge.session
        decide(planned(session, RE_RATE, version_id=another_version(tariff, energy).pk))
        stand_in.pay_hosted_invoice(PLATFORM, stripe_ref(invoice))
        send_all()
        assert (taken(stand_in), given_back(stand_in)) == ([4_000], back)
        assert Settlement.objects.get().state == DONE
        assert invoices_of(session)[0] == (1, *PAID)
        assert invoices_of(session)[1][2:] == (3_000, 3_000) if back else (5_000, 4_000)
        assert_books_are_right()

    def test_a_charge_nobody_was_asked_for_is_taken_back_without_a_document(
        self, tariff: TariffVersion
    ) -> None:
        session = a_cleared_session(None)
        rate_session(session_id=session.pk, now=NOON)
        [item] = planned(session, VOID).corrections
        assert item.invoice is None
        correct(session, VOID)
        assert (CreditNote.objects.count(), balance_of("receivable")) == (0, 0)
        assert_books_are_right()


class TestDocuments:
    """Nothing issued is edited; what is new refers to it."""

    def test_a_credit_note_takes_back_the_whole_invoice_and_names_it(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        correct(session, RE_RATE, version_id=another_version(tariff, "3.00").pk)
        note, invoice = CreditNote.objects.get(), Invoice.objects.get(number=1)
        assert (note.number, note.invoice_number, note.total_minor) == (1, 1, 4_000)
        assert note.vat_amounts == [{"rate": "25", "net_minor": 3_200, "vat_minor": 800}]
        assert (note.seller, note.buyer) == (invoice.seller, invoice.buyer)
        assert (note.invoice_issued_at, note.reason) == (invoice.issued_at, "Wrong price")

    def test_charge_invoice_and_entries_of_before_stay_as_they_were(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        models = (Charge, Invoice, JournalEntry)
        before = [list(model.objects.order_by("pk").values()) for model in models]
        correct(session, VOID)
        for model, rows in zip(models, before, strict=True):
            kept = model.objects.filter(pk__in=[row["id"] for row in rows]).order_by("pk")
            assert list(kept.values()) == rows
        assert_books_are_right()

    def test_a_session_of_a_past_month_is_corrected_in_this_one(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        long_ago = datetime(2026, 1, 31, 22, tzinfo=UTC)
        session = a_paid_session(started_at=long_ago, ended_at=long_ago + timedelta(hours=1))
        today = datetime(2026, 11, 30, 12, tzinfo=UTC)
        with time_machine.travel(today, tick=False):
            decide(planned(session, RE_RATE, version_id=another_version(tariff, "3.00").pk))
            send_all()
        january = JournalEntry.objects.filter(occurred_at__lt=datetime(2026, 2, 1, tzinfo=UTC))
        assert [entry.ref for entry in january] == [f"charge:{session.charges.get(revision=1).pk}"]
        new = JournalEntry.objects.get(ref=f"charge:{charge_of(session).pk}")
        assert new.occurred_at == today
        assert entries()[2:] == ["charge", "charge:reversed", "refund"]
        assert_books_are_right()

    def test_numbers_have_no_gaps(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        payer = a_payer()
        for ref in "123":
            correct(a_paid_session(ref, driver=payer), VOID)
        assert list(CreditNote.objects.values_list("number", flat=True)) == [3, 2, 1]


class TestDryRun:
    """What is shown is what is done."""

    def test_it_says_totals_vat_and_what_becomes_of_the_money(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        plan = planned(session, RE_RATE, version_id=another_version(tariff, "3.00").pk)
        before, after = plan.before()["SEK"], plan.after()["SEK"]
        assert (before.gross_minor, before.net_minor, before.vat_minor) == (
            4_000,
            3_200,
            {"25": 800},
        )
        assert (after.gross_minor, after.net_minor, after.vat_minor) == (3_000, 2_400, {"25": 600})
        assert plan.moved("refund_minor") == {"SEK": 1_000}

    def test_it_writes_nothing(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        session = a_paid_session()
        planned(session, VOID)
        assert (Charge.objects.count(), CreditNote.objects.count()) == (1, 0)

    def test_what_changed_since_it_was_shown_is_not_done(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        session.energy_wh = 5_000
        session.save()
        plan = planned(session, RE_RATE)
        session.energy_wh = 6_000
        session.save()
        with pytest.raises(PlanChanged) as changed:
            decide(plan)
        assert changed.value.plan.after()["SEK"].gross_minor == 2_400
        assert not CorrectionTask.objects.exists()

    def test_what_changes_between_the_decision_and_the_deed_is_left_as_it_is(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        session.energy_wh = 5_000
        session.save()
        decide(planned(session, RE_RATE))
        session.energy_wh = 6_000
        session.save()
        send_all()
        task = CorrectionTask.objects.get()
        assert (task.state, task.problem) == (CorrectionTask.State.REFUSED, "changed")
        assert Charge.objects.count() == 1

    def test_a_session_is_priced_by_its_own_frozen_version_unless_one_is_chosen(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        another_version(tariff, "9.00")
        session.energy_wh = 5_000
        session.save()
        correct(session, RE_RATE)
        assert (charge_of(session).gross_minor, charge_of(session).energy_wh) == (2_000, 5_000)
        assert charge_of(session).tariff_version == tariff

    def test_a_correction_needs_a_reason(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        plan = planned(a_paid_session(), VOID)
        with pytest.raises(ReasonMissing):
            decide(plan, reason="  ")

    def test_a_run_of_nothing_is_refused(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        plan = planned(a_paid_session(), RE_RATE)
        assert plan.unchanged_count == 1
        with pytest.raises(NothingToCorrect):
            decide(plan)

    def test_all_sessions_are_never_chosen_by_saying_nothing(self, tariff: TariffVersion) -> None:
        with pytest.raises(NothingChosen):
            plan_corrections(CorrectionRequest(VOID, SessionChoice()))

    def test_two_runs_of_one_dry_run_correct_once(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        plan = planned(a_paid_session(), VOID)
        decide(plan)
        decide(plan)
        send_all()
        assert sorted(CorrectionTask.objects.values_list("state", flat=True)) == ["done", "refused"]
        assert given_back(stand_in) == [4_000]
        assert_books_are_right()

    def test_many_are_chosen_by_period_and_version_and_done_in_pieces(
        self, tariff: TariffVersion, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.services.corrections.CHUNK", 1)
        payer = a_payer()
        inside = [a_paid_session(ref, driver=payer) for ref in "12"]
        a_paid_session("3", driver=payer, started_at=NOON - timedelta(days=9))
        choice = SessionChoice(started_from=NOON, version_id=tariff.pk)
        decide(plan_corrections(CorrectionRequest(VOID, choice)))
        send_all()
        assert {note.correction.session for note in CreditNote.objects.all()} == set(inside)
        assert_books_are_right()


class TestRefused:
    """What cannot be corrected now says why."""

    def refusal_of(self, invoice: Invoice) -> Refusal:
        [refused] = planned(invoice.charge.session, VOID).refused
        return refused.refusal

    def test_an_invoice_on_its_way(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        assert self.refusal_of(an_invoice()) is Refusal.INVOICE_ON_ITS_WAY

    def test_a_blocked_invoice(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        invoice = an_invoice()
        Invoice.objects.update(state=Invoice.State.BLOCKED, problem="?")
        assert self.refusal_of(invoice) is Refusal.INVOICE_BLOCKED

    def test_a_session_voided_before(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        session = a_paid_session()
        correct(session, VOID)
        [refused] = planned(session, VOID).refused
        assert refused.refusal is Refusal.VOIDED

    def test_one_that_was_never_charged(self, tariff: TariffVersion) -> None:
        [refused] = planned(a_cleared_session(a_payer()), VOID).refused
        assert refused.refusal is Refusal.NOT_CHARGED

    def test_one_whose_last_correction_is_under_way(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        correct(session, RE_RATE, version_id=another_version(tariff, "3.00").pk)
        Settlement.objects.update(state=Settlement.State.REFUNDING)
        [refused] = planned(session, VOID).refused
        assert refused.refusal is Refusal.LAST_ONE_UNDER_WAY

    def test_one_that_is_held_again(self, tariff: TariffVersion, stand_in: StandIn) -> None:
        session = a_paid_session()
        session.gate = session.Gate.HELD
        session.save()
        [refused] = planned(session, VOID).refused
        assert refused.refusal is Refusal.HELD
