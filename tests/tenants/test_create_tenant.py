"""The command that makes the first organisation."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tenants.models import Tenant

pytestmark = pytest.mark.django_db


def create(*words: str) -> str:
    out = io.StringIO()
    call_command("create_tenant", *words, stdout=out)
    return out.getvalue()


def test_the_owner_can_sign_in_with_the_printed_password() -> None:
    text = create("volt", "Volt AB", "Owner@volt.example")
    password = text.split()[-1]
    client = Client()
    client.post("/admin/login/", {"username": "owner@volt.example", "password": password})
    assert client.get("/admin/").status_code == 200
    assert "/ocpp/volt/" in text


def test_a_known_owner_keeps_their_password() -> None:
    create("volt", "Volt AB", "owner@volt.example")
    assert "the password they have" in create("ampere", "Ampere AB", "owner@volt.example")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("not a slug", "Volt AB", "owner@volt.example"), "slug"),
        (("volt", "Volt AB", "nobody"), "owner"),
    ],
)
def test_wrong_words_name_the_field_and_make_nothing(words: tuple[str, ...], field: str) -> None:
    with pytest.raises(CommandError, match=f"^{field}:"):
        create(*words)
    assert Tenant.objects.count() == 0


def test_a_taken_short_name_is_refused() -> None:
    create("volt", "Volt AB", "owner@volt.example")
    with pytest.raises(CommandError, match="already an organisation"):
        create("volt", "Volt 2 AB", "owner@volt.example")
