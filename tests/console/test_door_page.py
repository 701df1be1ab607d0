"""The page of a station's door: seen by all who work there, changed only by those who may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.test import Client
from django.urls import reverse

from chargepoints.models import ChargePoint, DoorRecord, KeyRotation, StationCertificate
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.cast import a_member
from tests.operators import Operator


@pytest.fixture
def volt(db: None) -> Operator:
    return Operator("volt")


def client_of(operator: Operator, role: Role) -> Client:
    with tenant_scope(operator.tenant.id):
        user = a_member(role)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def door(operator: Operator) -> str:
    return reverse("admin:chargepoints_chargepoint_door", args=(operator.charge_point.pk,))


def press(operator: Operator, client: Client, act: str, **fields: Any) -> tuple[int, str]:
    answer = client.post(door(operator), {"act": act, **fields}, follow=True)
    return answer.status_code, answer.content.decode()


def row(operator: Operator) -> ChargePoint:
    with tenant_scope(operator.tenant.id):
        return ChargePoint.objects.get()


def a_certificate(name: str, key: Any = None, days: int = 1) -> str:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def test_an_opened_window_is_shown_loudly_everywhere(volt: Operator) -> None:
    operator = client_of(volt, Role.OPERATOR)
    _, page = press(volt, operator, "open", minutes=20, reason="new station")
    assert "Anybody may connect as this station without a key" in page
    station = reverse("admin:chargepoints_chargepoint_change", args=(volt.charge_point.pk,))
    assert "without a key until" in operator.get(station).content.decode()
    stations = operator.get(reverse("admin:chargepoints_chargepoint_changelist"))
    assert "Open to anybody" in stations.content.decode()


def test_a_window_is_closed_by_hand(volt: Operator) -> None:
    operator = client_of(volt, Role.OPERATOR)
    press(volt, operator, "open", minutes=20, reason="new station")
    press(volt, operator, "close")
    assert row(volt).window_until is None
    with tenant_scope(volt.tenant.id):
        said = [(record.kind, record.by) for record in DoorRecord.objects.order_by("id")]
    assert [kind for kind, _ in said] == ["window_opened", "window_closed"]
    assert all(by for _, by in said)


@pytest.mark.parametrize("fields", [{"minutes": 0, "reason": "x"}, {"minutes": 20, "reason": ""}])
def test_a_window_without_end_or_reason_is_not_opened(
    volt: Operator, fields: dict[str, Any]
) -> None:
    press(volt, client_of(volt, Role.OPERATOR), "open", **fields)
    assert row(volt).window_until is None


def test_a_new_key_is_sent_and_shown_to_nobody(volt: Operator) -> None:
    _, page = press(volt, client_of(volt, Role.OPERATOR), "rotate")
    assert "A new key is sent" in page
    with tenant_scope(volt.tenant.id):
        rotation = KeyRotation.objects.select_related("command").get()
    assert rotation.command.payload["value"] == "***"


def test_a_stronger_profile_is_demanded_and_a_weaker_one_refused(volt: Operator) -> None:
    operator = client_of(volt, Role.OPERATOR)
    press(volt, operator, "profile", security_profile=2)
    _, page = press(volt, operator, "profile", security_profile=1)
    assert "Lower only while the commissioning window is open." in page
    assert row(volt).security_profile == 2


def test_a_certificate_is_added_and_revoked(volt: Operator) -> None:
    operator = client_of(volt, Role.OPERATOR)
    press(volt, operator, "add", pem=a_certificate("CP-volt"))
    with tenant_scope(volt.tenant.id):
        made = StationCertificate.objects.get()
    press(volt, operator, "profile", security_profile=3)
    assert row(volt).security_profile == 3
    press(volt, operator, "revoke", fingerprint=made.fingerprint)
    with tenant_scope(volt.tenant.id):
        assert StationCertificate.objects.get().revoked_at is not None


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        ("rubbish", "Not a certificate in PEM form."),
        (a_certificate("CP-ampere"), "Issued to CP-ampere, which is neither"),
        (a_certificate("CP-volt", days=-1), "Not valid today."),
        (
            a_certificate("CP-volt", rsa.generate_private_key(65537, 1024)),  # noqa: S505
            "Its key is too short",
        ),
    ],
)
def test_a_bad_certificate_is_refused_with_the_reason(volt: Operator, pem: str, said: str) -> None:
    _, page = press(volt, client_of(volt, Role.OPERATOR), "add", pem=pem)
    assert said in page
    with tenant_scope(volt.tenant.id):
        assert not StationCertificate.objects.exists()


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ACCOUNTANT, Role.VIEWER])
def test_who_may_only_look_changes_nothing(volt: Operator, role: Role) -> None:
    client = client_of(volt, role)
    assert client.get(door(volt)).status_code == 200
    status, _ = press(volt, client, "open", minutes=20, reason="x")
    assert (status, row(volt).window_until) == (403, None)


def test_another_operators_door_is_not_there(volt: Operator) -> None:
    stranger = client_of(Operator("ampere"), Role.OWNER)
    assert stranger.get(door(volt)).status_code in (302, 404)
    press(volt, stranger, "open", minutes=20, reason="x")
    assert row(volt).window_until is None
