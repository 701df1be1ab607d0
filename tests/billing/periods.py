"""Customers who are invoiced by the week or month, and what they charged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from billing.models import BillingAccount, Charge, Invoice
from billing.services.charges import rate_session
from billing.services.closing import close_ended_periods
from chargepoints.models import ChargePoint
from sessions_app.models import Driver
from tests.billing.scenes import a_cleared_session, a_payer
from tests.cast import a_charge_point, a_site

# The morning of the first of July in Sweden: June can be closed.
JULY = datetime(2026, 7, 1, 8, tzinfo=UTC)
JUNE_5 = datetime(2026, 6, 5, 12, tzinfo=UTC)


def a_customer(uid: str = "AABBCC", **more: Any) -> BillingAccount:
    """A driver who gets one invoice a month unless said otherwise."""
    driver = a_payer(uid)
    fields = {"collection": BillingAccount.Collection.MONTHLY, **more}
    BillingAccount.objects.filter(driver=driver).update(**fields)
    return BillingAccount.objects.get(driver=driver)


def charged(
    who: BillingAccount | Driver,
    ref: str,
    ended_at: datetime = JUNE_5,
    energy_wh: int = 10_000,
    **more: Any,
) -> Charge:
    """An hour of charging, priced the moment it ended; 40.00 kr unless said otherwise."""
    driver = who.driver if isinstance(who, BillingAccount) else who
    begun = {"started_at": ended_at - timedelta(hours=1), "ended_at": ended_at, **more}
    session = a_cleared_session(driver, energy_wh, ref, **begun)
    return rate_session(session_id=session.pk, now=ended_at)


def a_station(name: str) -> ChargePoint:
    """A station at a site of its own."""
    return a_charge_point(f"CP-{name}", a_site(name))


def close(now: datetime = JULY) -> list[Invoice]:
    """Close what has ended; every collective invoice there is now, by number."""
    close_ended_periods(now=now)
    return list(Invoice.objects.exclude(kind=Invoice.Kind.SESSION).order_by("number"))
