"""How many bills a core rates again per second, database included, beside rating alone.

Run: python -m pytest -q -s bench/rerate.py  (starts a throwaway PostgreSQL, as the tests do)
"""

from __future__ import annotations

import sys
import time
import zlib

import orjson
import pytest
from django.utils import timezone

from billing.models import Charge, TariffVersion
from billing.rating import rate_again
from billing.services.rerating import charges_between, check_charges
from billing.services.what_if import Question, ask_what_if, compute_what_if
from tenants.scope import tenant_scope
from tests.billing.bills import HOUR, a_bill
from tests.cast import a_tariff, a_tenant

BILLS = 100


@pytest.mark.django_db
def test_rerating() -> None:
    """Print figures; an hour with seven readings each."""
    with tenant_scope(a_tenant().pk):
        measure_bills(a_tariff())


def measure_bills(tariff: TariffVersion) -> None:
    """Make the bills, then time each way of rating them again."""
    now = timezone.now()
    for number in range(BILLS):
        a_bill(str(number), start_at=now - 24 * HOUR - number * HOUR / 4)
    documents = [orjson.loads(zlib.decompress(one.inputs)) for one in Charge.objects.all()]
    begun = time.perf_counter()
    for document in documents:
        rate_again(document)
    alone_s = time.perf_counter() - begun
    begun = time.perf_counter()
    everything = charges_between(date_from=None, date_to=None, time_zone="Europe/Stockholm")
    clean = sum(not found.differences for found in check_charges(everything))
    checked_s = time.perf_counter() - begun
    run = ask_what_if(Question(tariff.tariff_id, tariff.pk), asked_by=None, now=now)
    begun = time.perf_counter()
    compute_what_if(run)
    tried_s = time.perf_counter() - begun
    if clean != BILLS:
        pytest.fail(f"{BILLS - clean} bills differ")
    sys.stdout.write(
        f"\nrating alone     {BILLS / alone_s:>8,.0f} bills/s\n"
        f"rerate --check   {BILLS / checked_s:>8,.0f} bills/s {checked_s / alone_s:>6.1f} x\n"
        f"what-if          {BILLS / tried_s:>8,.0f} bills/s {tried_s / alone_s:>6.1f} x\n"
    )
