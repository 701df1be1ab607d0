"""Any OCPP call over the API: checked, sent once, and its answer waited for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from chargepoints.models import ChargePoint, Command
from tenants.scope import tenant_scope
from tests.operators import Operator

# A session is open at the station.
POLITE_RESET = {"action": "Reset", "payload": {"type": "Soft"}, "wait_s": 0}
RESET = {**POLITE_RESET, "although_in_use": True}


def connect(volt: Operator, version: str = "1.6") -> None:
    """As if the station's socket were open, though nobody reads the calls."""
    with tenant_scope(volt.tenant.id):
        Command.objects.all().delete()
        ChargePoint.objects.update(socket_channel="ocpp.test", ocpp_version=version)


def call(volt: Operator, client: Client, body: dict[str, Any], key: str = "") -> Any:
    path = f"/api/v1/charge-points/{volt.charge_point.id}/calls/"
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_a_call_to_a_station_that_is_away_says_so(volt: Operator) -> None:
    answer = call(volt, volt.client("control"), {**RESET, "wait_s": 30})
    assert (answer.status_code, answer.json()["state"]) == (200, "offline")


def test_a_call_that_may_wait_is_queued(volt: Operator) -> None:
    answer = call(volt, volt.client("control"), {**RESET, "wait_for_station": True})
    assert answer.json()["state"] == "queued"


def test_a_restart_that_would_cut_somebody_off_wants_to_be_meant(volt: Operator) -> None:
    connect(volt)
    answer = call(volt, volt.client("control"), POLITE_RESET)
    assert answer.status_code == 400
    assert "although_in_use" in str(answer.json())
    with tenant_scope(volt.tenant.id):
        assert Command.objects.count() == 0


def test_an_empty_station_is_restarted_at_once(volt: Operator) -> None:
    connect(volt)
    with tenant_scope(volt.tenant.id):
        volt.charge_point.sessions.update(ended_at=volt.session.started_at)
    assert call(volt, volt.client("control"), POLITE_RESET).status_code == 200


def test_the_same_key_sends_the_same_call_once(volt: Operator) -> None:
    connect(volt)
    client = volt.client("control")
    ids = {call(volt, client, RESET, "k-1").json()["id"] for _ in range(3)}
    assert ids == {call(volt, client, RESET, "k-1").json()["id"]}
    with tenant_scope(volt.tenant.id):
        assert Command.objects.count() == 1


def test_a_key_of_another_call_is_a_conflict(volt: Operator) -> None:
    connect(volt)
    client = volt.client("control")
    call(volt, client, RESET, "k-1")
    other = call(volt, client, {**RESET, "payload": {"type": "Hard"}}, "k-1")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "conflict")


def test_operators_may_use_the_same_key(volt: Operator, ampere: Operator) -> None:
    keys = {call(o, o.client("control"), RESET, "k-1").json()["id"] for o in (volt, ampere)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "action", "required"),
        ({"action": "SetVariables"}, "action", "no such call"),
        ({**RESET, "payload": {}}, "payload", "type: is missing"),
        ({**RESET, "payload": {"type": "Now"}}, "payload", "type: is not one of"),
        ({**RESET, "wait_s": 31}, "wait_s", "30"),
    ],
)
def test_a_wrong_call_names_the_field_and_sends_nothing(
    volt: Operator, body: dict[str, Any], field: str, says: str
) -> None:
    connect(volt)
    client = volt.client("control")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    answer = call(volt, client, body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["fields"][field][0]["message"]
    with tenant_scope(volt.tenant.id):
        assert not Command.objects.exists()


def test_firmware_is_not_for_who_may_only_start_and_stop(volt: Operator) -> None:
    connect(volt)
    update = {"location": "https://fw.example/1", "retrieveDate": "2026-06-01T12:00:00Z"}
    body = {"action": "UpdateFirmware", "payload": update, "wait_s": 0}
    assert call(volt, volt.client("control"), body).status_code == 403
    assert call(volt, volt.client("control", "operate"), body).json()["state"] == "queued"


@pytest.mark.parametrize(("version", "calls"), [("1.6", 26), ("2.0.1", 40), ("2.1", 40)])
def test_the_calls_of_a_station_are_listed_with_examples(
    volt: Operator, version: str, calls: int
) -> None:
    connect(volt, version)
    path = f"/api/v1/charge-points/{volt.charge_point.id}/calls/"
    forms = volt.client("read").get(path).json()
    assert len(forms) == calls
    reset = next(form for form in forms if form["action"] == "Reset")
    assert (reset["scope"], reset["fields"][0]["path"]) == ("control", "type")
