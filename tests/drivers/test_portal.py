"""The way from My charging into Stripe's customer portal, per click."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.test import Client

from billing.models import BillingAccount, PortalConfiguration
from billing.services.invoices import connect_stripe_account, open_billing_account
from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from sessions_app.models import Driver
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.scenes import PLATFORM, a_payer, send_all
from tests.cast import a_driver, a_tenant
from tests.drivers.reader import Element, read_page
from tests.drivers.test_my_charging import seen, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def volt(db: None, _no_bell: None, stand_in: StandIn) -> Iterator[Tenant]:
    cache.clear()
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        yield tenant


@pytest.fixture
def anna(volt: Tenant) -> Driver:
    return a_payer()


def click(client: Client, status: int = 200) -> Element:
    answer = client.post("/my/volt/payment/portal/?lang=en")
    assert answer.status_code == status
    return read_page(answer.content.decode())


def portal_of(client: Client) -> str:
    """Click until what is missing has been made."""
    click(client, 503)
    send_all()
    return click(client).one("#to-portal").one("a").attributes["href"] or ""


def customer(stand_in: StandIn, account: str = PLATFORM) -> Any:
    (found,) = stand_in.objects(account, "customer")
    return found


def test_each_click_is_a_visit_of_its_own(anna: Driver) -> None:
    client = signed_in(anna)
    first = portal_of(client)
    second = click(client).one("#to-portal").one("a").attributes["href"]
    assert first != second
    assert PortalConfiguration.objects.count() == 1


def test_a_card_changed_there_pays_from_then_on(anna: Driver, stand_in: StandIn) -> None:
    url = portal_of(signed_in(anna))
    before = customer(stand_in)["invoice_settings"]["default_payment_method"]
    requests.post(url, {"card": "pm_card_mastercard"}, timeout=5)
    after = customer(stand_in)["invoice_settings"]["default_payment_method"]
    assert after != before
    assert "mastercard" in requests.get(url, timeout=5).text


def test_the_way_back_leads_to_the_drivers_own_page(anna: Driver) -> None:
    url = portal_of(signed_in(anna))
    assert "http://testserver/my/volt/payment/?lang=en" in requests.get(url, timeout=5).text


def test_the_visit_is_on_the_tenants_own_account(anna: Driver, stand_in: StandIn) -> None:
    connect_stripe_account(account_ref="acct_volt")
    BillingAccount.objects.update(stripe_account_ref="acct_volt")
    portal_of(signed_in(anna))
    assert customer(stand_in, "acct_volt")["name"] == "A Driver"
    assert [seen.account for seen in stand_in.requests] == ["acct_volt"] * len(stand_in.requests)


def test_stripe_being_down_is_said_and_changes_nothing(anna: Driver, stand_in: StandIn) -> None:
    client = signed_in(anna)
    portal_of(client)
    stand_in.fail(Fault(FaultKind.SERVER_ERROR, path="/v1/billing_portal/sessions", times=3))
    assert "Nothing has changed" in click(client, 502).one("#problem").text


def test_who_pays_nothing_has_no_portal(volt: Tenant, stand_in: StandIn) -> None:
    client = signed_in(a_driver("BB"))
    click(client, 409)
    assert "does not invoice you" in seen(client, "payment/").text
    assert stand_in.requests == []


def test_whose_charging_another_pays_has_no_portal(anna: Driver) -> None:
    bo = a_driver("BB", "Bo")
    account = open_billing_account(driver_id=bo.pk)
    BillingAccount.objects.filter(pk=account.pk).update(paid_by=anna.billing_account)
    client = signed_in(bo)
    click(client, 409)
    assert "A Driver pays for your charging" in seen(client, "payment/").text


def test_clicks_are_limited(anna: Driver) -> None:
    client = signed_in(anna)
    portal_of(client)
    for _n in range(18):
        click(client)
    click(client, 429)
