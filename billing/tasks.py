"""Celery's side of billing; each is also run by the clock."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from billing.selectors import ledger_faults
from billing.services.ad_hoc.sweep import attend_due_payments as attend_due
from billing.services.closing import close_ended_periods as close_periods
from billing.services.dunning import charge_refused_again as charge_again
from billing.services.reconciliation.run import reconcile_accounts as reconcile
from billing.services.spot_prices import fetch_due_prices
from billing.services.stripe_commands import send_due_stripe_commands as send_due
from billing.services.stripe_events import fetch_missed_events, forget_old_contents
from billing.services.what_if import run_due_what_ifs as run_due
from tenants.scope import across_tenants

log = logging.getLogger(__name__)


@shared_task(name="billing.tasks.send_due_stripe_commands")
def send_due_stripe_commands() -> int:
    """Make the calls to Stripe that are due."""
    return send_due()


@shared_task(name="billing.tasks.attend_due_payments")
def attend_due_payments() -> int:
    """Look after payments on the spot."""
    return attend_due(now=timezone.now())


@shared_task(name="billing.tasks.fetch_missed_stripe_events")
def fetch_missed_stripe_events() -> int:
    """Fill the gaps webhooks left."""
    return fetch_missed_events(now=timezone.now())


@shared_task(name="billing.tasks.forget_old_stripe_events")
def forget_old_stripe_events() -> int:
    """Empty the content of old events."""
    kept = timedelta(days=settings.STRIPE_EVENT_KEPT_DAYS)
    return forget_old_contents(now=timezone.now(), kept=kept)


@shared_task(name="billing.tasks.charge_refused_again")
def charge_refused_again() -> int:
    """Charge refused cards again whose day has come."""
    return charge_again(now=timezone.now())


@shared_task(name="billing.tasks.close_ended_periods")
def close_ended_periods() -> int:
    """Make the collective invoices of the week and the month that ended."""
    return close_periods(now=timezone.now())


@shared_task(name="billing.tasks.check_ledger")
def check_ledger() -> int:
    """Look for faults in the books; each is logged as an error."""
    with across_tenants(reason="ledger check"):
        faults = ledger_faults()
    for fault in faults:
        log.error("fault in the books", extra={"fault": fault})
    return len(faults)


@shared_task(name="billing.tasks.reconcile_accounts")
def reconcile_accounts() -> int:
    """Compare every Stripe account with the books; open discrepancies are logged as an error."""
    count = reconcile(now=timezone.now())
    if count:
        log.error("Stripe and the books do not agree", extra={"discrepancies": count})
    return count


@shared_task(name="billing.tasks.fetch_spot_prices")
def fetch_spot_prices() -> int:
    """Fetch market prices of today and tomorrow; how many were new or another than before."""
    done = fetch_due_prices(now=timezone.now())
    return done.added + done.revised


@shared_task(name="billing.tasks.run_due_what_ifs")
def run_due_what_ifs() -> int:
    """Answer the what-if questions that wait."""
    return run_due()
