"""The public price list of a station: page, JSON, who it is for, and what it does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from billing.models import Tariff, TariffAssignment, TariffLevel
from billing.selectors.tariffs import Target, choose_tariff
from chargepoints.models import ChargePoint
from chargepoints.public_codes import new_public_code, read_public_code
from drivers.prices.holdings import holdings_ahead
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import LONG_AGO, a_connector, a_driver, a_version
from tests.drivers import scenes
from tests.drivers.reader import read_page
from tests.drivers.scenes import START, a_seller, a_station, for_everybody, market_prices

pytestmark = pytest.mark.django_db


@pytest.fixture
def volt() -> Iterator[Tenant]:
    tenant = a_seller()
    with time_machine.travel(START, tick=False), tenant_scope(tenant.id):
        yield tenant


@pytest.fixture
def station(volt: Tenant) -> ChargePoint:
    return a_station("SECRET-ID-77")[0]


def path_of(station: ChargePoint, ending: str = "/") -> str:
    return f"/prices/volt/{station.public_code}{ending}"


def listed(station: ChargePoint) -> dict[str, Any]:
    answer = Client().get(path_of(station, ".json"))
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def prices_of(window: dict[str, Any], name: str = "per_kwh") -> list[Decimal]:
    return [Decimal(rate["price"]) for rate in window[name]]


def test_the_price_now_is_told_in_the_order_of_the_law(station: ChargePoint) -> None:
    for_everybody(scenes.flat())
    (connector,) = listed(station)["connectors"]
    now = connector["now"]
    assert list(now) == ["from", "to", "per_kwh", "per_minute", "per_session", "other"]
    names = ("per_kwh", "per_minute", "per_session")
    assert [prices_of(now, name) for name in names] == [
        [Decimal("4.95")],
        [Decimal("0.17")],
        [Decimal(3)],
    ]
    assert connector["tariffs"][0]["currency"] == "SEK"


def test_windows_ahead_have_local_times(station: ChargePoint) -> None:
    for_everybody(scenes.day_and_night())
    (connector,) = listed(station)["connectors"]
    told = [(w["to"], prices_of(w)) for w in connector["tariffs"][0]["windows"]]
    assert told == [
        ("2026-03-03T18:00:00+01:00", [Decimal("3.955")]),
        ("2026-03-03T20:00:00+01:00", [Decimal("6.45")]),
        ("2026-03-04T17:00:00+01:00", [Decimal("3.955")]),
    ]


def test_quarter_hours_ceiling_and_fallback_of_a_spot_price(station: ChargePoint) -> None:
    for_everybody(scenes.spot())
    market_prices(START - timedelta(minutes=10), ["1", "7", None, "-0.5"])
    (connector,) = listed(station)["connectors"]
    (tariff,) = connector["tariffs"]
    told = [(prices_of(w)[0], w["per_kwh"][0]["source"]) for w in tariff["windows"]]
    assert told == [
        (Decimal("1.875"), "spot"),
        (Decimal(6), "spot"),
        (Decimal("3.5"), "fallback"),
        (Decimal("-0.09375"), "spot"),
        (Decimal("3.5"), "fallback"),
    ]
    assert (tariff["spot"]["ceiling"], tariff["spot"]["highest_ahead"]) == ("6", "6")


def test_a_version_that_takes_over_tonight_is_told(station: ChargePoint) -> None:
    tariff = for_everybody(scenes.minimum())
    change = START + timedelta(hours=5)
    tariff.versions.update(valid_to=change)
    later = replace(scenes.minimum(), min_price=None)
    a_version(tariff, later, number=2, valid_from=change)
    (connector,) = listed(station)["connectors"]
    told = [(one["version"], one["rules"]["minimum"]) for one in connector["tariffs"]]
    assert told == [(1, "120"), (2, None)]


def test_a_drivers_own_price_is_not_told(station: ChargePoint) -> None:
    for_everybody(scenes.day_and_night())
    own = Tariff.objects.create(name="Staff")
    a_version(own, scenes.flat())
    TariffAssignment.objects.create(
        tariff=own, level=TariffLevel.DRIVER, driver=a_driver(), valid_from=LONG_AGO
    )
    assert "Staff" not in Client().get(path_of(station, ".json")).content.decode()


def test_connectors_may_have_prices_of_their_own(station: ChargePoint) -> None:
    for_everybody(scenes.flat())
    quick = a_connector(station, 2)
    own = Tariff.objects.create(name="Quick")
    a_version(own, scenes.minimum())
    TariffAssignment.objects.create(
        tariff=own, level=TariffLevel.CONNECTOR, connector=quick, valid_from=LONG_AGO
    )
    told = [(c["number"], prices_of(c["now"])) for c in listed(station)["connectors"]]
    assert told == [(1, [Decimal("4.95")]), (2, [Decimal("4.20")])]


@pytest.mark.parametrize("hours", [0, 4, 5, 9, 23])
def test_what_holds_is_what_choose_tariff_says(station: ChargePoint, hours: int) -> None:
    for_everybody(scenes.flat())
    for level, begins in ((TariffLevel.SITE, 5), (TariffLevel.CHARGE_POINT, 9)):
        tariff = Tariff.objects.create(name=level)
        where = {"site": station.site} if begins == 5 else {"charge_point": station}
        valid_from = START + timedelta(hours=begins)
        TariffAssignment.objects.create(tariff=tariff, level=level, valid_from=valid_from, **where)
        a_version(tariff, scenes.spot(), valid_to=START + timedelta(hours=20))
    target = Target(site_id=station.site_id, charge_point_id=station.pk)
    (found,) = holdings_ahead([target], START, START + timedelta(hours=24))
    at = START + timedelta(hours=hours)
    (held,) = [one.version for one in found if one.from_at <= at < one.to_at]
    assert held == choose_tariff(target, at).version


def test_without_a_public_price_the_page_says_what_to_do(station: ChargePoint) -> None:
    (connector,) = listed(station)["connectors"]
    assert (connector["now"], connector["tariffs"]) == (None, [])
    page = Client().get(path_of(station) + "?lang=en").content.decode()
    assert "Ask the operator before you charge." in page


@pytest.mark.parametrize(("language", "price"), [("sv", "4,20 kr/kWh"), ("en", "SEK 4.20/kWh")])
def test_the_page_is_in_both_languages(station: ChargePoint, language: str, price: str) -> None:
    for_everybody(scenes.idle_with_cap())
    page = read_page(Client().get(f"{path_of(station)}?lang={language}").content.decode())
    assert page.one("#headline").text.replace("\xa0", " ") == price
    assert [row.attributes["data-kind"] for row in page.one("#sign").all("tr")] == [
        "energy",
        "idle",
    ]
    assert "SECRET-ID-77" not in page.text


def test_json_for_those_who_ask_for_it(station: ChargePoint) -> None:
    for_everybody(scenes.flat())
    answer = Client().get(path_of(station), headers={"accept": "application/json"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "SECRET-ID-77" not in answer.content.decode()


def test_ten_connectors_cost_no_more_queries_than_one(
    station: ChargePoint, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for_everybody(scenes.spot())
    for number in range(2, 11):
        a_connector(station, number)
    # The station, its connectors, assignments, versions, market prices.
    with django_assert_num_queries(5):
        assert len(listed(station)["connectors"]) == 10


def test_unknown_codes_and_other_operators_get_a_page_that_helps(station: ChargePoint) -> None:
    code = station.public_code
    for path in ("/prices/volt/2222-222/", f"/prices/ampere/{code}/"):
        answer = Client().get(path + "?lang=en")
        assert answer.status_code == 404
        assert "No station in use has the code" in answer.content.decode()
    assert Client().get("/prices/volt/2222-222.json").json()["error"]["code"] == "not_found"


def test_a_code_typed_carelessly_leads_to_the_right_page(station: ChargePoint) -> None:
    typed = station.public_code.replace("-", "").lower()
    answer = Client().get(f"/prices/volt/{typed}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, path_of(station))


def test_public_codes_are_short_and_without_letters_people_confuse() -> None:
    codes = {new_public_code() for _ in range(500)}
    assert len(codes) == 500
    assert not set("".join(codes)) & set("01ILOU")
    assert all(len(code) == 8 and read_public_code(f" {code.lower()} ") == code for code in codes)
