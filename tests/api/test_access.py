"""Who may call what: every route is in the table, and no call reaches another tenant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from tenants.models import ApiKey, Role
from tenants.scope import tenant_scope
from tenants.services import revoke_api_key, rotate_api_key
from tests.cast import a_member
from tests.operators import Operator

# method, route, scope that is enough (None: open to anybody)
TABLE = [
    ("get", "locations/", "read"),
    ("get", "locations/<pk>/", "read"),
    ("get", "charge-points/", "read"),
    ("get", "charge-points/<pk>/", "read"),
    ("post", "charge-points/<pk>/start/", "control"),
    ("get", "charge-points/<pk>/calls/", "read"),
    ("post", "charge-points/<pk>/calls/", "control"),
    ("get", "sessions/", "read"),
    ("get", "sessions/<pk>/", "read"),
    ("get", "sessions/<pk>/samples/", "read"),
    ("post", "sessions/<pk>/stop/", "control"),
    ("get", "commands/", "read"),
    ("get", "commands/<pk>/", "read"),
    ("get", "invoices/", "billing"),
    ("get", "invoices/<pk>/", "billing"),
    ("get", "figures/", "read"),
    ("get", "revenue/daily/", "billing"),
    ("get", "incidents/", "read"),
    ("get", "incidents/<pk>/", "read"),
    ("post", "incidents/<pk>/acknowledge/", "control"),
    ("post", "incidents/<pk>/verdict/", "control"),
    ("post", "incidents/<pk>/mute/", "control"),
    ("get", "maintenance/", "read"),
    ("post", "maintenance/", "control"),
    ("get", "maintenance/<pk>/", "read"),
    ("post", "maintenance/<pk>/end/", "control"),
    ("get", "work-orders/", "read"),
    ("get", "work-orders/<pk>/", "read"),
    ("post", "work-orders/<pk>/start/", "control"),
    ("post", "work-orders/<pk>/done/", "control"),
    ("post", "work-orders/<pk>/cancel/", "control"),
    ("post", "work-orders/<pk>/notes/", "control"),
    ("get", "openapi.json", None),
    ("get", "docs/", None),
]
SCOPES = ("read", "control", "operate", "billing")
GUARDED = [row for row in TABLE if row[2]]


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        here = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").replace(
            "(?P<pk>[^/.]+)", "<pk>"
        ).removesuffix("\\Z")
        if isinstance(pattern, URLResolver):
            found |= routes(pattern.url_patterns, here)
        else:
            found.add(here)
    return found


def test_every_route_is_in_the_table() -> None:
    api = next(p for p in get_resolver().url_patterns if str(p.pattern) == "api/v1/")
    assert isinstance(api, URLResolver)
    assert routes(api.url_patterns) == {route for _, route, _ in TABLE}


def url(route: str, operator: Operator) -> str:
    kind = route.split("/")[0]
    missing = "00000000-0000-7000-8000-000000000000"
    return "/api/v1/" + route.replace("<pk>", str(operator.ids.get(kind, missing)))


@pytest.mark.parametrize(("method", "route", "scope"), GUARDED)
def test_without_a_credential_the_answer_is_401(
    volt: Operator, method: str, route: str, scope: str
) -> None:
    answer = getattr(Client(), method)(url(route, volt))
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_authenticated"


@pytest.mark.parametrize(("method", "route", "scope"), GUARDED)
def test_another_scope_is_not_enough(volt: Operator, method: str, route: str, scope: str) -> None:
    others = [s for s in SCOPES if s != scope]
    answer = getattr(volt.client(*others), method)(url(route, volt))
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "permission_denied"


@pytest.mark.parametrize(("method", "route", "scope"), GUARDED)
def test_the_scope_is_enough(volt: Operator, method: str, route: str, scope: str) -> None:
    answer = getattr(volt.client(scope), method)(url(route, volt))
    assert answer.status_code not in {401, 403, 500}


@pytest.mark.parametrize(("method", "route", "scope"), [row for row in GUARDED if "<pk>" in row[1]])
def test_another_tenants_things_are_not_found(
    volt: Operator, ampere: Operator, method: str, route: str, scope: str
) -> None:
    answer = getattr(ampere.client(*SCOPES), method)(
        url(route, volt),
        {"token": "X", "evse_id": 1, "action": "Reset"},
        content_type="application/json",
    )
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


OWN = ("locations", "charge-points", "sessions", "commands")
OWN += ("incidents", "maintenance", "work-orders")


@pytest.mark.parametrize("kind", OWN)
def test_lists_show_the_tenants_own_rows_only(volt: Operator, ampere: Operator, kind: str) -> None:
    rows = ampere.client(*SCOPES).get(f"/api/v1/{kind}/").json()["results"]
    assert [row["id"] for row in rows] == [str(ampere.ids[kind])]


@pytest.mark.parametrize("text", ["", "lb_", "lb_00000000_x", "sk_live_x", "lb_%00_x"])
def test_a_wrong_key_is_refused(db: None, text: str) -> None:
    answer = Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/sessions/")
    assert answer.status_code == 401


def test_a_revoked_key_stops_at_once(volt: Operator) -> None:
    client = volt.client("read")
    with tenant_scope(volt.tenant.id):
        revoke_api_key(key=ApiKey.objects.get())
    assert client.get("/api/v1/sessions/").status_code == 401


def test_a_rotated_key_works_until_its_grace_is_over(volt: Operator) -> None:
    client = volt.client("read")
    with tenant_scope(volt.tenant.id):
        rotate_api_key(key=ApiKey.objects.get(), grace=timedelta(hours=1))
        assert client.get("/api/v1/sessions/").status_code == 200
        ApiKey.objects.exclude(replaced_by=None).update(expires_at=timezone.now())
    assert client.get("/api/v1/sessions/").status_code == 401


def test_only_the_hash_of_a_key_is_kept(volt: Operator) -> None:
    secret = volt.key("read").split("_", 2)[2]
    with tenant_scope(volt.tenant.id):
        row = ApiKey.objects.values().get()
    assert secret not in str(row)


def member_client(volt: Operator, role: Role, *, csrf: bool = False) -> Client:
    with tenant_scope(volt.tenant.id):
        user = a_member(role)
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(user)
    return client


def test_a_member_may_call_with_the_admins_session(volt: Operator) -> None:
    client = member_client(volt, Role.ACCOUNTANT)
    assert client.get("/api/v1/invoices/").status_code == 200


def test_a_viewer_sees_no_invoices(volt: Operator) -> None:
    client = member_client(volt, Role.VIEWER)
    assert client.get("/api/v1/sessions/").status_code == 200
    assert client.get("/api/v1/invoices/").status_code == 403


def test_a_members_unsafe_call_needs_the_csrf_token(volt: Operator) -> None:
    client = member_client(volt, Role.OPERATOR, csrf=True)
    answer = client.post(f"/api/v1/sessions/{volt.session.id}/stop/")
    assert answer.status_code == 403
