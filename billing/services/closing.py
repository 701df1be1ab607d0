"""Closing periods: one invoice a customer and currency, of everything nobody was asked for yet."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from billing.events import InvoiceIssued
from billing.models import BillingAccount, Charge, ClosedPeriod, Invoice
from billing.periods import Period, PeriodKind, last_ended_period
from billing.policy import invoice_minimum_minor
from billing.selectors.payments import GATHERED, charges_not_invoiced, charges_waiting
from billing.services.collection import begin_collection
from billing.services.invoice_lines import (
    MOST_LINES,
    Sold,
    day_of,
    join_lines,
    write_joined_lines,
)
from billing.services.invoices import locked_payer, new_invoice
from outbox.services import publish
from sessions_app.models import ChargingSession
from tenants.models import Tenant
from tenants.scope import required_tenant_id, tenant_scope

log = logging.getLogger(__name__)

Collection = BillingAccount.Collection

# What is too little to invoice alone is gathered by the month.
_PAID_BY_THE: Final = {
    PeriodKind.WEEK: (Collection.WEEKLY,),
    PeriodKind.MONTH: (Collection.MONTHLY, Collection.PER_SESSION),
}


def close_ended_periods(*, now: datetime) -> int:
    """Close, at every tenant, the week and the month that ended last; how many invoices came of it.

    Each customer's period is closed once, in a transaction of its own, so a run may be repeated,
    or die, at any point. Sessions have some hours after midnight to be priced.
    """
    issued = 0
    for tenant in Tenant.objects.order_by("pk"):
        with tenant_scope(tenant.pk):
            for kind in PeriodKind:
                period = last_ended_period(kind, now=now, time_zone=tenant.time_zone)
                if now - period.ends_at >= timedelta(hours=settings.PERIOD_CLOSE_AFTER_H):
                    issued += close_period(period, now=now)
    return issued


def close_period(period: Period, *, now: datetime) -> int:
    """Close a period for every customer of the tenant in scope it is not closed for yet."""
    closed = ClosedPeriod.objects.filter(kind=period.kind.value, period_from_on=period.from_on)
    accounts = (
        BillingAccount.objects.filter(
            collection__in=_PAID_BY_THE[period.kind], paid_by__isnull=True
        )
        .filter(~Q(collection=Collection.PER_SESSION) | Q(pk__in=_payers_of_what_waits(period)))
        .exclude(pk__in=closed.values("billing_account"))
    )
    ids = list(accounts.order_by("pk").values_list("pk", flat=True))
    return sum(len(close_account(account_id, period, now=now)) for account_id in ids)


def close_account(account_id: UUID, period: Period, *, now: datetime) -> list[Invoice]:
    """Close a customer's period once: an invoice for each currency that comes to enough.

    What comes to less is carried: it stays without an invoice, and the next period takes it. A
    session that is being corrected this moment, or is priced later, belongs to the next period as
    well; what was issued is never opened again.
    """
    with transaction.atomic():
        account = locked_payer(account_id)
        if account.collection not in _PAID_BY_THE[period.kind] or account.paid_by_id is not None:
            return []
        if _closed(account, period).exists():
            return []
        carried: dict[str, int] = {}
        invoices = []
        for currency, charges in _by_currency(_gathered(account, period)).items():
            total_minor = sum(charge.gross_minor for charge in charges)
            if total_minor < invoice_minimum_minor(currency):
                carried[currency] = total_minor
            else:
                invoices.append(_issue(account, period, charges, now))
        ClosedPeriod.objects.create(
            billing_account=account,
            kind=period.kind.value,
            period_from_on=period.from_on,
            period_to_on=period.to_on,
            carried=carried,
            closed_at=now,
        )
        if invoices:
            begin_collection(account, now)
    return invoices


def _payers_of_what_waits(period: Period) -> set[UUID]:
    waiting = charges_not_invoiced().filter(
        collection__in=GATHERED, session__ended_at__lt=period.ends_at
    )
    account = "session__driver__billing_account"
    payers = waiting.values_list(Coalesce(f"{account}__paid_by", account), flat=True)
    return set(payers.distinct())


def _closed(account: BillingAccount, period: Period) -> QuerySet[ClosedPeriod]:
    return ClosedPeriod.objects.filter(
        billing_account=account, kind=period.kind.value, period_from_on=period.from_on
    )


def _gathered(account: BillingAccount, period: Period) -> list[Charge]:
    """The charges to invoice, their sessions locked; one that is locked already is left out.

    A correction locks the session first: it is either done, and its charge is not in force, or
    under way, and the session is skipped. Charges themselves are never updated, so the
    application cannot lock them.
    """
    waiting = charges_waiting(account).filter(session__ended_at__lt=period.ends_at)
    locked = list(
        ChargingSession.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk__in=list(waiting.values_list("session", flat=True)))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    rows = charges_waiting(account).filter(session__in=locked)
    return list(
        rows.select_related("session__charge_point__site")
        .prefetch_related("lines")
        .order_by("session__ended_at", "pk")
    )


def _by_currency(charges: Sequence[Charge]) -> dict[str, list[Charge]]:
    found: dict[str, list[Charge]] = {}
    for charge in charges:
        found.setdefault(charge.currency, []).append(charge)
    return dict(sorted(found.items()))


def _issue(
    account: BillingAccount, period: Period, charges: Sequence[Charge], now: datetime
) -> Invoice:
    sold = [Sold(line, charge) for charge in charges for line in charge.lines.all()]
    days = [day_of(charge) for charge in charges]
    covers, groups = join_lines(sold, account.lines_per, most=MOST_LINES)
    invoice = new_invoice(
        account,
        now,
        kind=period.kind.value,
        period_from_on=period.from_on,
        period_to_on=period.to_on,
        supplied_from_on=min(days),
        supplied_to_on=max(days),
        currency=charges[0].currency,
        total_minor=sum(charge.gross_minor for charge in charges),
        vat_minor=sum(charge.vat_minor for charge in charges),
    )
    write_joined_lines(invoice, covers, groups)
    publish(InvoiceIssued(invoice_id=invoice.pk, occurred_at=now))
    log.info(
        "collective invoice issued",
        extra={"tenant": str(required_tenant_id()), "invoice": invoice.number},
    )
    return invoice
