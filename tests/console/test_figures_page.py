"""The page of key figures: numbers, links to their rows, the file, and what is asked wrongly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from anomalies.models import ConnectorDay
from anomalies.services.figures import count_days
from chargepoints.models import Connector
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.anomalies.test_figures import DAY, LATER, at, says
from tests.cast import a_charge_point, a_connector, a_member, a_tenant
from tests.operators import Operator

PAGE = "admin:key-figures"
PERIOD = {"date_from": "2026-06-01", "date_to": "2026-06-04"}


@pytest.fixture
def volt(db: None) -> Operator:
    operator = Operator("volt")
    with tenant_scope(operator.tenant.id):
        outlet = operator.connector
        Connector.objects.update(created_at=at(0))
        outlet.charge_point = operator.charge_point
        says(outlet, (0, "available"), (24, "faulted"), (48, "available"))
        site = operator.charge_point.site
        count_days(site=site, day_from=DAY, day_to=DAY + timedelta(days=4), now=LATER)
    return operator


def a_viewer(operator: Operator) -> Client:
    client = Client()
    with tenant_scope(operator.tenant.id):
        client.force_login(a_member(Role.VIEWER, "viewer@volt.example"))
    return client


def test_the_page_shows_figures_with_formula_and_inputs(volt: Operator) -> None:
    page = a_viewer(volt).get(reverse(PAGE), PERIOD).content.decode()
    assert 'data-figure="nevi"' in page
    assert "75,00 %" in page  # 3 of 4 days
    assert "23 CFR 680.116(b)(3)" in page
    assert "SI 2023/1168" in page


def test_a_figure_links_to_the_rows_it_is_summed_from(volt: Operator) -> None:
    client = a_viewer(volt)
    page = client.get(reverse(PAGE), PERIOD | {"connector": str(volt.connector.pk)})
    [row] = [row for row in page.context["rows"] if row.code == "nevi"]
    rows = client.get(row.link)
    assert rows.status_code == 200
    assert rows.context["cl"].result_count == 4


def test_the_file_has_a_row_for_each_place(volt: Operator) -> None:
    answer = a_viewer(volt).get(reverse(PAGE), PERIOD | {"format": "csv"})
    head, row = answer.content.decode().splitlines()
    told = dict(zip(head.split(","), row.split(","), strict=True))
    assert (told["place"], told["nevi_percent"], told["down_s"]) == ("Torget", "75.00", "86400")


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"date_from": "2026-06-05"}, "date_to"),
        ({"date_from": "yesterday"}, "date_from"),
        ({"site": "x"}, "site"),
        ({"date_from": "2000-01-01"}, "date_to"),
    ],
)
def test_what_is_asked_wrongly_is_named(volt: Operator, asked: dict[str, str], named: str) -> None:
    page = a_viewer(volt).get(reverse(PAGE), PERIOD | asked)
    assert page.status_code == 200
    assert named in page.context["form"].errors
    assert 'data-testid="error"' in page.content.decode()


def test_an_organisation_without_days_is_told_when_they_come(db: None) -> None:
    client = Client()
    with tenant_scope(a_tenant("tom").id):
        client.force_login(a_member())
    assert 'data-testid="empty"' in client.get(reverse(PAGE)).content.decode()


def test_the_page_takes_as_many_queries_for_many_outlets_as_for_one(volt: Operator) -> None:
    client = a_viewer(volt)
    client.get(reverse(PAGE), PERIOD)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(PAGE), PERIOD)
    with tenant_scope(volt.tenant.id):
        outlets = [a_connector(a_charge_point(f"CP-{n}", volt.charge_point.site)) for n in range(5)]
        ConnectorDay.objects.bulk_create(
            ConnectorDay(connector=outlet, day=DAY, total_s=86_400, counted_at=timezone.now())
            for outlet in outlets
        )
    with CaptureQueriesContext(connection) as many:
        client.get(reverse(PAGE), PERIOD)
    assert len(many) == len(few) <= 25


def test_the_api_says_the_same(volt: Operator) -> None:
    asked = PERIOD | {"by": "connector"}
    [row] = volt.client("read").get("/api/v1/figures/", asked).json()
    assert (row["name"], row["nevi_percent"], row["uk_percent"]) == ("CP-volt/1", "75.00", "75.00")
    assert row["time"]["down_s"] == 86_400
    assert row["repair"]["opened"] == 0
    days = volt.client("read").get("/api/v1/figures/", PERIOD | {"by": "day"}).json()
    assert [day["nevi_percent"] for day in days] == ["100.00", "0.00", "100.00", "100.00"]


def test_the_api_names_what_is_wrong(volt: Operator) -> None:
    answer = volt.client("read").get("/api/v1/figures/", {"by": "moon", "site": "x"})
    assert answer.status_code == 400
    assert {"by", "site"} <= {*str(answer.json()).replace("'", " ").split()}
