"""My charging: signing in by a mailed link, and what a driver sees of themselves only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from anomalies.models import Incident
from billing.services.invoices import open_billing_account
from drivers.models import DriverVisit, SignInLink, SignInRequest
from drivers.my.signing_in import drivers_at, forget_old, make_link, use_link
from outbox.models import Message
from outbox.services import deliver_due, send_due_messages
from sessions_app.models import Driver, IdToken
from tenants.models import Tenant
from tenants.scope import across_tenants, tenant_scope
from tests.billing.scenes import a_payer, an_invoice
from tests.cast import a_charge_point, a_driver, a_session, a_site, a_tariff, a_tenant
from tests.drivers.reader import Element, read_page

pytestmark = pytest.mark.django_db
PAGES = ("", "invoices/", "payment/", "tags/", "outages/")


@pytest.fixture
def volt() -> Iterator[Tenant]:
    cache.clear()
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        yield tenant


@pytest.fixture
def anna(volt: Tenant) -> Driver:
    return a_driver("AABBCC", "Anna", "Anna@example.com")


def a_link(driver: Driver) -> str:
    return make_link(driver=driver, now=timezone.now())[1]


def signed_in(driver: Driver, slug: str = "volt") -> Client:
    client = Client()
    answer = client.post(f"/my/{slug}/enter/{a_link(driver)}/")
    assert answer.status_code == 302
    return client


def seen(client: Client, path: str = "", language: str = "en") -> Element:
    answer = client.get(f"/my/volt/{path}?lang={language}")
    assert answer.status_code == 200
    return read_page(answer.content.decode())


def ask(address: str, client: Client | None = None, **more: str) -> int:
    return (client or Client()).post("/my/volt/link/", {"email": address, **more}).status_code


@pytest.mark.parametrize("path", PAGES)
def test_without_a_visit_every_page_asks_to_sign_in(volt: Tenant, path: str) -> None:
    assert seen(Client(), path).one("#sign-in")


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_for_who_is_signed_in(anna: Driver, path: str, language: str) -> None:
    page = seen(signed_in(anna), path, language)
    assert "Anna" in page.text
    assert page.all("#sign-in") == []


def test_looking_at_a_link_does_not_use_it(anna: Driver) -> None:
    token = a_link(anna)
    for _n in range(2):
        assert Client().get(f"/my/volt/enter/{token}/").status_code == 200
    assert DriverVisit.objects.count() == 0


def test_a_link_signs_in_once(anna: Driver) -> None:
    token = a_link(anna)
    assert Client().post(f"/my/volt/enter/{token}/").status_code == 302
    assert Client().post(f"/my/volt/enter/{token}/").status_code == 410
    assert DriverVisit.objects.count() == 1


def test_a_newer_link_ends_the_older(anna: Driver) -> None:
    old, new = a_link(anna), a_link(anna)
    assert use_link(token=old, now=timezone.now()) is None
    assert use_link(token=new, now=timezone.now()) is not None


def test_a_link_lasts_twenty_minutes(anna: Driver) -> None:
    token, now = a_link(anna), timezone.now()
    assert use_link(token=token, now=now + timedelta(minutes=20, seconds=1)) is None
    assert use_link(token=token, now=now + timedelta(minutes=19)) is not None


def test_a_link_of_one_operator_opens_nothing_at_another(anna: Driver) -> None:
    token = a_link(anna)
    with tenant_scope(a_tenant("ampere").id):
        assert Client().post(f"/my/ampere/enter/{token}/").status_code == 410
    assert Client().post(f"/my/volt/enter/{token}/").status_code == 302


def test_a_visit_at_one_operator_is_none_at_another(anna: Driver) -> None:
    client = signed_in(anna)
    a_tenant("ampere")
    client.cookies["laddbok_driver"]["path"] = "/"
    answer = client.get("/my/ampere/?lang=en")
    assert read_page(answer.content.decode()).one("#sign-in")


def test_a_visit_ends_with_the_address_it_began_by(anna: Driver) -> None:
    client = signed_in(anna)
    Driver.objects.filter(pk=anna.pk).update(email="other@example.com")
    assert seen(client).one("#sign-in")


def test_signing_out_ends_the_visit(anna: Driver) -> None:
    client = signed_in(anna)
    secret = client.cookies["laddbok_driver"].value
    client.post("/my/volt/out/")
    assert DriverVisit.objects.count() == 0
    assert seen(Client(headers={"Cookie": f"laddbok_driver={secret}"})).one("#sign-in")


def test_neither_token_nor_cookie_is_kept(anna: Driver) -> None:
    token = a_link(anna)
    client = Client()
    client.post(f"/my/volt/enter/{token}/")
    kept = [*SignInLink.objects.values_list("salt", "token_hash")]
    kept += DriverVisit.objects.values_list("token_hash")
    assert token not in str(kept)
    assert client.cookies["laddbok_driver"].value not in str(kept)


def test_the_cookie_is_for_these_pages_only(anna: Driver) -> None:
    cookie = signed_in(anna).cookies["laddbok_driver"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/my/volt/", True, "Lax")


def test_a_known_and_an_unknown_address_get_the_same_answer(anna: Driver) -> None:
    known = Client().post("/my/volt/link/", {"email": "anna@example.com"})
    unknown = Client().post("/my/volt/link/", {"email": "nobody@example.com"})
    assert known.status_code == unknown.status_code == 200
    strip = [a.content.replace(b"anna", b"").replace(b"nobody", b"") for a in (known, unknown)]
    assert strip[0] == strip[1]
    assert SignInRequest.objects.count() == 2


def test_one_mailbox_is_not_filled(anna: Driver) -> None:
    assert [ask("anna@example.com") for _n in range(5)] == [200] * 5
    assert SignInRequest.objects.count() == 3


def test_one_visitor_cannot_try_many_addresses(volt: Tenant) -> None:
    answers = [ask(f"a{n}@example.com") for n in range(21)]
    assert answers == [200] * 20 + [429]


@pytest.mark.parametrize("address", ["", "anna", "a@b", "x" * 250 + "@example.com"])
def test_what_is_no_address_is_refused_with_a_reason(volt: Tenant, address: str) -> None:
    answer = Client().post("/my/volt/link/?lang=en", {"email": address})
    assert answer.status_code == 400
    assert read_page(answer.content.decode()).all("#error")
    assert SignInRequest.objects.count() == 0


def test_addresses_are_known_in_any_case(anna: Driver) -> None:
    assert drivers_at("ANNA@EXAMPLE.COM") == [anna]
    a_driver("DD", "Without", "x@example.com")
    Driver.objects.filter(name="Without").update(email="")
    assert drivers_at("") == []


@pytest.mark.parametrize("path", ["link/", "out/", "enter/x/", f"tags/{UUID(int=1)}/block/"])
def test_forms_of_other_sites_are_refused(anna: Driver, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in(anna).cookies
    assert strict.post(f"/my/volt/{path}", {"email": "a@example.com"}).status_code == 403


def test_sessions_are_the_drivers_own_with_cost_and_state(anna: Driver) -> None:
    a_tariff()
    open_billing_account(driver_id=anna.pk, payment_method_ref="pm_card_visa")
    invoice = an_invoice(anna, energy_wh=12_345)
    an_invoice(a_payer("DD"), ref="2")
    (row,) = seen(signed_in(anna)).all("#session")
    assert "12.345 kWh" in row.text
    assert "SEK 49.38" in row.text
    assert "Invoice on its way" in row.text
    assert invoice.charge is not None


def test_a_receipt_opens_for_the_drivers_own_session_only(anna: Driver) -> None:
    a_tariff()
    open_billing_account(driver_id=anna.pk, payment_method_ref="pm_card_visa")
    mine, others = an_invoice(anna), an_invoice(a_payer("DD"), ref="2")
    client = signed_in(anna)
    assert mine.charge is not None
    assert others.charge is not None
    path = "/my/volt/sessions/{}/receipt/".format
    assert client.get(path(mine.charge.session_id)).status_code == 302
    assert client.get(path(others.charge.session_id)).status_code == 404


def test_an_invoice_opens_as_a_document_for_its_buyer_only(anna: Driver) -> None:
    a_tariff()
    open_billing_account(driver_id=anna.pk, payment_method_ref="pm_card_visa")
    mine, others = an_invoice(anna), an_invoice(a_payer("DD"), ref="2")
    client = signed_in(anna)
    answer = client.get(f"/my/volt/invoices/{mine.pk}.pdf")
    assert answer.content.startswith(b"%PDF")
    assert answer["Cache-Control"] == "no-store, private"
    assert client.get(f"/my/volt/invoices/{others.pk}.pdf").status_code == 404
    assert len(seen(client, "invoices/").all("#invoice")) == 1


def test_a_lost_tag_is_blocked_and_stays_so(anna: Driver) -> None:
    client, tag = signed_in(anna), IdToken.objects.get()
    for _n in range(2):
        assert client.post(f"/my/volt/tags/{tag.pk}/block/").status_code == 302
    tag.refresh_from_db()
    assert tag.state == IdToken.State.BLOCKED
    assert "Blocked" in seen(client, "tags/").one("#tag").text


def test_somebody_elses_tag_is_not_blocked(anna: Driver) -> None:
    tag = IdToken.objects.get(driver=a_driver("DD", "Bo"))
    assert signed_in(anna).post(f"/my/volt/tags/{tag.pk}/block/").status_code == 404
    tag.refresh_from_db()
    assert tag.state == IdToken.State.ACTIVE


def an_incident(kind: str, session: object) -> None:
    now = timezone.now()
    Incident.objects.create(
        charge_point=session.charge_point,  # type: ignore[attr-defined]
        kind=kind, cause="x", severity=2, unit="s", observed=1, expected=0,
        since_at=now, last_seen_at=now,
    )  # fmt: skip


def test_outages_are_those_at_my_sites_that_keep_me_from_charging(anna: Driver) -> None:
    here = a_session(a_charge_point("CP-1"), "1", driver=anna, started_at=timezone.now())
    there = a_session(a_charge_point("CP-2", a_site("Hamnen")), "2", started_at=timezone.now())
    for kind, session in (("S3", here), ("M5", here), ("E15", there)):
        an_incident(kind, session)
    (row,) = seen(signed_in(anna), "outages/").all("#outage")
    assert "Torget Cannot be reached" in row.text


def test_what_has_ended_is_forgotten(anna: Driver) -> None:
    signed_in(anna)
    a_link(anna)
    with across_tenants(reason="the sweep"):
        assert forget_old(now=timezone.now() + timedelta(hours=2)) == 0
        assert forget_old(now=timezone.now() + timedelta(days=31)) == 3


def test_the_pages_ask_the_database_little(
    anna: Driver, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    a_tariff()
    open_billing_account(driver_id=anna.pk, payment_method_ref="pm_card_visa")
    for n in range(5):
        an_invoice(anna, ref=str(n))
    client = signed_in(anna)
    with django_assert_max_num_queries(9):
        assert len(seen(client).all("#session")) == 5


def test_a_year_of_energy_is_drawn(anna: Driver) -> None:
    with time_machine.travel("2026-06-15 12:00Z", tick=False):
        a_session(a_charge_point(), driver=anna, energy_wh=40_000)
        bars = seen(signed_in(anna)).one("#months").all("rect")
    assert [bar.attributes["height"] for bar in bars] == ["0"] * 11 + ["90"]


def test_the_mailed_link_signs_in(anna: Driver) -> None:
    assert ask("anna@example.com") == 200
    deliver_due()
    send_due_messages()
    (letter,) = mail.outbox
    assert letter.to == ["Anna@example.com"]
    (link,) = set(re.findall(r"http://testserver(/my/volt/enter/\S+)", str(letter.body)))
    assert Client().get(link).status_code == 200
    assert Client().post(link).status_code == 302


def test_an_unknown_address_gets_no_letter(anna: Driver) -> None:
    ask("nobody@example.com")
    deliver_due()
    send_due_messages()
    assert mail.outbox == []
    assert SignInRequest.objects.count() == 0


def test_the_link_in_a_letter_is_forgotten_once_sent(anna: Driver) -> None:
    ask("anna@example.com")
    deliver_due()
    message = Message.objects.get()
    assert "/enter/" not in message.text + message.html
    send_due_messages()
    message.refresh_from_db()
    assert (message.text, message.html) == ("", "")


def test_a_second_request_takes_the_first_letter_back(anna: Driver) -> None:
    for _n in range(2):
        ask("anna@example.com")
        deliver_due()
    send_due_messages()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(("language", "title"), [("sv", "Logga in"), ("en", "Sign in")])
def test_the_letter_is_in_the_language_of_the_page(anna: Driver, language: str, title: str) -> None:
    Client().post(f"/my/volt/link/?lang={language}", {"email": "anna@example.com"})
    deliver_due()
    send_due_messages()
    assert mail.outbox[0].subject.startswith(title)
