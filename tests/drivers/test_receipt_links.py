"""Links to receipts: made once, not to be guessed, renewed and revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from billing.models import ReceiptLink
from billing.services.receipt_links import (
    find_receipt_link,
    receipt_token,
    renew_receipt_link,
    revoke_receipt_link,
)
from sessions_app.models import ChargingSession
from tenants.models import Role, Tenant
from tenants.scope import tenant_scope
from tenants.services import issue_api_key
from tests.cast import a_member
from tests.drivers.scenes import START, a_rated_session, a_seller

pytestmark = pytest.mark.django_db
LATER = START + timedelta(days=30)


@pytest.fixture
def volt() -> Tenant:
    return a_seller()


@pytest.fixture
def session(volt: Tenant) -> ChargingSession:
    with tenant_scope(volt.id):
        return a_rated_session("flat").session


def token_of(session: ChargingSession) -> str:
    with tenant_scope(session.tenant_id):
        token = receipt_token(session)
    assert token is not None
    return token


def test_a_link_is_made_on_first_ask_and_stays(session: ChargingSession) -> None:
    assert token_of(session) == token_of(session)
    with tenant_scope(session.tenant_id):
        assert ReceiptLink.objects.count() == 1


def test_a_token_has_192_bits_and_says_nothing(session: ChargingSession) -> None:
    token = token_of(session)
    assert len(token) == 32
    with tenant_scope(session.tenant_id):
        link = ReceiptLink.objects.get()
    kept = f"{link.salt} {link.token_hash} {session.pk.hex}"
    assert token not in kept
    assert session.pk.hex[:8] not in token


def test_the_database_alone_does_not_make_a_token(
    session: ChargingSession, settings: Settings
) -> None:
    token = token_of(session)
    settings.SECRET_KEY, old_key = "another-key-" * 5, settings.SECRET_KEY
    settings.SECRET_KEY_FALLBACKS = [old_key]
    assert token_of(session) == token
    settings.SECRET_KEY_FALLBACKS = []
    assert token_of(session) != token


def test_a_renewed_link_leaves_the_old_one_dead(session: ChargingSession) -> None:
    old = token_of(session)
    with tenant_scope(session.tenant_id):
        new = renew_receipt_link(link=ReceiptLink.objects.get(), now=LATER)
    assert token_of(session) == new
    assert Client().get(f"/receipt/{old}/").status_code == 404
    assert Client().get(f"/receipt/{new}/").status_code == 200


def test_a_revoked_link_opens_nothing_until_it_is_renewed(session: ChargingSession) -> None:
    token = token_of(session)
    with tenant_scope(session.tenant_id):
        link = ReceiptLink.objects.get()
        revoke_receipt_link(link=link, now=LATER)
        assert receipt_token(session) is None
        assert find_receipt_link(token) is None
        assert find_receipt_link(renew_receipt_link(link=link, now=LATER)) is not None


def test_the_api_tells_the_address_to_those_who_may_see_money(
    session: ChargingSession, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://laddbok.example"
    with tenant_scope(session.tenant_id):
        keys = [issue_api_key(name="k", scopes=s)[1] for s in (["read"], ["read", "billing"])]
    asked = [
        Client(headers={"Authorization": f"Bearer {key}"}).get(f"/api/v1/sessions/{session.pk}/")
        for key in keys
    ]
    poor, rich = (answer.json()["receipt_url"] for answer in asked)
    assert poor is None
    assert rich == f"https://laddbok.example/receipt/{token_of(session)}/"


@pytest.mark.parametrize(("role", "status"), [(Role.ACCOUNTANT, 302), (Role.TECHNICIAN, 403)])
def test_the_way_from_a_session_is_for_those_who_may_see_money(
    session: ChargingSession, role: Role, status: int
) -> None:
    client = Client()
    with tenant_scope(session.tenant_id):
        client.force_login(a_member(role))
    answer = client.get(reverse("session-receipt", args=(session.pk,)))
    assert answer.status_code == status
    if status == 302:
        assert answer.headers["Location"] == f"/receipt/{token_of(session)}/"


def test_another_operators_accountant_finds_no_such_session(session: ChargingSession) -> None:
    client, ampere = Client(), a_seller("ampere")
    with tenant_scope(ampere.id):
        client.force_login(a_member(Role.ACCOUNTANT))
    assert client.get(reverse("session-receipt", args=(session.pk,))).status_code == 404


def test_an_accountant_renews_a_link_in_the_admin(session: ChargingSession) -> None:
    old, client = token_of(session), Client()
    with tenant_scope(session.tenant_id):
        client.force_login(a_member(Role.ACCOUNTANT))
        link = ReceiptLink.objects.get()
    page = reverse("admin:billing_receiptlink_changelist")
    client.post(page, {"action": "renew", "_selected_action": [str(link.pk)]})
    assert token_of(session) != old
    shown = client.get(reverse("admin:billing_receiptlink_change", args=(link.pk,)))
    assert token_of(session) in shown.content.decode()
