"""The books: balanced in every currency, booked once, never changed; by the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import JournalEntry, LedgerAccount, Posting
from billing.services.ledger import (
    EntryDiffers,
    EntryOutOfBalance,
    Line,
    UnknownAccountCode,
    book,
    booked_lines,
)
from tenants.models import Tenant
from tenants.scope import across_tenants, tenant_scope
from tests.billing.scenes import assert_books_are_right
from tests.cast import NOON, a_tenant

SALE = [
    Line("receivable", 12_500, "SEK", "disa"),
    Line("revenue:energy", -10_000, "SEK"),
    Line("vat_output", -2_500, "SEK"),
]


def booked(ref: str = "charge:1", lines: list[Line] = SALE) -> JournalEntry:
    return book(ref=ref, description="Session 1", occurred_at=NOON, postings=lines)


def an_entry(ref: str = "raw", posting_count: int = 2) -> JournalEntry:
    return JournalEntry.objects.create(
        ref=ref, description="raw", occurred_at=NOON, posting_count=posting_count
    )


def an_account(code: str = "bank", currency: str = "SEK") -> LedgerAccount:
    return LedgerAccount.objects.get_or_create(code=code, owner="", currency=currency)[0]


def test_an_entry_keeps_its_lines(volt: Tenant) -> None:
    assert booked_lines(booked()) == SALE


def test_booking_twice_books_once(volt: Tenant) -> None:
    assert booked().pk == booked().pk
    assert Posting.objects.count() == 3


def test_the_same_reference_with_other_amounts_is_refused(volt: Tenant) -> None:
    booked()
    with pytest.raises(EntryDiffers):
        booked(lines=[Line("bank", 1, "SEK"), Line("rounding", -1, "SEK")])


def test_two_tenants_may_use_the_same_reference(volt: Tenant) -> None:
    booked()
    with tenant_scope(a_tenant("ampere").id):
        booked()
        assert JournalEntry.objects.count() == 1


def test_lines_on_one_account_are_joined_and_zeros_left_out(volt: Tenant) -> None:
    lines = [Line("bank", 1, "SEK"), Line("bank", 2, "SEK"), Line("rounding", -3, "SEK")]
    entry = booked(lines=[*lines, Line("write_off", 0, "SEK")])
    assert booked_lines(entry) == [Line("bank", 3, "SEK"), Line("rounding", -3, "SEK")]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [Line("bank", 0, "SEK")],
        [Line("bank", 1, "SEK")],
        [Line("bank", 5, "SEK"), Line("rounding", -4, "SEK")],
        [Line("bank", 5, "SEK"), Line("rounding", -5, "EUR")],
    ],
)
def test_an_unbalanced_entry_is_refused(volt: Tenant, lines: list[Line]) -> None:
    with pytest.raises(EntryOutOfBalance):
        booked(lines=lines)


def test_an_account_outside_the_chart_is_refused(volt: Tenant) -> None:
    with pytest.raises(UnknownAccountCode):
        booked(lines=[Line("petty_cash", 1, "SEK"), Line("bank", -1, "SEK")])


@given(amounts=st.lists(st.integers(-(10**12), 10**12).filter(bool), min_size=1, max_size=6))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_balances_is_booked(volt: Tenant, amounts: list[int]) -> None:
    lines = [Line("wallet", amount, "SEK", str(i)) for i, amount in enumerate(amounts)]
    lines.append(Line("rounding", -sum(amounts), "SEK"))
    entry = booked(ref=f"ref:{JournalEntry.objects.count()}", lines=lines)
    assert sum(line.amount_minor for line in booked_lines(entry)) == 0
    assert_books_are_right()


@pytest.fixture
def committed(transactional_db: None, _no_bell: None) -> Iterator[Tenant]:
    """A tenant in a database where transactions really commit."""
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        yield tenant


def test_the_database_refuses_an_unbalanced_entry_at_the_commit(committed: Tenant) -> None:
    with pytest.raises(IntegrityError, match="out of balance by SEK 100"), transaction.atomic():
        entry = an_entry()
        Posting.objects.create(entry=entry, account=an_account("bank"), amount_minor=300)
        Posting.objects.create(entry=entry, account=an_account("rounding"), amount_minor=-200)
    assert not JournalEntry.objects.exists()


def test_the_database_balances_each_currency_by_itself(committed: Tenant) -> None:
    with pytest.raises(IntegrityError, match="out of balance"), transaction.atomic():
        entry = an_entry()
        Posting.objects.create(entry=entry, account=an_account("bank"), amount_minor=5)
        Posting.objects.create(
            entry=entry, account=an_account("bank", currency="EUR"), amount_minor=-5
        )


def test_the_database_refuses_an_entry_without_postings(committed: Tenant) -> None:
    with pytest.raises(IntegrityError, match="has 0 of its 2 postings"):
        an_entry()


def test_the_database_refuses_postings_added_later(committed: Tenant) -> None:
    entry = booked()
    with pytest.raises(IntegrityError, match="has 5 of its 3 postings"), transaction.atomic():
        Posting.objects.create(entry=entry, account=an_account("bank"), amount_minor=5)
        Posting.objects.create(entry=entry, account=an_account("rounding"), amount_minor=-5)


def test_the_check_sees_the_postings_after_the_scope_was_left(committed: Tenant) -> None:
    ampere = a_tenant("ampere")
    with pytest.raises(IntegrityError, match="out of balance"), transaction.atomic():
        with tenant_scope(ampere.id):
            entry = an_entry(posting_count=1)
            Posting.objects.create(entry=entry, account=an_account(), amount_minor=5)
        Tenant.objects.count()


def test_the_check_passes_after_the_scope_was_left(committed: Tenant) -> None:
    ampere = a_tenant("ampere")
    with transaction.atomic():
        with tenant_scope(ampere.id):
            booked()
        Tenant.objects.count()
    with tenant_scope(ampere.id):
        assert JournalEntry.objects.count() == 1


def test_an_entry_cannot_use_another_tenants_accounts(committed: Tenant) -> None:
    ampere = a_tenant("ampere")
    with tenant_scope(ampere.id):
        theirs = an_account("bank")
    with (
        across_tenants(reason="a mistake"),
        pytest.raises(IntegrityError, match="mixes tenants"),
        transaction.atomic(),
    ):
        entry = JournalEntry.objects.create(
            tenant=committed, ref="x", description="x", occurred_at=NOON, posting_count=2
        )
        for account, amount in ((theirs, 5), (theirs, -5)):
            Posting.objects.create(
                tenant=committed, entry=entry, account=account, amount_minor=amount
            )


def test_an_entry_cannot_be_changed(committed: Tenant) -> None:
    entry = booked()
    with pytest.raises(ProgrammingError, match="permission denied"):
        JournalEntry.objects.filter(pk=entry.pk).update(occurred_at=NOON + timedelta(days=1))


@pytest.mark.parametrize("model", [Posting, JournalEntry])
def test_what_is_booked_cannot_be_deleted(
    committed: Tenant, model: type[Posting] | type[JournalEntry]
) -> None:
    booked()
    rows = model.objects.all()
    with pytest.raises(ProgrammingError, match="permission denied"):
        rows._raw_delete(rows.db)


def test_a_posting_cannot_be_changed(committed: Tenant) -> None:
    booked()
    with pytest.raises(ProgrammingError, match="permission denied"):
        Posting.objects.update(amount_minor=1)
