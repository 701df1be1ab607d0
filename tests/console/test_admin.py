"""The admin: who gets in, what they see, and that every page of it opens."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from anomalies.models import Incident
from sessions_app.models import ChargingSession
from tenants.models import Member, Role, Tenant, User
from tenants.scope import tenant_scope
from tests.cast import NOON, a_member, a_tariff, a_tenant
from tests.operators import Operator

PAGES = sorted(f"{m._meta.app_label}_{m._meta.model_name}" for m in admin.site._registry)
PRICE_PAGES = re.compile("tariff|spotprice")
MONEY_PAGES = [p for p in PAGES if p.startswith("billing_") and not PRICE_PAGES.search(p)]


@pytest.fixture
def volt(db: None) -> Operator:
    return Operator("volt")


@pytest.fixture
def ampere(db: None) -> Operator:
    return Operator("ampere")


def signed_in(tenant: Tenant, role: Role = Role.OWNER) -> Client:
    with tenant_scope(tenant.id):
        user = a_member(role, f"{role}@{tenant.slug}.example")
    client = Client()
    client.force_login(user)
    return client


def session_page(operator: Operator) -> str:
    return reverse("admin:sessions_app_chargingsession_change", args=(operator.session.pk,))


def test_a_member_signs_in_with_their_e_mail_address(volt: Operator) -> None:
    with tenant_scope(volt.tenant.id):
        a_member(Role.VIEWER, "viewer@volt.example")
    client = Client()
    form = {"username": "viewer@volt.example", "password": "password"}
    answer = client.post(reverse("admin:login"), form)
    assert answer.status_code == 302, answer.content
    assert client.get(reverse("admin:index")).status_code == 200


def test_somebody_without_an_organisation_is_told_so(db: None) -> None:
    User.objects.create_superuser("root", "root@example.com", "password")
    page = Client().post(reverse("admin:login"), {"username": "root", "password": "password"})
    assert page.status_code == 200
    assert "arbetar inte" in page.content.decode() or "does not work" in page.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_every_list_opens_for_the_owner(volt: Operator, page: str) -> None:
    assert signed_in(volt.tenant).get(reverse(f"admin:{page}_changelist")).status_code == 200


@pytest.mark.parametrize("page", MONEY_PAGES)
def test_money_is_not_for_technicians(volt: Operator, page: str) -> None:
    client = signed_in(volt.tenant, Role.TECHNICIAN)
    assert client.get(reverse(f"admin:{page}_changelist")).status_code == 403


def test_the_home_page_counts_what_is_there(volt: Operator) -> None:
    page = signed_in(volt.tenant).get(reverse("admin:index")).content.decode()
    assert "0 / 1" in page
    assert "CP-volt/1" in page


def test_an_empty_organisation_is_told_how_to_begin(db: None) -> None:
    page = signed_in(a_tenant("tom")).get(reverse("admin:index")).content.decode()
    assert "/ocpp/tom/" in page


def test_the_session_page_shows_who_where_and_when(volt: Operator) -> None:
    page = signed_in(volt.tenant).get(session_page(volt)).content.decode()
    assert str(volt.driver) in page
    assert "CP-volt/1" in page
    assert "2026-06-01 14:00:00" in page


def test_another_tenants_pages_are_not_there(volt: Operator, ampere: Operator) -> None:
    client = signed_in(ampere.tenant)
    for name, pk in (
        ("sessions_app_chargingsession", volt.session.pk),
        ("chargepoints_chargepoint", volt.charge_point.pk),
        ("chargepoints_command", volt.command.pk),
        ("sessions_app_driver", volt.driver.pk),
    ):
        page = client.get(reverse(f"admin:{name}_change", args=(pk,)))
        assert page.status_code == 302, name
        assert page.headers["Location"] == reverse("admin:index")


def test_lists_show_the_tenants_own_rows_only(volt: Operator, ampere: Operator) -> None:
    page = signed_in(ampere.tenant).get(reverse("admin:chargepoints_chargepoint_changelist"))
    assert "CP-ampere" in page.content.decode()
    assert "CP-volt" not in page.content.decode()


def test_a_member_of_two_organisations_switches(volt: Operator, ampere: Operator) -> None:
    client = signed_in(volt.tenant)
    user = User.objects.get(email="owner@volt.example")
    with tenant_scope(ampere.tenant.id):
        Member.objects.create(user=user, role=Role.VIEWER)
    client.get(reverse("switch-tenant", args=("ampere",)))
    assert "CP-ampere" in client.get(session_page(ampere)).content.decode()


def test_nobody_switches_to_an_organisation_they_do_not_work_for(
    volt: Operator, ampere: Operator
) -> None:
    client = signed_in(volt.tenant)
    assert client.get(reverse("switch-tenant", args=("ampere",))).status_code == 404
    assert client.get(session_page(ampere)).status_code == 302


def held(operator: Operator) -> None:
    with tenant_scope(operator.tenant.id):
        ChargingSession.objects.update(state="completed", gate="held", gate_reason="M1 lower")


def test_a_held_session_is_released_with_a_reason(volt: Operator) -> None:
    held(volt)
    client = signed_in(volt.tenant, Role.ACCOUNTANT)
    path = reverse("admin:release-session", args=(volt.session.pk,))
    client.post(path, {"reason": "  "})
    with tenant_scope(volt.tenant.id):
        assert ChargingSession.objects.get().gate == "held"
    client.post(path, {"reason": "meter checked"})
    with tenant_scope(volt.tenant.id):
        session = ChargingSession.objects.get()
    assert (session.gate, session.gate_reason) == (
        "released",
        "accountant@volt.example: meter checked",
    )


@pytest.mark.parametrize("shown", ["", "1"])
def test_a_rebuilt_energy_nobody_was_shown_is_refused(volt: Operator, shown: str) -> None:
    held(volt)
    path = reverse("admin:release-session", args=(volt.session.pk,))
    sent = {"reason": "checked", "energy": "rebuilt", "rebuilt_wh": shown}
    client = signed_in(volt.tenant, Role.ACCOUNTANT)
    answer = client.post(path, sent, follow=True, headers={"Accept-Language": "en"})
    assert "ebuilt energy" in answer.content.decode()
    with tenant_scope(volt.tenant.id):
        assert ChargingSession.objects.get().gate == "held"


def test_a_technician_cannot_release(volt: Operator) -> None:
    held(volt)
    path = reverse("admin:release-session", args=(volt.session.pk,))
    answer = signed_in(volt.tenant, Role.TECHNICIAN).post(path, {"reason": "because"})
    assert answer.status_code == 403


def test_another_tenants_session_cannot_be_stopped(volt: Operator, ampere: Operator) -> None:
    path = reverse("admin:stop-session", args=(volt.session.pk,))
    assert signed_in(ampere.tenant).post(path).status_code == 404


def test_a_new_station_shows_its_key_once(volt: Operator) -> None:
    client = signed_in(volt.tenant)
    add = reverse("admin:chargepoints_chargepoint_add")
    form = {"site": volt.charge_point.site_id, "identity": "CP-NEW"}
    page = client.post(add, form, follow=True).content.decode()
    assert "CP-NEW" in page
    assert "visas inte igen" in page or "not shown again" in page


def test_a_taken_identity_names_the_field(volt: Operator) -> None:
    client = signed_in(volt.tenant)
    form = {"site": volt.charge_point.site_id, "identity": "CP-volt"}
    page = client.post(reverse("admin:chargepoints_chargepoint_add"), form)
    assert page.status_code == 200
    assert list(page.context["adminform"].errors) == ["identity"]


def test_prices_can_be_published_for_the_future_only(volt: Operator) -> None:
    with tenant_scope(volt.tenant.id):
        version = a_tariff()
    client = signed_in(volt.tenant, Role.ACCOUNTANT)
    client.post(reverse("admin:rewrite-tariff-version", args=(version.pk,)))
    publish = reverse("admin:publish-tariff", args=(version.tariff_id,))
    form = {"valid_from_0": "2020-02-01", "valid_from_1": "00:00"}
    assert client.post(publish, form).status_code == 200
    assert client.post(publish, {**form, "valid_from_0": "2099-02-01"}).status_code == 302


def test_a_viewer_cannot_resolve_incidents(volt: Operator) -> None:
    with tenant_scope(volt.tenant.id):
        incident = Incident.objects.create(
            charge_point=volt.charge_point,
            session=volt.session,
            kind="E1",
            cause="power_low",
            severity=4,
            observed=1,
            expected=2,
            since_at=NOON,
            last_seen_at=NOON,
        )
    form = {"action": "resolve", "_selected_action": [str(incident.pk)]}
    page = reverse("admin:anomalies_incident_changelist")
    signed_in(volt.tenant, Role.VIEWER).post(page, form)
    with tenant_scope(volt.tenant.id):
        assert Incident.objects.get().state == Incident.State.OPEN
    signed_in(volt.tenant, Role.TECHNICIAN).post(page, form)
    with tenant_scope(volt.tenant.id):
        assert Incident.objects.get().state == Incident.State.RESOLVED
