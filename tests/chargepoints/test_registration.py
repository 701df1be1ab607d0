"""Keys are made by us, shown once and kept only as a keyed hash."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from chargepoints.handshake import key_in_headers
from chargepoints.keys import is_key, key_mac
from chargepoints.models import ChargePoint, Site
from chargepoints.services import register_charge_point, rotate_key
from chargepoints.services.sockets import SignedIn, sign_in
from chargepoints.types import PLAIN, Visit
from tenants.scope import tenant_scope
from tests.cast import a_charge_point, a_site, a_tenant


@pytest.fixture
def site(db: None) -> Iterator[Site]:
    with tenant_scope(a_tenant().id):
        yield a_site()


def came_in(tenant: str, identity: str, key: str) -> bool:
    visit = Visit("127.0.0.1", PLAIN)
    return isinstance(sign_in(tenant, identity, key, visit, timezone.now()), SignedIn)


def test_a_key_is_20_letters_and_digits_and_never_the_same(site: Site) -> None:
    keys = {register_charge_point(site=site, identity=f"CP-{n}")[1] for n in range(20)}
    assert len(keys) == 20
    assert all(len(key) == 20 and key.isalnum() and key.isascii() for key in keys)


def test_the_key_itself_is_nowhere_in_the_row(site: Site) -> None:
    charge_point, key = register_charge_point(site=site, identity="CP-1")
    assert key not in str(ChargePoint.objects.values().get())
    assert len(charge_point.key_mac) == 64


def test_a_key_opens_its_own_charge_point_only(site: Site) -> None:
    one, key = register_charge_point(site=site, identity="CP-1")
    two, _ = register_charge_point(site=site, identity="CP-2")
    ChargePoint.objects.filter(pk=two.pk).update(key_mac=one.key_mac)
    assert came_in("volt", "CP-1", key)
    assert not came_in("volt", "CP-2", key)


def test_without_the_servers_secret_a_hash_is_worth_nothing(site: Site, settings: Settings) -> None:
    charge_point, key = register_charge_point(site=site, identity="CP-1")
    settings.OCPP_KEY_SECRET = "another" * 5
    assert key_mac(charge_point.pk, key) != charge_point.key_mac


@pytest.mark.parametrize("key", ["", "no key is set", "\ud800"])
def test_a_charge_point_without_a_key_cannot_sign_in(site: Site, key: str) -> None:
    charge_point = a_charge_point()
    assert not is_key(charge_point.pk, key, charge_point.key_mac)
    assert not came_in("volt", "CP-1", key)


def test_rotation_ends_the_old_key(site: Site) -> None:
    charge_point, old = register_charge_point(site=site, identity="CP-1")
    new = rotate_key(charge_point=charge_point)
    assert not came_in("volt", "CP-1", old)
    assert came_in("volt", "CP-1", new)


@pytest.mark.parametrize("identity", ["", "a/b", "ä", "x" * 49, "a b"])
def test_an_id_that_cannot_stand_in_a_url_is_refused(site: Site, identity: str) -> None:
    with pytest.raises(ValidationError):
        register_charge_point(site=site, identity=identity)


def test_an_id_in_use_is_refused(site: Site) -> None:
    register_charge_point(site=site, identity="CP-1")
    with pytest.raises(ValidationError, match="id finns redan"):
        register_charge_point(site=site, identity="CP-1")


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 5000])
def test_no_name_breaks_the_sign_in(site: Site, name: str) -> None:
    assert not came_in(name, name, "key")


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (b"Basic Q1AtMTpzM2NyZXQ=", "s3cret"),
        (b"basic Q1AtMTpzM2NyZXQ=", "s3cret"),
        (b"Basic Q1AtMTphOmI=", "a:b"),
        (b"Basic Q1AtMjpzM2NyZXQ=", ""),
        (b"Bearer Q1AtMTpzM2NyZXQ=", ""),
        (b"Basic !!!", ""),
        (b"Basic //79", ""),
        (b"", ""),
    ],
)
def test_the_key_is_read_from_the_header(header: bytes, key: str) -> None:
    assert key_in_headers([(b"host", b"x"), (b"Authorization", header)], "CP-1") == key


def test_an_id_with_a_colon_is_understood() -> None:
    header = [(b"authorization", b"Basic YTpiOnMzY3JldA==")]
    assert key_in_headers(header, "a:b") == "s3cret"
