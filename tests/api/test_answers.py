"""What the endpoints say, and how they say that something is wrong."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sessions_app.models import ChargingSession, MeterSample
from sessions_app.services import seal_ended_sessions
from tenants.scope import across_tenants, tenant_scope
from tests.cast import NOON, a_session
from tests.operators import Operator

JSON = "application/json"

# Queries of each list page, whatever the number of rows: the key, then the rows.
QUERY_COUNTS = {
    "locations": 2,
    "charge-points": 3,
    "sessions": 2,
    "commands": 2,
    "invoices": 2,
    "incidents": 2,
    "maintenance": 2,
    "work-orders": 2,
}


def more_rows(volt: Operator) -> None:
    with tenant_scope(volt.tenant.id):
        for number in range(5):
            a_session(volt.charge_point, ref=f"more-{number}")


@pytest.mark.parametrize("kind", QUERY_COUNTS)
def test_a_list_costs_the_same_for_any_number_of_rows(volt: Operator, kind: str) -> None:
    client = volt.client("read", "billing")
    client.get(f"/api/v1/{kind}/")
    more_rows(volt)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/api/v1/{kind}/").status_code == 200
    assert len(queries) == QUERY_COUNTS[kind], [q["sql"] for q in queries]


def test_pages_follow_a_cursor(volt: Operator) -> None:
    more_rows(volt)
    client = volt.client("read")
    first = client.get("/api/v1/sessions/?page_size=4").json()
    second = client.get(first["next"]).json()
    assert [len(first["results"]), len(second["results"])] == [4, 2]
    assert second["next"] is None


def test_sessions_can_be_narrowed_by_start(volt: Operator) -> None:
    client = volt.client("read")

    def count(query: str) -> int:
        return len(client.get(f"/api/v1/sessions/?{query}").json()["results"])

    assert count("started_from=2026-06-01T12:00:00Z") == 1
    assert count("started_to=2026-06-01T12:00:00Z") == 0


def test_a_wrong_filter_names_the_field(volt: Operator) -> None:
    answer = volt.client("read").get("/api/v1/sessions/?started_from=yesterday")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "invalid"
    assert list(error["fields"]) == ["started_from"]


def test_samples_are_in_the_order_of_time(volt: Operator) -> None:
    with tenant_scope(volt.tenant.id):
        MeterSample.objects.create(
            session=volt.session,
            at=NOON.replace(hour=11),
            context="periodic",
            seq=2,
            received_at=NOON,
            power_w=7000,
        )
    rows = volt.client("read").get(f"/api/v1/sessions/{volt.session.id}/samples/").json()["results"]
    assert [(row["at"], row["power_w"]) for row in rows] == [
        ("2026-06-01T11:00:00Z", 7000),
        ("2026-06-01T12:00:00Z", None),
    ]


def test_packed_samples_are_told_as_before_also_to_who_had_read_a_page(volt: Operator) -> None:
    client = volt.client("read")
    with tenant_scope(volt.tenant.id):
        for number in range(5):
            at = NOON + timedelta(minutes=number + 1)
            MeterSample.objects.create(
                session=volt.session, at=at, context="periodic", seq=number + 2, received_at=at
            )
    path = f"/api/v1/sessions/{volt.session.id}/samples/"
    before = client.get(path).json()
    first = client.get(f"{path}?page_size=2").json()
    states = {"state": "completed", "gate": "cleared", "completed_at": NOON}
    with across_tenants(reason="the test seals"):
        ChargingSession.objects.update(**states)
        assert seal_ended_sessions(before=timezone.now() + timedelta(days=1)) == 1
    assert client.get(path).json() == before
    assert first["results"] + client.get(first["next"]).json()["results"] == before["results"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"token", "evse_id"}),
        ({"token": "A" * 37, "evse_id": 1}, {"token"}),
        ({"token": "A", "evse_id": "x"}, {"evse_id"}),
        ({"token": "A", "evse_id": 0}, {"evse_id"}),
    ],
)
def test_a_wrong_start_names_the_fields(
    volt: Operator, body: dict[str, Any], fields: set[str]
) -> None:
    path = f"/api/v1/charge-points/{volt.charge_point.id}/start/"
    answer = volt.client("control").post(path, json.dumps(body), content_type=JSON)
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == fields


def test_a_start_of_a_station_that_is_away_says_so(volt: Operator) -> None:
    path = f"/api/v1/charge-points/{volt.charge_point.id}/start/"
    answer = volt.client("control").post(path, {"token": "VOLT01", "evse_id": 1}, content_type=JSON)
    assert answer.status_code == 202
    assert answer.json()["state"] == "offline"


def test_an_ended_session_cannot_be_stopped(volt: Operator) -> None:
    volt_client = volt.client("control")
    with tenant_scope(volt.tenant.id):
        type(volt.session).objects.update(state="completed")
    answer = volt_client.post(f"/api/v1/sessions/{volt.session.id}/stop/")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "conflict"


def test_body_that_is_no_json_is_refused(volt: Operator) -> None:
    path = f"/api/v1/charge-points/{volt.charge_point.id}/start/"
    answer = volt.client("control").post(path, "{", content_type=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "parse_error"


def test_prices_need_the_billing_scope(volt: Operator) -> None:
    path = f"/api/v1/sessions/{volt.session.id}/"
    assert volt.client("read").get(path).json()["charge"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("date_from=2026-02-30&date_to=2026-03-01", "date_from"),
        ("date_from=2026-03-02&date_to=2026-03-01", "date_to"),
        ("date_from=2020-01-01&date_to=2026-03-01", "date_to"),
    ],
)
def test_a_wrong_period_names_the_field(volt: Operator, query: str, field: str) -> None:
    answer = volt.client("billing").get(f"/api/v1/revenue/daily/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


def test_the_openapi_document_has_no_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert "openapi: 3.1" in capsys.readouterr().out


def test_the_documentation_can_be_browsed(client: Any, db: None) -> None:
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert b"swagger-ui" in page.content
