"""Charging refused cards again, by us or by Stripe, never by both."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from billing.models import BillingAccount, DunningTerms, Invoice, StripeCommand
from billing.selectors.dunning import dunning_terms
from billing.services.collection import retry_payment
from billing.types import Operation
from tenants.models import Tenant
from tenants.scope import tenant_scope

# Stripe, "Recommended retries"; a card that asks for its holder is left to the payment link.
RETRY_AFTER: Final = (timedelta(days=1), timedelta(days=3), timedelta(days=7))


def charge_refused_again(*, now: datetime) -> int:
    """Charge every refused invoice whose day has come, once a day at most; how many were tried.

    Nothing where Stripe does it, for a card that needs its holder, or after the last try.
    """
    tried = 0
    for tenant_id in Tenant.objects.values_list("id", flat=True):
        with tenant_scope(tenant_id):
            if dunning_terms().by == DunningTerms.By.PLATFORM:
                tried += sum(_charge_again(invoice, now) for invoice in _refused())
    return tried


def _refused() -> list[Invoice]:
    way = BillingAccount.PaymentWay.CARD
    return list(Invoice.objects.filter(state=Invoice.State.PAST_DUE, payment_way=way))


def _charge_again(invoice: Invoice, now: datetime) -> bool:
    """How often it was tried says which day is the next."""
    tries = StripeCommand.objects.filter(
        operation=Operation.PAY_INVOICE, entity_id=invoice.pk
    ).count()
    if not 0 < tries <= len(RETRY_AFTER) or now < invoice.issued_at + RETRY_AFTER[tries - 1]:
        return False
    return retry_payment(invoice_id=invoice.pk, now=now)
