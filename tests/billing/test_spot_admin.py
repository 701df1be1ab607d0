"""The admin page of market prices."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from billing.selectors.spot_prices import spot_day
from billing.services.spot_prices import record_prices
from billing.spot.slots import Slot
from chargepoints.models import Site
from tenants.models import Role, Tenant
from tenants.scope import tenant_scope
from tests.billing.spot_feeds import AUTUMN_DAY, QUARTER, SPRING_DAY, STOCKHOLM, some_prices
from tests.cast import a_member, a_site, a_tenant

pytestmark = pytest.mark.django_db
AUTUMN = date(2026, 10, 25)


@pytest.fixture
def volt() -> Tenant:
    tenant = a_tenant("volt")
    with tenant_scope(tenant.id):
        a_site()
    return tenant


def record(day: tuple, prices: list[str | None]) -> None:  # type: ignore[type-arg]
    slots = [
        Slot(day[0] + number * QUARTER, 900, Decimal(price), f"slot {number + 1}")
        for number, price in enumerate(prices)
        if price is not None
    ]
    record_prices(
        area="SE3",
        currency="SEK",
        slots=slots,
        source="feed.example",
        zone=STOCKHOLM,
        allow_gaps=True,
    )


def page(tenant: Tenant, role: Role = Role.TECHNICIAN, **asked: str) -> str:
    """The page in English, as text."""
    client = Client(headers={"Accept-Language": "en"})
    with tenant_scope(tenant.id):
        client.force_login(a_member(role))
    answer = client.get(reverse("admin:billing_spotprice_changelist"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_day_that_comes_twice_an_hour_is_shown_whole(volt: Tenant) -> None:
    record(AUTUMN_DAY, list(some_prices(100)))
    shown = page(volt, area="SE3 SEK", day="2026-10-25")
    assert "100 of 100" in shown
    assert "Sunday, 25 October 2026" in shown
    assert "feed.example" in shown
    assert shown.count("<span>02:15–02:30</span>") == 2


def test_gaps_are_named_and_joined(volt: Tenant) -> None:
    prices: list[str | None] = list(some_prices(92))
    prices[9] = prices[10] = prices[91] = None
    record(SPRING_DAY, prices)
    shown = page(volt, day="2026-03-29")
    assert "89 of 92" in shown
    assert "3 are missing" in shown
    # 03:15 local is the tenth quarter of a day without an hour from two to three.
    assert "03:15–03:45, 23:45–24:00" in shown


def test_revisions_are_listed_oldest_first(volt: Tenant) -> None:
    record(AUTUMN_DAY, ["0.5"] * 100)
    record(AUTUMN_DAY, ["0.5"] * 99 + ["-0.123"])
    slots = spot_day(area="SE3", currency="SEK", day=AUTUMN)
    assert [row.price for row in slots[99].revisions] == [Decimal("0.5"), Decimal("-0.123")]
    assert slots[99].price == Decimal("-0.123")
    shown = page(volt, day="2026-10-25")
    assert "Revised prices" in shown
    assert "-0.123" in shown


def test_hours_are_shown_as_hours(volt: Tenant) -> None:
    start_at = AUTUMN_DAY[0]
    slots = [Slot(start_at + n * timedelta(hours=1), 3600, Decimal(n), "x") for n in range(25)]
    record_prices(area="SE3", currency="SEK", slots=slots, source="x", zone=STOCKHOLM)
    assert "25 of 25" in page(volt, day="2026-10-25")


def test_without_prices_the_page_says_how_they_come(volt: Tenant, settings: Settings) -> None:
    shown = page(volt, day="2026-06-02")
    assert "No prices of SE3 on Tuesday, 2 June 2026" in shown
    assert "Set SPOT_PRICE_FEED_URL" in shown
    assert "import_spot_prices prices.json --area SE3 --currency SEK" in shown
    settings.SPOT_PRICE_FEED_URL = "https://x.example/{area}"
    assert "asked several times a day" in page(volt, Role.VIEWER, day="2026-06-02")


def test_tomorrow_may_not_be_published_yet(volt: Tenant) -> None:
    with time_machine.travel(AUTUMN_DAY[0], tick=False):
        assert "publishes tomorrow's prices" in page(volt, day="2026-10-26").replace("&#x27;", "'")


def test_without_an_area_the_page_leads_to_the_sites(volt: Tenant) -> None:
    with tenant_scope(volt.id):
        Site.objects.update(price_area="")
    assert "No site has a price area yet" in page(volt)


@pytest.mark.parametrize("wrong", ["yesterday", "9999-12-31", "2026-02-30"])
def test_a_wrong_day_is_said_to_be_one(volt: Tenant, wrong: str) -> None:
    assert "The day was not understood" in page(volt, day=wrong, area="<script>")


def test_another_tenants_area_is_not_offered(volt: Tenant) -> None:
    with tenant_scope(a_tenant("ampere").id):
        Site.objects.create(name="Hamnen", price_area="SE1")
    assert "SE1 (SEK)" not in page(volt)


def test_an_area_is_written_as_markets_write_it(volt: Tenant) -> None:
    client = Client(headers={"Accept-Language": "en"})
    with tenant_scope(volt.id):
        client.force_login(a_member(Role.OPERATOR))
        site = Site.objects.get()
    form = {"name": "Torget", "time_zone": "Europe/Stockholm", "nominal_voltage_mv": "230"}
    address = reverse("admin:chargepoints_site_change", args=(site.pk,))
    refused = client.post(address, form | {"price_area": "söder"}).content.decode()
    assert "such as SE3 or DE-LU" in refused
    assert client.post(address, form | {"price_area": " se4 "}).status_code == 302
    with tenant_scope(volt.id):
        assert Site.objects.get().price_area == "SE4"
