"""A receipt's page, added up again by somebody who has nothing but the page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.test import Client

from billing.models import Charge, SessionTariff
from billing.services.charges import rate_session
from billing.services.receipt_links import receipt_token
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.drivers.reader import Element, counted, number, read_page
from tests.drivers.scenes import (
    START,
    TARIFFS,
    a_charged_session,
    a_rated_session,
    a_reservation,
    a_seller,
    a_swedish_driver,
    for_everybody,
)

CENT = Decimal("0.01")
SHOWN = Decimal("0.000001")
LANGUAGES = ("sv", "en")

pytestmark = pytest.mark.django_db


@pytest.fixture
def volt() -> Tenant:
    return a_seller()


def rated(tenant: Tenant, kind: str, **more: object) -> tuple[Charge, str]:
    with tenant_scope(tenant.id):
        charge = a_rated_session(kind, **more)  # type: ignore[arg-type]
        token = receipt_token(charge.session)
    assert token is not None
    return charge, token


def page(token: str, language: str, path: str = "") -> Element:
    answer = Client().get(f"/receipt/{token}/{path}?lang={language}")
    assert answer.status_code == 200
    return read_page(answer.content.decode())


def step(line: Element, key: str, language: str) -> Decimal:
    return number(line.one(f".{key}").one("dd").text, language)


def check_pieces(line: Element, language: str) -> Decimal:
    """Every piece is its quantity times its price; return their sum."""
    total = Decimal(0)
    for piece in line.all(".piece"):
        quantity = counted(piece.one(".quantity").text, language)
        price = number(piece.one(".price").text, language)
        amount = number(piece.one(".exact").text, language)
        assert abs(quantity * price - amount) <= SHOWN
        total += amount
    return total


def check_line(line: Element, language: str) -> Decimal:
    """The pieces make the sum, the sum rounds to the line, the VAT is in it; return the gross."""
    gross = number(line.one(".amount").text, language)
    if line.all(".piece"):
        exact = step(line, "sum", language)
        assert abs(check_pieces(line, language) - exact) <= SHOWN * len(line.all(".piece"))
        assert exact.quantize(CENT, ROUND_HALF_UP) == step(line, "round", language)
        last = "cap" if line.all(".cap") else "round"
        assert step(line, last, language) == gross
    rate = number(line.one(".vat").one("dt").text.rpartition(" ")[0].rpartition(" ")[2], language)
    vat = (gross * rate / (100 + rate)).quantize(CENT, ROUND_HALF_UP)
    assert step(line, "vat", language) == vat
    assert step(line, "net", language) == gross - vat
    return gross


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TARIFFS)
def test_a_receipt_adds_up_by_hand(volt: Tenant, kind: str, language: str) -> None:
    charge, token = rated(volt, kind)
    receipt = page(token, language)
    lines = [check_line(line, language) for line in receipt.all(".line")]
    total = number(receipt.one("#total").text, language)
    assert len(lines) == len(charge.explanation["lines"])
    assert sum(lines) == total == Decimal(charge.gross_minor) / 100
    table = receipt.one("#totals")
    rows = [
        [number(row.one(f".{name}").text, language) for name in ("net", "vat", "gross")]
        for row in table.one("tbody").all("tr")
    ]
    assert all(net + vat == gross for net, vat, gross in rows)
    assert sum(gross for _net, _vat, gross in rows) == total


@pytest.mark.parametrize("language", LANGUAGES)
def test_spot_prices_follow_from_the_markets_by_the_formula_on_the_page(
    volt: Tenant, language: str
) -> None:
    _charge, token = rated(volt, "spot")
    receipt = page(token, language)
    pieces = [one for one in receipt.all(".piece") if "fallback" not in one.attributes["class"]]
    for piece in pieces:
        market = number(piece.one(".market").text, language)
        price = min((market * Decimal("1.05") + Decimal("0.45")) * Decimal("1.25"), Decimal(6))
        assert number(piece.one(".price").text, language) == price
    assert len(pieces) == 5
    (fallback,) = [one for one in receipt.all(".piece") if one.matches(".fallback")]
    assert number(fallback.one(".price").text, language) == Decimal("3.50")
    assert fallback.one(".market").text == "–"


def test_the_minimum_price_says_what_the_lines_above_came_to(volt: Tenant) -> None:
    _charge, token = rated(volt, "minimum")
    energy, bound = page(token, "en").all(".line")
    assert number(energy.one(".amount").text, "en") == Decimal("92.98")
    told = [step(bound, key, "en") for key in ("bound", "before", "adjustment")]
    assert told == [Decimal(120), Decimal("92.98"), Decimal("27.02")]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("sv", ("22,138 kWh", "2 h 45 min", "CET", "Mätarens avläsningar", "Åkersberga")),
        ("en", ("22.138 kWh", "2 h 45 min", "CET", "meter's readings", "Åkersberga")),
    ],
)
def test_where_when_and_how_it_was_measured(
    volt: Tenant, language: str, said: tuple[str, ...]
) -> None:
    _charge, token = rated(volt, "flat")
    text = page(token, language).one("main").text.replace("\xa0", " ")
    assert [one for one in said if one not in text] == []
    for known in ("556000-0001", "SE556000000101", "Elgatan 5", "CP-1"):
        assert (known in text) == (known != "CP-1")


def test_idle_time_is_explained_with_grace_cap_and_quiet_hours(volt: Tenant) -> None:
    _charge, token = rated(volt, "idle")
    prices = page(token, "en").one("#prices").text.replace("\xa0", " ")
    assert "SEK 0.50 per minute from 10 min after charging ended." in prices
    assert "At most SEK 12.00. None at 22:00–06:00." in prices
    assert "The first 1.000 kWh of a session are free." in prices


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Reserved before"), ("sv", "Reserverat före")]
)
def test_a_reservation_and_the_power_fee_are_told_and_add_up(
    volt: Tenant, language: str, label: str
) -> None:
    with tenant_scope(volt.id):
        for_everybody(TARIFFS["power"]())
        session = a_charged_session()
        a_reservation(session, 20)
        rate_session(session_id=session.pk, now=START + timedelta(days=1))
        token = receipt_token(session)
    assert token is not None
    receipt = page(token, language)
    where = receipt.one("#where").text.replace("\xa0", " ")
    assert (label in where, "20 min" in where) == (True, True)
    amounts = [check_line(line, language) for line in receipt.all(".line")]
    # 22.138 kWh at 2.95 kr; after the power fee 5 kr and 20 minutes at 0.20 kr.
    assert amounts[0] == Decimal("65.31")
    assert sum(amounts[2:]) == Decimal("9.00")
    assert number(receipt.one("#total").text, language) == sum(amounts)


@pytest.mark.parametrize(
    ("shift_s", "language", "said"),
    [
        (-7200, "en", "moved back by 2 h"),
        (7200, "en", "moved forward by 2 h"),
        (-7200, "sv", "flyttades bakåt"),
        (7200, "sv", "flyttades framåt"),
    ],
)
def test_a_wrong_clock_is_told_with_what_was_done_about_it(
    volt: Tenant, shift_s: int, language: str, said: str
) -> None:
    charge, token = rated(volt, "flat")
    with tenant_scope(volt.id):
        rows = SessionTariff.objects.filter(session=charge.session)
        rows.update(clock_rule=SessionTariff.ClockRule.SERVER, clock_shift_s=shift_s)
    assert said in page(token, language).one("#prices").text.replace("\xa0", " ")


def test_sparse_readings_are_said_with_their_largest_error(volt: Tenant) -> None:
    charge, token = rated(volt, "day_and_night", every_s=3000)
    said = page(token, "en").one("#accuracy").text.replace("\xa0", " ")
    assert charge.explanation["split_error_minor"] > 0
    assert number(said.rpartition("at most ")[2], "en") == (
        Decimal(charge.explanation["split_error_minor"]) / 100
    )
    assert f"{Decimal(charge.explanation['split_error_wh']) / 1000:.3f} kWh" in said


def test_a_session_over_the_change_of_clocks_says_so(volt: Tenant) -> None:
    night = START.replace(month=3, day=29, hour=0)
    _charge, token = rated(volt, "day_and_night", start=night)
    receipt = page(token, "en")
    assert "CET to CEST" in receipt.one("#where").text
    assert receipt.all(".piece")[0].all("td")[0].text == "01:40 CET–04:40 CEST"


def test_what_was_hashed_is_what_is_downloaded(volt: Tenant) -> None:
    charge, token = rated(volt, "spot")
    body = Client().get(f"/receipt/{token}/inputs.json").content
    digest = hashlib.sha256(body).hexdigest()
    assert digest == charge.inputs_hash == page(token, "sv").one("#hash").text


def test_a_page_is_in_the_drivers_language_unless_asked_otherwise(volt: Tenant) -> None:
    with tenant_scope(volt.id):
        driver = a_swedish_driver()
    _charge, token = rated(volt, "flat", driver=driver)
    english = {"headers": {"accept-language": "en"}}
    first = Client().get(f"/receipt/{token}/", **english)  # type: ignore[arg-type]
    assert first.headers["Content-Language"] == "sv"
    asked = Client().get(f"/receipt/{token}/?lang=en")
    assert asked.headers["Content-Language"] == "en"
    assert driver.name not in first.content.decode()


def test_nobody_keeps_or_lists_a_receipt(volt: Tenant) -> None:
    _charge, token = rated(volt, "flat")
    for path in (f"{token}/", f"{token}.pdf", f"{token}/inputs.json"):
        headers = Client().get(f"/receipt/{path}").headers
        assert "no-store" in headers["Cache-Control"]
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] == "no-referrer"


def test_a_correction_shows_both_revisions(volt: Tenant) -> None:
    charge, token = rated(volt, "flat")
    with tenant_scope(volt.id):
        names = [f.attname for f in Charge._meta.concrete_fields if f.name != "id"]
        copy = {name: getattr(charge, name) for name in names}
        later = charge.rated_at + timedelta(days=3)
        lower = {"revision": 2, "rated_at": later, "gross_minor": charge.gross_minor - 500}
        Charge.objects.create(**(copy | lower | {"net_minor": charge.net_minor - 500}))
    receipt = page(token, "en")
    assert "-SEK 5.00" in receipt.one("#revisions").text.replace("\xa0", " ")
    assert not receipt.all("#superseded")
    assert page(token, "en", "revision/1/").one("#superseded")
    assert Client().get(f"/receipt/{token}/revision/3/").status_code == 404


def test_an_unknown_token_gets_a_page_that_helps(volt: Tenant) -> None:
    answer = Client().get("/receipt/not-a-token/?lang=en")
    assert answer.status_code == 404
    assert "ask the operator" in answer.content.decode()


@dataclass(frozen=True)
class Note:
    """A credit note as far as a receipt tells it."""

    number: int = 12


@dataclass(frozen=True)
class Correction:
    """A correction as far as a receipt tells it."""

    reason: str = "Trasig mätare"
    new_charge_id: None = None
    credit_note: Note = Note()


def test_a_voided_session_costs_nothing_and_says_why(
    volt: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    _charge, token = rated(volt, "flat")
    monkeypatch.setattr(Charge, "correction", Correction(), raising=False)
    receipt = page(token, "en")
    assert receipt.one("#total").text.replace("\xa0", " ") == "SEK 0.00"
    assert "costs nothing" in receipt.one("#void").text
    assert "Voided: Trasig mätare · Credit note 12" in receipt.one("#revisions").text


@pytest.mark.parametrize(("language", "word"), [("en", "Verified:"), ("sv", "Verifierat:")])
def test_energy_that_the_meter_signed_is_marked_verified(
    volt: Tenant, language: str, word: str
) -> None:
    charge, token = rated(volt, "flat")
    assert word not in page(token, language).one("#energy").text
    with tenant_scope(volt.id):
        type(charge.session).objects.update(flags=["signed_verified"])
    assert word in page(token, language).one("#energy").text
