"""Partners read incidents, say what they were, plan maintenance and do the work."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from anomalies.models import Incident, Maintenance, RemediationStep, WorkOrder
from anomalies.tasks import mute_worked_on
from outbox.models import Event
from tenants.scope import tenant_scope
from tests.cast import NOON, a_charge_point, a_connector, an_incident
from tests.operators import Operator

HOUR = timedelta(hours=1)


def kinds(volt: Operator, query: str) -> list[str]:
    answer = volt.client("read").get(f"/api/v1/incidents/?{query}")
    assert answer.status_code == 200, answer.json()
    return [row["kind"] for row in answer.json()["results"]]


def post(volt: Operator, path: str, body: dict[str, Any] | None = None) -> Any:
    client = volt.client("control", "read")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client.post(f"/api/v1/{path}/", json.dumps(body or {}), content_type="application/json")


@pytest.fixture
def others(volt: Operator) -> Operator:
    """A second outlet elsewhere with an incident of yesterday that has ended."""
    with tenant_scope(volt.tenant.id):
        outlet = a_connector(a_charge_point("CP-far"))
        ended = {"state": "resolved", "resolved_at": NOON, "severity": 2}
        whole = an_incident(outlet, "S6", since_at=NOON - 24 * HOUR, **ended)
        an_incident(outlet, "E2", parent=whole, since_at=NOON + HOUR, severity=6)
    return volt


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["E2", "S6", "E9"]),
        ("state=open", ["E2", "E9"]),
        ("kind=S6", ["S6"]),
        ("severity=4", ["S6", "E9"]),
        ("is_part=true", ["E2"]),
        ("is_part=false", ["S6", "E9"]),
        ("since_from=2026-06-01T12:00:00Z", ["E2", "E9"]),
        ("since_from=2026-06-01T12:00:00Z&since_to=2026-06-01T13:00:00Z", ["E9"]),
        ("is_muted=true", []),
    ],
)
def test_incidents_can_be_narrowed(others: Operator, query: str, found: list[str]) -> None:
    assert kinds(others, query) == found


def test_a_location_has_its_own_incidents_and_its_stations(others: Operator) -> None:
    assert kinds(others, f"location={others.charge_point.site_id}") == ["E9"]
    with tenant_scope(others.tenant.id):
        Incident.objects.create(
            site_id=others.charge_point.site_id,
            kind="S3",
            severity=3,
            observed=2,
            expected=0,
            since_at=NOON,
            last_seen_at=NOON,
        )
    assert kinds(others, f"location={others.charge_point.site_id}") == ["S3", "E9"]


@pytest.mark.parametrize("query", ["state=broken", "kind=X1", "since_from=now", "severity=bad"])
def test_a_wrong_filter_is_named(volt: Operator, query: str) -> None:
    answer = volt.client("read").get(f"/api/v1/incidents/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [query.partition("=")[0]]


@pytest.mark.parametrize(
    ("language", "title"), [("en", "No power although charging"), ("sv", "Ingen effekt")]
)
def test_one_incident_says_what_was_seen_and_done(
    volt: Operator, language: str, title: str
) -> None:
    with tenant_scope(volt.tenant.id):
        Incident.objects.update(evidence=[{"at": "2026-06-01T12:00:00Z", "power_w": 0}])
        RemediationStep.objects.create(
            incident=volt.incident, position=1, repair="wait", due_at=NOON, give_up_at=NOON
        )
    client = volt.client("read")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    shown = client.get(f"/api/v1/incidents/{volt.incident.id}/").json()
    assert shown["title"].startswith(title)
    assert shown["evidence"] == [{"at": "2026-06-01T12:00:00Z", "power_w": 0}]
    assert [(step["repair"], step["state"]) for step in shown["repairs"]] == [("wait", "planned")]
    assert shown["work_order_id"] == str(volt.work_order.id)
    assert shown["location_id"] == str(volt.charge_point.site_id)


def test_a_verdict_is_kept_with_who_said_it(volt: Operator) -> None:
    body = {"verdict": "other", "cause": "loose phase"}
    said = post(volt, f"incidents/{volt.incident.id}/verdict", body).json()
    assert (said["verdict"], said["verdict_cause"]) == ("other", "loose phase")
    assert said["verdict_by"].startswith("API key ")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "verdict"), ({"verdict": ""}, "verdict"), ({"verdict": "other"}, "cause")],
)
def test_a_wrong_verdict_changes_nothing(volt: Operator, body: Any, field: str) -> None:
    answer = post(volt, f"incidents/{volt.incident.id}/verdict", body)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
    with tenant_scope(volt.tenant.id):
        assert Incident.objects.get(pk=volt.incident.pk).verdict == ""


def test_who_saw_it_first_is_kept(volt: Operator) -> None:
    first = post(volt, f"incidents/{volt.incident.id}/acknowledge").json()["acknowledged_at"]
    again = post(volt, f"incidents/{volt.incident.id}/acknowledge").json()["acknowledged_at"]
    assert first == again is not None


class TestMaintenance:
    """A place is muted for a time, and what is wrong is told of again afterwards."""

    def is_muted(self, volt: Operator) -> bool:
        with tenant_scope(volt.tenant.id):
            return Incident.objects.get(pk=volt.incident.pk).is_muted

    def test_an_incidents_place_is_muted_until_it_ends(self, volt: Operator) -> None:
        ends_at = (timezone.now() + HOUR).isoformat()
        path = f"incidents/{volt.incident.id}/mute"
        made = post(volt, path, {"ends_at": ends_at, "reason": "New cable"})
        assert (made.status_code, made.json()["connector_id"]) == (201, str(volt.connector.id))
        assert self.is_muted(volt)
        end = f"maintenance/{made.json()['id']}/end"
        assert [post(volt, end).status_code for _time in range(2)] == [204, 409]
        assert not self.is_muted(volt)
        with tenant_scope(volt.tenant.id):
            assert Event.objects.filter(type="incident.opened").count() == 1

    def test_work_ahead_mutes_when_it_begins(self, volt: Operator) -> None:
        now = timezone.now()
        place = {"location_id": str(volt.charge_point.site_id), "reason": "Digging"}
        times = {"starts_at": (now + HOUR).isoformat(), "ends_at": (now + 2 * HOUR).isoformat()}
        assert post(volt, "maintenance", place | times).status_code == 201
        assert not self.is_muted(volt)
        with tenant_scope(volt.tenant.id):
            Maintenance.objects.filter(reason="Digging").update(starts_at=now)
        assert mute_worked_on() == 1
        assert self.is_muted(volt)
        assert mute_worked_on() == 0

    def test_work_that_is_called_off_is_gone(self, volt: Operator) -> None:
        with tenant_scope(volt.tenant.id):
            later = timezone.now() + HOUR
            Maintenance.objects.update(starts_at=later, ends_at=later + HOUR)
        assert post(volt, f"maintenance/{volt.maintenance.id}/end").status_code == 204
        with tenant_scope(volt.tenant.id):
            assert not Maintenance.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"location_id": None}, "location_id"),
            ({"connector_id": "00000000-0000-7000-8000-000000000000"}, "location_id"),
            ({"location_id": "00000000-0000-7000-8000-000000000000"}, "location_id"),
            ({"ends_at": "2026-06-01T11:00:00Z"}, "ends_at"),
            ({"starts_at": "soon"}, "starts_at"),
            ({"reason": "x" * 201}, "reason"),
        ],
    )
    def test_a_wrong_window_is_refused(
        self, volt: Operator, wrong: dict[str, Any], field: str
    ) -> None:
        right = {
            "location_id": str(volt.charge_point.site_id),
            "starts_at": NOON.isoformat(),
            "ends_at": datetime(2100, 1, 1, tzinfo=NOON.tzinfo).isoformat(),
            "reason": "Digging",
        }
        answer = post(volt, "maintenance", right | wrong)
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
        with tenant_scope(volt.tenant.id):
            assert Maintenance.objects.count() == 1

    def test_another_operators_place_does_not_exist(self, volt: Operator, ampere: Operator) -> None:
        body = {"connector_id": str(ampere.connector.id), "reason": "Mischief"}
        body |= {"starts_at": "2026-06-01T12:00:00Z", "ends_at": "2100-01-01T00:00:00Z"}
        answer = post(volt, "maintenance", body)
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (
            400,
            ["connector_id"],
        )


class TestWork:
    """A partner's technicians follow and end work orders."""

    def test_an_order_is_begun_and_done_once(self, volt: Operator) -> None:
        path = f"work-orders/{volt.work_order.id}"
        assert post(volt, f"{path}/start").json()["state"] == "started"
        done = post(volt, f"{path}/done", {"text": "New contactor"}).json()
        assert (done["state"], done["done_by"][:8]) == ("done", "API key ")
        assert [note["text"] for note in done["notes"]] == ["New contactor"]
        again = [post(volt, f"{path}/{step}").status_code for step in ("start", "done", "cancel")]
        assert again == [409, 409, 409]

    def test_a_cancelled_order_keeps_its_notes(self, volt: Operator) -> None:
        path = f"work-orders/{volt.work_order.id}"
        assert post(volt, f"{path}/notes", {"text": "Gate is locked"}).status_code == 201
        shown = post(volt, f"{path}/cancel").json()
        assert (shown["state"], shown["notes"][0]["text"]) == ("cancelled", "Gate is locked")
        assert shown["notes"][0]["has_photo"] is False

    def test_an_empty_note_is_refused(self, volt: Operator) -> None:
        answer = post(volt, f"work-orders/{volt.work_order.id}/notes", {"text": " "})
        assert list(answer.json()["error"]["fields"]) == ["text"]

    @pytest.mark.parametrize(("state", "found"), [("open", 1), ("done", 0)])
    def test_orders_can_be_narrowed(self, volt: Operator, state: str, found: int) -> None:
        answer = volt.client("read").get(f"/api/v1/work-orders/?state={state}").json()
        assert len(answer["results"]) == found

    def test_an_order_says_what_is_wrong(self, volt: Operator) -> None:
        with tenant_scope(volt.tenant.id):
            assert WorkOrder.objects.get().title == ""
        client = volt.client("read")
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        shown = client.get(f"/api/v1/work-orders/{volt.work_order.id}/").json()
        assert shown["title"] == "No power although charging"
