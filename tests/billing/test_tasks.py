"""Billing's tasks do what their names say, for every tenant, without a scope around them."""

from __future__ import annotations

import pytest

from billing.models import Invoice, StripeEvent
from billing.tasks import check_ledger, fetch_missed_stripe_events, send_due_stripe_commands
from config.devstack.stripe_stand_in import StandIn
from tenants.models import Tenant
from tenants.scope import across_tenants, current_scope, tenant_scope
from tests.billing.scenes import an_invoice
from tests.cast import a_tariff, a_tenant


@pytest.fixture
def two_invoices(db: None, _no_bell: None) -> list[Tenant]:
    tenants = [a_tenant(), a_tenant("ampere")]
    for tenant in tenants:
        with tenant_scope(tenant.id):
            a_tariff()
            an_invoice()
    return tenants


@pytest.mark.usefixtures("two_invoices")
def test_calls_of_every_tenant_are_made(stand_in: StandIn) -> None:
    assert current_scope() is None
    assert send_due_stripe_commands() == 16
    with across_tenants(reason="test"):
        assert set(Invoice.objects.values_list("state", flat=True)) == {Invoice.State.PAID}
    assert check_ledger() == 0


@pytest.mark.usefixtures("two_invoices")
def test_events_find_their_tenants_on_an_account_they_share(
    stand_in: StandIn, two_invoices: list[Tenant]
) -> None:
    send_due_stripe_commands()
    assert fetch_missed_stripe_events() == len(stand_in.events())
    for tenant in two_invoices:
        with tenant_scope(tenant.id):
            assert StripeEvent.objects.filter(type="invoice.paid").count() == 1
