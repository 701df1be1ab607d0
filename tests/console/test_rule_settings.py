"""Thresholds in the admin, within their bounds, and connectors by their health."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from anomalies.models import Incident, RuleSetting
from chargepoints.models import ChargePoint
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.cast import NOON
from tests.console.test_admin import signed_in
from tests.operators import Operator

ADD = "admin:anomalies_rulesetting_add"


@pytest.fixture
def volt(db: None) -> Operator:
    return Operator("volt")


def sends(client: Client, **form: object) -> str:
    page = client.post(reverse(ADD), form, follow=True, headers={"accept-language": "en"})
    return str(page.content.decode())


def settings_of(volt: Operator) -> list[tuple[str, str, int, str]]:
    with tenant_scope(volt.tenant.id):
        return list(RuleSetting.objects.values_list("rule", "name", "value", "set_by"))


def test_an_operator_moves_a_threshold(volt: Operator) -> None:
    page = sends(signed_in(volt.tenant), threshold="E13.hottest_c", value=70)
    assert "70 °C" in page
    assert "50-120 °C" in page
    [(rule, name, value, set_by)] = settings_of(volt)
    assert (rule, name, value) == ("E13", "hottest_c", 70)
    assert "owner@volt.example" in set_by


def test_a_value_outside_the_bounds_is_refused_and_changes_nothing(volt: Operator) -> None:
    page = sends(signed_in(volt.tenant), threshold="E13.hottest_c", value=300)
    assert "300 °C" in page
    assert "50 °C" in page
    assert settings_of(volt) == []


def test_a_threshold_is_set_once_for_every_station(volt: Operator) -> None:
    client = signed_in(volt.tenant)
    for value in (70, 80):
        sends(client, threshold="E13.hottest_c", value=value)
    assert [row[2] for row in settings_of(volt)] == [70]


def test_a_technician_may_look_and_not_move(volt: Operator) -> None:
    client = signed_in(volt.tenant, Role.TECHNICIAN)
    assert client.get(reverse(ADD)).status_code == 403
    assert client.get(reverse("admin:anomalies_rulesetting_changelist")).status_code == 200


def test_connectors_are_listed_by_health_with_the_reason(volt: Operator) -> None:
    with tenant_scope(volt.tenant.id):
        station = ChargePoint.objects.get()
        incident = Incident.objects.create(
            charge_point=station,
            kind="E15",
            cause="ground_failure",
            severity=1,
            signal="StatusNotification",
            observed=1,
            expected=0,
            relation="about",
            since_at=NOON,
            last_seen_at=NOON,
        )
    page = signed_in(volt.tenant).get(
        reverse("admin:anomalies_health"), {"charge_point": station.pk}
    )
    text = page.content.decode()
    assert ('value="60"' in text, "(-40" in text, str(incident.pk) in text) == (True, True, True)
