"""Who is told of incidents: entered, checked and tried in the admin."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from anomalies.models import NoticeAddress
from tenants.models import Role
from tenants.scope import tenant_scope
from tenants.sealing import unseal
from tests.console.test_admin import signed_in
from tests.operators import Operator

ADD = "admin:anomalies_noticeaddress_add"


@pytest.fixture
def volt(db: None) -> Operator:
    return Operator("volt")


def enter(client: Client, channel: str, address: str) -> str:
    form = {"name": "Jour", "channel": channel, "address": address, "language": "en", "least": 3}
    answer = client.post(reverse(ADD), form, headers={"Accept-Language": "en"})
    return answer.content.decode() if answer.status_code == 200 else ""


def kept(operator: Operator) -> NoticeAddress:
    with tenant_scope(operator.tenant.id):
        return NoticeAddress.objects.get()


def test_of_a_webhook_only_the_host_is_kept_in_the_open(volt: Operator) -> None:
    assert enter(signed_in(volt.tenant), "chat", "https://hooks.example.com/T0/secret") == ""
    address = kept(volt)
    assert address.address == "hooks.example.com"
    assert "secret" not in address.sealed_url
    assert unseal(address.sealed_url) == "https://hooks.example.com/T0/secret"


def test_a_number_is_kept_without_its_blanks(volt: Operator) -> None:
    enter(signed_in(volt.tenant), "sms", "+46 70-123 45 67")
    assert kept(volt).address == "+46701234567"


@pytest.mark.parametrize(
    ("channel", "address", "said"),
    [
        ("email", "nobody", "valid email"),
        ("sms", "070-1234567", "country code"),
        ("chat", "http://hooks.example.com/", "must begin with https://"),
        ("hook", "https://169.254.169.254/latest", "private network"),
        ("hook", "hooks.example.com", "must begin with https://"),
    ],
)
def test_a_wrong_address_is_refused_with_the_reason(
    volt: Operator, channel: str, address: str, said: str
) -> None:
    assert said in enter(signed_in(volt.tenant), channel, address)
    with tenant_scope(volt.tenant.id):
        assert not NoticeAddress.objects.exists()


def test_a_test_message_goes_out_at_once_and_its_fate_is_shown(volt: Operator) -> None:
    client = signed_in(volt.tenant)
    enter(client, "email", "jour@example.com")
    where = reverse("admin:anomalies_noticeaddress_try_it", args=(kept(volt).pk,))
    shown = client.post(where, follow=True).content.decode()
    assert [sent.to for sent in mail.outbox] == [["jour@example.com"]]
    assert 'data-testid="fresh"' in shown


def test_a_viewer_sends_nothing(volt: Operator) -> None:
    enter(signed_in(volt.tenant), "email", "jour@example.com")
    where = reverse("admin:anomalies_noticeaddress_try_it", args=(kept(volt).pk,))
    assert signed_in(volt.tenant, Role.VIEWER).post(where).status_code == 403
    assert mail.outbox == []
