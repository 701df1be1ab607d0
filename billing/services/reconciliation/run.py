"""One account's night: list, pair, book what follows, write down what does not agree."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from billing.models import (
    Discrepancy,
    Reconciliation,
    StripeAccount,
    StripeMovement,
    StripePayout,
)
from billing.selectors.bookings import unmatched_bookings
from billing.services.reconciliation.bookings import (
    OWN_PURPOSES,
    book_fees,
    book_own,
    fee_difference_minor,
)
from billing.services.reconciliation.discrepancies import heal, record_findings
from billing.services.reconciliation.findings import (
    balance_findings,
    fee_findings,
    findings_of,
    payout_findings,
)
from billing.services.reconciliation.listing import Listing, list_account, note_of, purpose_of
from billing.services.reconciliation.owners import owners_of
from billing.services.reconciliation.pairing import Pairing, pair
from billing.stripe_gateway import RemoteMovement, StripeFailure
from tenants.models import Tenant
from tenants.scope import across_tenants, required_tenant_id, tenant_scope

log = logging.getLogger(__name__)

# Movements may be listed some days after the instant they carry.
OVERLAP: Final = timedelta(days=7)


def reconcile_accounts(*, now: datetime) -> int:
    """Compare every tenant's Stripe account with its books; how many discrepancies are open.

    An account Stripe does not answer for is noted and compared the next night.
    """
    with across_tenants(reason="every Stripe account in use"):
        named = dict(StripeAccount.objects.values_list("tenant_id", "account_ref"))
    accounts = {
        tenant_id: named.get(tenant_id, "")
        for tenant_id in Tenant.objects.values_list("id", flat=True)
    }
    owners = Counter(accounts.values())
    for tenant_id, account_ref in accounts.items():
        with tenant_scope(tenant_id):
            reconcile_account(account_ref=account_ref, is_shared=owners[account_ref] > 1, now=now)
    with across_tenants(reason="how many discrepancies are open"):
        return Discrepancy.objects.filter(state=Discrepancy.State.OPEN).count()


def reconcile_account(*, account_ref: str, is_shared: bool, now: datetime) -> None:
    """Compare one account with the books of the tenant in scope.

    On an account that several sellers share, only what is this seller's counts; the rest is
    counted, and the balance is nobody's.
    """
    state, _ = Reconciliation.objects.get_or_create(stripe_account_ref=account_ref)
    try:
        listing = list_account(account_ref, _listed_from(state))
    except StripeFailure as failure:
        log.warning("account not reconciled", extra={"account": account_ref}, exc_info=True)
        Reconciliation.objects.filter(pk=state.pk).update(problem=str(failure)[:255])
        return
    with transaction.atomic():
        state = Reconciliation.objects.select_for_update().get(pk=state.pk)
        strangers = _keep_movements(account_ref, listing, is_shared=is_shared)
        _keep_payouts(account_ref, listing, is_shared=is_shared)
        pairing = _pair_and_book(account_ref)
        findings = [
            *findings_of(pairing, account_ref, now),
            *fee_findings(account_ref),
            *payout_findings(account_ref),
        ]
        if not is_shared and listing.balance_minor is not None:
            expected_minor = _expected_balance(state, account_ref, listing.balance_minor)
            findings += balance_findings(expected_minor, listing.balance_minor)
        record_findings(account_ref, findings, now)
        heal(findings, now)
        _note_done(state, now, strangers)


def _listed_from(state: Reconciliation) -> datetime:
    """The first time from the tenant's beginning: earlier money is nobody's here."""
    if state.listed_until is None:
        created_at: datetime = Tenant.objects.get(pk=required_tenant_id()).created_at
        return created_at - OVERLAP
    return state.listed_until - OVERLAP


def _keep_movements(account_ref: str, listing: Listing, *, is_shared: bool) -> int:
    """Keep what is new, oldest first; returns how many on a shared account were left out."""
    known = set(
        StripeMovement.objects.filter(
            stripe_account_ref=account_ref,
            movement_ref__in=[movement.ref for movement in listing.movements],
        ).values_list("movement_ref", flat=True)
    )
    new = [
        _movement(account_ref, movement, listing.invoices)
        for movement in reversed(listing.movements)
        if movement.ref not in known
    ]
    ours: Iterable[UUID] = owners_of(new) if is_shared else [row.pk for row in new]
    mine = set(ours)
    StripeMovement.objects.bulk_create(
        [row for row in new if row.pk in mine], ignore_conflicts=True
    )
    return len(new) - len(mine)


def _movement(
    account_ref: str, movement: RemoteMovement, invoices: dict[str, str]
) -> StripeMovement:
    return StripeMovement(
        stripe_account_ref=account_ref,
        movement_ref=movement.ref,
        purpose=purpose_of(movement),
        amount_minor=movement.amount_minor,
        fee_minor=movement.fee_minor,
        platform_fee_minor=movement.platform_fee_minor,
        currency=movement.currency,
        source_ref=movement.source_ref,
        intent_ref=movement.intent_ref,
        about=note_of(movement, invoices),
        occurred_at=movement.occurred_at,
    )


def _keep_payouts(account_ref: str, listing: Listing, *, is_shared: bool) -> None:
    if is_shared:
        return
    for listed in listing.payouts:
        payout = listed.payout
        StripePayout.objects.update_or_create(
            stripe_account_ref=account_ref,
            payout_ref=payout.ref,
            defaults={
                "amount_minor": payout.amount_minor,
                "currency": payout.currency,
                "status": payout.status,
                "contents_minor": listed.contents_minor,
                "occurred_at": payout.occurred_at,
            },
        )
        StripeMovement.objects.filter(
            stripe_account_ref=account_ref, movement_ref__in=listed.movement_refs
        ).update(payout_ref=payout.ref)


def _pair_and_book(account_ref: str) -> Pairing:
    """Tie movements to entries; fees and payouts are booked from the movement itself."""
    open_rows = StripeMovement.objects.filter(
        stripe_account_ref=account_ref, entry__isnull=True
    ).order_by("occurred_at", "id")
    to_pair = []
    for row in open_rows:
        if row.purpose in OWN_PURPOSES:
            row.entry = book_own(row)
            book_fees(row)
            row.save(update_fields=("entry",))
        else:
            to_pair.append(row)
    pairing = pair(to_pair, unmatched_bookings())
    terms = StripeAccount.objects.filter(account_ref=account_ref).first()
    for row, booking in pairing.matched:
        row.entry_id = booking.entry_id
        row.fee_difference_minor = fee_difference_minor(row, terms)
        row.save(update_fields=("entry", "fee_difference_minor"))
        book_fees(row)
    return pairing


def _expected_balance(
    state: Reconciliation, account_ref: str, balance_minor: dict[str, int]
) -> dict[str, int]:
    """What the account should have by now: what it had at first, and every movement since."""
    rows = StripeMovement.objects.filter(stripe_account_ref=account_ref).values_list("currency")
    sums = rows.annotate(net=Sum(F("amount_minor") - F("fee_minor")))
    moved = {currency: int(net) for currency, net in sums}
    if state.listed_until is None:
        state.opening_minor = {
            currency: balance_minor.get(currency, 0) - moved.get(currency, 0)
            for currency in {*balance_minor, *moved}
        }
    return {
        currency: state.opening_minor.get(currency, 0) + moved.get(currency, 0)
        for currency in {*state.opening_minor, *moved}
    }


def _note_done(state: Reconciliation, now: datetime, strangers: int) -> None:
    rows = StripeMovement.objects.filter(stripe_account_ref=state.stripe_account_ref)
    state.listed_until = now
    state.movement_count = rows.count()
    state.matched_count = rows.filter(entry__isnull=False).count()
    state.stranger_count = strangers
    state.problem = ""
    state.save()
