"""Stripe and the books compared in both directions, each mismatch found once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from billing.models import (
    Discrepancy,
    Invoice,
    JournalEntry,
    Posting,
    Reconciliation,
    StripeMovement,
    TariffVersion,
)
from billing.services.ledger import Line, booked_lines
from billing.services.reconciliation.discrepancies import (
    NotBookable,
    NoteMissing,
    settle_discrepancy,
)
from billing.services.reconciliation.run import reconcile_account
from config.devstack.stripe_stand_in import StandIn
from tenants.models import User
from tests.billing import mismatches
from tests.billing.mismatches import PLANTED, Kind, Scene, reconcile
from tests.billing.scenes import PLATFORM, an_invoice, assert_books_are_right, send_all
from tests.cast import a_member

pytestmark = pytest.mark.usefixtures("tariff")

State = Discrepancy.State


@pytest.fixture
def scene(stand_in: StandIn) -> Scene:
    """A paid invoice of 40.00 kr."""
    paid = an_invoice()
    send_all()
    return Scene(stand_in, paid)


@pytest.fixture
def accountant(tariff: TariffVersion) -> User:
    """Who works through discrepancies."""
    return a_member()


def found() -> list[tuple[str, str]]:
    return list(Discrepancy.objects.values_list("kind", "state"))


def pending_minor() -> int:
    rows = Posting.objects.filter(account__code="stripe_pending", account__currency="SEK")
    return int(rows.aggregate(total=Sum("amount_minor"))["total"] or 0)


def balance_minor(stand_in: StandIn) -> int:
    return sum(row["net"] for row in stand_in.objects(PLATFORM, "balance_transaction"))


def test_books_that_agree_leave_nothing_to_do(scene: Scene) -> None:
    reconcile()
    assert found() == []
    assert pending_minor() == balance_minor(scene.stand_in) == 4_000 - 240


@pytest.mark.parametrize("kind", PLANTED, ids=str)
def test_every_mismatch_is_found_exactly_once(scene: Scene, kind: Kind) -> None:
    PLANTED[kind](scene)
    reconcile()
    reconcile()
    assert found() == [(kind, State.OPEN)]


def test_what_was_lost_on_the_way_is_fetched_and_closes_by_itself(scene: Scene) -> None:
    mismatches.lose_webhook(scene)
    reconcile(hours=0)
    send_all()
    reconcile()
    assert found() == [(Kind.PAYMENT_NOT_BOOKED, State.MATCHED)]
    assert set(Invoice.objects.values_list("state", flat=True)) == {Invoice.State.PAID}
    assert pending_minor() == balance_minor(scene.stand_in)
    assert_books_are_right()


def test_a_person_ends_a_discrepancy_with_a_note_and_it_stays_ended(
    scene: Scene, accountant: User
) -> None:
    mismatches.leave_orphan(scene)
    reconcile()
    row = Discrepancy.objects.get()
    settle(row, accountant, "Paid back by hand")
    reconcile()
    assert found() == [(Kind.UNKNOWN_PAYMENT, State.SETTLED)]
    assert not settle(row, accountant, "Once more")
    assert Discrepancy.objects.get().note == "Paid back by hand"


def test_a_movement_a_person_books_is_the_books_side_of_it(scene: Scene, accountant: User) -> None:
    mismatches.leave_orphan(scene)
    reconcile()
    row = Discrepancy.objects.get()
    settle(row, accountant, "Somebody's gift", book_on="write_off")
    reconcile()
    entry = JournalEntry.objects.get(ref=f"discrepancy:{row.pk}")
    assert booked_lines(entry) == [
        Line("stripe_pending", 2_500, "SEK"),
        Line("write_off", -2_500, "SEK"),
    ]
    assert pending_minor() == balance_minor(scene.stand_in)
    assert not StripeMovement.objects.filter(entry__isnull=True).exists()


def test_one_that_grows_after_it_was_ended_comes_back(scene: Scene, accountant: User) -> None:
    mismatches.spoil_payout(scene)
    reconcile()
    settle(Discrepancy.objects.get(), accountant, "The bank's fee")
    scene.act(lambda call: mismatches.change(call, "payout", amount=1))
    reconcile()
    assert found() == [(Kind.PAYOUT_DIFFERS, State.OPEN)]


def test_nothing_ends_without_a_note_or_on_an_account_that_is_none(
    scene: Scene, accountant: User
) -> None:
    mismatches.leave_orphan(scene)
    reconcile()
    row = Discrepancy.objects.get()
    with pytest.raises(NoteMissing):
        settle(row, accountant, " ")
    with pytest.raises(NotBookable):
        settle(row, accountant, "Mine now", book_on="vat_output")
    assert found() == [(Kind.UNKNOWN_PAYMENT, State.OPEN)]


def test_a_payout_empties_what_was_pending_into_the_bank(scene: Scene) -> None:
    mismatches.pay_out(scene)
    reconcile()
    assert (found(), pending_minor()) == ([], 0)
    bank = Posting.objects.filter(account__code="bank").aggregate(total=Sum("amount_minor"))
    assert bank["total"] == 4_000 - 240


def test_two_runs_book_every_fee_once(scene: Scene) -> None:
    reconcile()
    before = JournalEntry.objects.count()
    StripeMovement.objects.all().delete()
    reconcile()
    assert JournalEntry.objects.count() == before


def test_an_account_that_does_not_answer_is_compared_the_next_night(
    scene: Scene, settings: Any
) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    reconcile()
    assert Reconciliation.objects.get().problem
    settings.STRIPE_API_BASE = scene.stand_in.url
    reconcile()
    state = Reconciliation.objects.get()
    assert (state.problem, state.movement_count, state.matched_count) == ("", 1, 1)


def test_on_a_shared_account_another_sellers_money_is_only_counted(scene: Scene) -> None:
    mismatches.leave_orphan(scene)
    reconcile_account(account_ref="", is_shared=True, now=timezone.now())
    assert (found(), Reconciliation.objects.get().stranger_count) == ([], 1)


def settle(row: Discrepancy, actor: User, note: str, book_on: str = "") -> bool:
    return settle_discrepancy(
        discrepancy_id=row.pk, note=note, actor=actor, now=timezone.now(), book_on=book_on
    )
