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
from tenants.scope import tenant_scope
from tests.billing.scenes import assert_books_are_right
from tests.cast import NOON, a_tenant

SALE = [
    Line("receivable", 12_500, "SEK", "driver"),
    Line("revenue:energy", -10_000, "SEK"),
    Line("vat_output", -2_500, "SEK"),
]


def booked(ref: str = "charge:1", lines: list[Line] = SALE) -> JournalEntry:
    return book(ref=ref, description="Session 1", occurred_at=NOON, postings=lines)


def an_account(code: str = "bank", currency: str = "SEK") -> LedgerAccount:
    return LedgerAccount.objects.get_or_create(code=code, owner="", currency=currency)[0]


def write_raw(*postings: tuple[LedgerAccount, int], posting_count: int = 2) -> JournalEntry:
    """An entry written past `book`, in a transaction of its own."""
    with transaction.atomic():
        entry = JournalEntry.objects.create(
            ref="raw", description="raw", occurred_at=NOON, posting_count=posting_count
        )
        for account, amount_minor in postings:
            Posting.objects.create(entry=entry, account=account, amount_minor=amount_minor)
    return entry


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
    bank, rounding = an_account("bank"), an_account("rounding")
    with pytest.raises(IntegrityError, match="out of balance by SEK 100"):
        write_raw((bank, 300), (rounding, -200))
    assert not JournalEntry.objects.exists()


def test_the_database_balances_each_currency_by_itself(committed: Tenant) -> None:
    crowns, euros = an_account(), an_account(currency="EUR")
    with pytest.raises(IntegrityError, match="out of balance"):
        write_raw((crowns, 5), (euros, -5))


def test_the_database_refuses_an_entry_without_postings(committed: Tenant) -> None:
    with pytest.raises(IntegrityError, match="has 0 of its 2 postings"):
        write_raw()


def test_the_database_refuses_postings_added_later(committed: Tenant) -> None:
    entry, bank = booked(), an_account()
    with pytest.raises(IntegrityError, match="has 4 of its 3 postings"):
        Posting.objects.create(entry=entry, account=bank, amount_minor=5)


def write_in_another_scope(tenant: Tenant, amount_minor: int) -> None:
    """The scope is left, and another statement run, before the commit."""
    with transaction.atomic():
        with tenant_scope(tenant.id):
            write_raw((an_account("bank"), 5), (an_account("rounding"), amount_minor))
        Tenant.objects.count()


def test_the_check_sees_the_postings_after_the_scope_was_left(committed: Tenant) -> None:
    ampere = a_tenant("ampere")
    with pytest.raises(IntegrityError, match="out of balance by SEK 1"):
        write_in_another_scope(ampere, -4)
    write_in_another_scope(ampere, -5)
    with tenant_scope(ampere.id):
        assert JournalEntry.objects.count() == 1


def test_an_entry_cannot_use_another_tenants_accounts(committed: Tenant) -> None:
    with tenant_scope(a_tenant("ampere").id):
        theirs = an_account("bank")
    ours = an_account("rounding")
    with pytest.raises(IntegrityError, match="mixes tenants"):
        write_raw((theirs, 5), (ours, -5))


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
