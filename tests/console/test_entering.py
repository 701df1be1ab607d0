"""What is entered in the admin: units people use, and mistakes that are told, not raised."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from anomalies.models import Incident
from chargepoints.models import ChargePoint, Connector
from sessions_app.models import IdToken
from tenants.models import Member, User
from tenants.scope import tenant_scope
from tests.cast import NOON, a_member
from tests.operators import Operator
from tests.sessions_app.signing import Meter


@pytest.fixture
def volt(db: None) -> Operator:
    return Operator("volt")


@pytest.fixture
def owner(volt: Operator) -> Client:
    with tenant_scope(volt.tenant.id):
        user = a_member()
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def station_form(volt: Operator, **more: Any) -> dict[str, Any]:
    return {
        "site": volt.charge_point.site_id,
        "enabled": "on",
        "connectors-TOTAL_FORMS": 1,
        "connectors-INITIAL_FORMS": 1,
        "connectors-0-id": volt.connector.pk,
        "connectors-0-charge_point": volt.charge_point.pk,
        "connectors-0-evse_id": 1,
        "connectors-0-connector_id": 1,
        "connectors-0-current_type": "ac",
        "connectors-0-phases": 3,
        "connectors-0-max_current_ma": "16",
        "connectors-0-max_power_w": "11.04",
        **more,
    }


def change_station(volt: Operator, owner: Client, **more: Any) -> ChargePoint:
    page = address("chargepoints_chargepoint_change", volt.charge_point.pk)
    assert owner.post(page, station_form(volt, **more)).status_code == 302
    with tenant_scope(volt.tenant.id):
        return ChargePoint.objects.get()


def test_limits_are_entered_in_amperes_and_kilowatts(volt: Operator, owner: Client) -> None:
    change_station(volt, owner)
    with tenant_scope(volt.tenant.id):
        connector = Connector.objects.get()
    assert (connector.max_current_ma, connector.max_power_w) == (16_000, 11_040)
    page = owner.get(address("chargepoints_chargepoint_change", volt.charge_point.pk))
    assert 'value="11.04"' in page.content.decode()


def test_changing_a_station_leaves_its_socket_alone(volt: Operator, owner: Client) -> None:
    with tenant_scope(volt.tenant.id):
        ChargePoint.objects.update(socket_channel="live", socket_epoch=7)
    assert change_station(volt, owner).socket_epoch == 7


def test_a_station_taken_out_of_use_loses_its_socket(volt: Operator, owner: Client) -> None:
    with tenant_scope(volt.tenant.id):
        ChargePoint.objects.update(socket_channel="live", socket_epoch=7)
    station = change_station(volt, owner, enabled="")
    assert (station.enabled, station.socket_channel, station.socket_epoch) == (False, "", 8)


def test_a_token_is_kept_in_capitals_and_not_twice(volt: Operator, owner: Client) -> None:
    form = {"driver": volt.driver.pk, "uid": "ccdd", "state": "active"}
    add = address("sessions_app_idtoken_add")
    assert owner.post(add, form).status_code == 302
    assert "already a token" in owner.post(add, form).content.decode()
    with tenant_scope(volt.tenant.id):
        assert set(IdToken.objects.values_list("uid", flat=True)) == {"VOLT01", "CCDD"}


def test_a_new_colleague_gets_a_password_once(volt: Operator, owner: Client) -> None:
    form = {"email": "New@volt.example", "role": "technician"}
    page = owner.post(address("tenants_member_add"), form, follow=True).content.decode()
    password = page.split("it is not shown again: ")[1].split("<")[0].strip()
    assert User.objects.get(email="new@volt.example").check_password(password)
    with tenant_scope(volt.tenant.id):
        assert Member.objects.get(user__email="new@volt.example").role == "technician"


def test_a_colleague_is_not_added_twice(volt: Operator, owner: Client) -> None:
    form = {"email": "owner@example.com", "role": "viewer"}
    page = owner.post(address("tenants_member_add"), form).content.decode()
    assert "works here already" in page


def test_an_incident_is_ended_from_its_page(volt: Operator, owner: Client) -> None:
    with tenant_scope(volt.tenant.id):
        incident = Incident.objects.create(
            charge_point=volt.charge_point,
            kind="E9",
            cause="no_power",
            severity=5,
            observed=0,
            expected=150,
            since_at=NOON,
            last_seen_at=NOON,
        )
    page = address("anomalies_incident_change", incident.pk)
    end = {"anomalies_incident_resolve_this": "1", "resolution": "new contactor"}
    assert owner.post(page, end).status_code == 302
    with tenant_scope(volt.tenant.id):
        incident.refresh_from_db()
    assert (incident.state, incident.resolution) == ("resolved", "new contactor")
    assert owner.post(page, end).status_code == 403


def test_times_are_told_in_the_organisations_zone(volt: Operator, owner: Client) -> None:
    page = owner.get(address("sessions_app_chargingsession_changelist")).content.decode()
    assert "1 Jun 2026, 14:00" in page


def test_a_member_signs_in_on_the_way_to_the_front_page(client: Client, db: None) -> None:
    assert client.get("/").headers["Location"] == "/admin/"
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")


def test_a_meters_key_is_kept_as_printed_on_the_meter(volt: Operator, owner: Client) -> None:
    key = Meter().key_text
    change_station(volt, owner, **{"connectors-0-meter_public_key": f" {key.lower()} "})
    with tenant_scope(volt.tenant.id):
        assert Connector.objects.get().meter_public_key == key


def test_what_is_no_key_of_a_meter_is_refused_with_the_reason(
    volt: Operator, owner: Client
) -> None:
    page = address("chargepoints_chargepoint_change", volt.charge_point.pk)
    form = station_form(volt, **{"connectors-0-meter_public_key": "nyckel"})
    assert "no public key that meters sign with" in owner.post(page, form).content.decode()
    with tenant_scope(volt.tenant.id):
        assert Connector.objects.get().meter_public_key == ""
