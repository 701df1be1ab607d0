"""The PDF says what the page says, on as many pages as it takes."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from billing.services.receipt_links import receipt_token
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.drivers.reader import read_page
from tests.drivers.scenes import TARIFFS, a_rated_session, a_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def volt() -> Tenant:
    return a_seller()


def plain(text: str) -> str:
    return "".join(text.replace("\N{MINUS SIGN}", "-").split())


def receipt_of(tenant: Tenant, kind: str) -> str:
    with tenant_scope(tenant.id):
        token = receipt_token(a_rated_session(kind).session)
    assert token is not None
    return token


def pages_of(token: str, language: str) -> list[str]:
    answer = Client().get(f"/receipt/{token}.pdf?lang={language}")
    assert answer.headers["Content-Type"] == "application/pdf"
    return [page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages]


@pytest.mark.parametrize("kind", TARIFFS)
def test_every_amount_of_the_page_is_in_the_document(volt: Tenant, kind: str) -> None:
    token = receipt_of(volt, kind)
    for language in ("sv", "en"):
        text = plain("".join(pages_of(token, language)))
        html = Client().get(f"/receipt/{token}/?lang={language}").content.decode()
        page = read_page(html)
        shown = [cell for css in (".exact", ".price", ".quantity") for cell in page.all(css)]
        shown += [one for step in page.all(".step") for one in step.all("dd")]
        shown += [one.one(".amount") for one in page.all(".line")]
        shown += [page.one("#total"), page.one("#hash")]
        assert [one.text for one in shown if plain(one.text) not in text] == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("sv", ("Kvitto på laddning", "Åkersberga", "Så räknades priset ut", "Sida 1 av 2")),
        ("en", ("Receipt for charging", "Åkersberga", "How the price was", "Page 1 of 2")),
    ],
)
def test_the_document_is_in_both_languages(
    volt: Tenant, language: str, said: tuple[str, ...]
) -> None:
    pages = pages_of(receipt_of(volt, "spot"), language)
    text = "\n".join(pages).replace("\xa0", " ")
    assert len(pages) == 2
    assert [one for one in said if one not in text] == []
