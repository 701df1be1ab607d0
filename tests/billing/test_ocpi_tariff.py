"""Tariffs to OCPI and back: what OCPI can say comes back the same, what it cannot is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ocpi_tariff import NothingForOcpi, from_ocpi, ocpi_json, to_ocpi
from billing.ocpi_tariff.writing import Version
from billing.rating import (
    IdleFee,
    InvalidTariff,
    LineKind,
    PriceComponent,
    QuietHours,
    ReservationFee,
    Restrictions,
    SpotFormula,
    TariffElement,
    TariffFacts,
)
from tests.billing.rating_cases import element, energy, random_sessions, tariff

MOMENT = datetime(2026, 3, 4, 12, tzinfo=UTC)


def written(facts: TariffFacts, version: Version = "2.2.1") -> tuple[Any, list[str]]:
    """Return the document as a partner reads it, and what was left out."""
    told = to_ocpi(
        facts,
        country_code="SE",
        party_id="VLT",
        tariff_id=facts.version_id,
        last_updated=MOMENT,
        version=version,
    )
    return json.loads(ocpi_json(told.document), parse_float=Decimal), told.left_out


def timed(kind: str, price: str, **more: object) -> PriceComponent:
    """Return a price per hour."""
    return PriceComponent(LineKind(kind), Decimal(price), time_unit_s=3600, **more)  # type: ignore[arg-type]


EVENING = tariff(
    element(
        energy("2.80", vat_rate=Decimal(12), step_size=500),
        timed("parking_time", "60", step_size=300),
        time_from=time(22),
        time_to=time(6),
        days_of_week=(0, 6),
        min_energy_wh=1_500,
        max_power_w=22_080,
        max_current_ma=32_500,
        min_duration_s=600,
        date_from=date(2026, 5, 1),
        date_to=date(2026, 9, 1),
    ),
    element(PriceComponent(LineKind.FLAT, Decimal("4.5"))),
    prices_include_vat=False,
    min_price=Decimal(8),
    max_price=Decimal(200),
    reservation_fee=ReservationFee(Decimal(10), Decimal(30), time_unit_s=3600),
)


def test_a_tariff_reads_as_the_specification_has_it() -> None:
    document, left_out = written(EVENING)
    assert document == {
        "country_code": "SE",
        "party_id": "VLT",
        "id": "t1",
        "currency": "SEK",
        "elements": [
            {
                "price_components": [
                    {"type": "FLAT", "price": 10, "vat": 25, "step_size": 1},
                    {"type": "TIME", "price": 30, "vat": 25, "step_size": 1},
                ],
                "restrictions": {"reservation": "RESERVATION"},
            },
            {
                "price_components": [
                    {"type": "ENERGY", "price": Decimal("2.8"), "vat": 12, "step_size": 500},
                    {"type": "PARKING_TIME", "price": 60, "vat": 25, "step_size": 300},
                ],
                "restrictions": {
                    "start_time": "22:00",
                    "end_time": "06:00",
                    "start_date": "2026-05-01",
                    "end_date": "2026-09-01",
                    "min_kwh": Decimal("1.5"),
                    "max_power": Decimal("22.08"),
                    "max_current": Decimal("32.5"),
                    "min_duration": 600,
                    "day_of_week": ["MONDAY", "SUNDAY"],
                },
            },
            {
                "price_components": [
                    {"type": "FLAT", "price": Decimal("4.5"), "vat": 25, "step_size": 1}
                ]
            },
        ],
        "min_price": {"excl_vat": 8, "incl_vat": 10},
        "max_price": {"excl_vat": 200, "incl_vat": 250},
        "last_updated": "2026-03-04T12:00:00Z",
    }
    assert left_out == [f"{name}: OCPI bounds the total without VAT as well" for name in BOUNDS]
    assert from_ocpi(document) == EVENING


BOUNDS = ("min_price", "max_price")


def test_prices_with_vat_are_written_without_it_in_2_2_1_and_kept_in_2_3_0() -> None:
    facts = tariff(element(energy("3.50")), min_price=Decimal(5))
    older, _ = written(facts)
    newer, _ = written(facts, "2.3.0")
    assert older["elements"][0]["price_components"][0]["price"] == Decimal("2.8")
    assert older["min_price"] == {"excl_vat": 4, "incl_vat": 5}
    assert newer["elements"][0]["price_components"][0]["price"] == Decimal("3.5")
    assert newer["min_price"] == {"before_taxes": 4, "after_taxes": 5}
    assert (newer["tax_included"], from_ocpi(newer)) == ("YES", facts)


def test_a_price_without_end_is_rounded_and_named() -> None:
    facts = tariff(element(energy("3.50", vat_rate=Decimal(6))))
    document, left_out = written(facts)
    assert document["elements"][0]["price_components"][0]["price"] == Decimal("3.3019")
    assert left_out == ["element 1: 3.5 became 3.3019 without VAT"]
    assert written(facts, "2.3.0")[1] == []


def test_free_of_charge_is_a_flat_price_of_nothing() -> None:
    document, _ = written(tariff())
    assert document["elements"] == [
        {"price_components": [{"type": "FLAT", "price": 0, "step_size": 1}]}
    ]


def test_connected_time_becomes_charging_and_parking_time_at_one_price() -> None:
    facts = tariff(
        element(PriceComponent(LineKind.SESSION_TIME, Decimal("0.25"))), prices_include_vat=False
    )
    (only,) = written(facts)[0]["elements"]
    assert [(part["type"], part["price"]) for part in only["price_components"]] == [
        ("TIME", 15),
        ("PARKING_TIME", 15),
    ]


def test_an_idle_fee_is_parking_time_and_what_it_lacks_is_named() -> None:
    fee = IdleFee(
        Decimal(2), grace_s=900, cap=Decimal(100), quiet_hours=(QuietHours(time(22), time(6)),)
    )
    document, left_out = written(tariff(element(energy("3.50")), idle_fee=fee), "2.3.0")
    assert document["elements"][1]["price_components"][0]["price"] == 120
    assert left_out == [
        "idle fee: OCPI has no grace period (900 s)",
        "idle fee: OCPI has no cap (100)",
        "idle fee: OCPI has no quiet hours",
    ]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (
            tariff(element(energy("9"), season_from=(11, 1), season_to=(4, 1))),
            "element 2: OCPI has no seasons; all of it is left out",
        ),
        (
            tariff(element(PriceComponent(LineKind.POWER, Decimal(40)))),
            "element 2: OCPI has no price for power (effekttariff)",
        ),
        (
            tariff(element(energy("3", spot=SpotFormula()))),
            "element 2: OCPI has no spot price; it shows the fallback price",
        ),
        (tariff(free_energy_wh=500), "OCPI has no free energy (500 Wh)"),
        (tariff(free_time_s=600), "OCPI has no free time (600 s)"),
        (
            tariff(element(timed("parking_time", "6")), idle_fee=IdleFee(Decimal(1))),
            "idle fee: OCPI has one price for parking time, and it is taken",
        ),
        (
            tariff(element(timed("session_time", "6"), timed("time", "3"))),
            "element 2: OCPI has no price for all time beside its parts",
        ),
        (
            tariff(element(timed("session_time", "6", step_size=60))),
            "element 2: OCPI rounds charging and parking time up apart",
        ),
    ],
)
def test_what_ocpi_lacks_is_named(facts: TariffFacts, reason: str) -> None:
    priced = replace(facts, elements=(element(energy("2.50")), *facts.elements))
    assert written(priced)[1] == [reason]


def test_a_tariff_of_which_ocpi_can_say_nothing_is_refused() -> None:
    with pytest.raises(NothingForOcpi, match="effekttariff"):
        written(tariff(element(PriceComponent(LineKind.POWER, Decimal(40)))))


@pytest.mark.parametrize("ids", [("SWE", "VLT", "t"), ("SE", "VOLT", "t"), ("SE", "VLT", "t" * 37)])
def test_an_id_too_long_for_ocpi_is_refused(ids: tuple[str, str, str]) -> None:
    country, party, own = ids
    with pytest.raises(ValueError, match="characters"):
        to_ocpi(EVENING, country_code=country, party_id=party, tariff_id=own, last_updated=MOMENT)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"elements": None}, "not an OCPI tariff"),
        ({"currency": "SKE"}, "not an OCPI tariff"),
        ({"elements": [{"price_components": [{"type": "WATER", "price": 1}]}]}, "WATER"),
        ({"elements": [{"price_components": [], "restrictions": {"moon": 1}}]}, "moon"),
        ({"elements": [{"price_components": [], "restrictions": {"min_kwh": 0.0005}}]}, "min_kwh"),
        (
            {"elements": [{"price_components": [], "restrictions": {"reservation": "LATE"}}]},
            "expiry",
        ),
        ({"min_price": {"excl_vat": 3, "incl_vat": 10}}, "no VAT rate"),
    ],
)
def test_an_ocpi_tariff_we_do_not_rate_is_refused_by_name(
    damage: dict[str, object], reason: str
) -> None:
    document, _ = written(EVENING)
    with pytest.raises(InvalidTariff, match=reason):
        from_ocpi(document | damage)


prices = st.decimals(0, 99, places=2)
rates = st.sampled_from([Decimal(25), Decimal(12), Decimal("25.5"), Decimal(0)])
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
numbers = st.integers(0, 100_000)


def at_most(most: int) -> st.SearchStrategy[set[str]]:
    """Return a few names of restrictions that OCPI has as well."""
    names = [name for name in Restrictions.__dataclass_fields__ if not name.startswith("season")]
    return st.sets(st.sampled_from(names), max_size=most)


@st.composite
def restrictions(draw: st.DrawFn) -> Restrictions:
    """Draw restrictions of any kind OCPI has."""
    kinds: dict[str, st.SearchStrategy[object]] = {
        "time": times,
        "date": st.dates(),
        "days": st.lists(st.integers(0, 6), unique=True, min_size=1).map(tuple),
    }
    chosen = {}
    for name in draw(at_most(4)):
        kind = next((kinds[part] for part in name.split("_") if part in kinds), numbers)
        chosen[name] = draw(kind)
    return Restrictions(**chosen)  # type: ignore[arg-type]


@st.composite
def ocpi_tariffs(draw: st.DrawFn) -> TariffFacts:
    """Draw a tariff that OCPI can express, as it comes back from there."""
    base = draw(rates)
    kinds = [LineKind.ENERGY, LineKind.FLAT, LineKind.TIME, LineKind.PARKING_TIME]
    elements = []
    for number in range(draw(st.integers(1, 4))):
        # The first component has the tariff's VAT rate: OCPI has none of the whole tariff.
        own = st.none() if not number else st.none() | rates.filter(lambda rate: rate != base)
        parts = tuple(
            PriceComponent(
                kind,
                draw(prices),
                vat_rate=draw(own),
                step_size=draw(st.integers(1, 900)),
                time_unit_s=60 if kind in kinds[:2] else 3600,
            )
            for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, unique=True))
        )
        elements.append(TariffElement(parts, draw(restrictions())))
    fee = st.builds(ReservationFee, prices, st.none() | prices, time_unit_s=st.just(3600))
    return tariff(
        *elements,
        vat_rate=base,
        prices_include_vat=False,
        reservation_fee=draw(st.none() | fee),
        min_price=draw(st.none() | st.just(Decimal("12.5"))),
        max_price=draw(st.none() | st.just(Decimal(250))),
    )


@random_sessions
@given(ocpi_tariffs(), st.booleans(), st.sampled_from(["2.2.1", "2.3.0"]))
def test_every_tariff_ocpi_can_express_comes_back_the_same(
    facts: TariffFacts, with_vat: bool, version: Version
) -> None:
    facts = replace(facts, prices_include_vat=with_vat and version == "2.3.0")
    document, left_out = written(facts, version)
    assert from_ocpi(document) == facts
    assert all(reason.endswith("bounds the total without VAT as well") for reason in left_out)
    assert written(from_ocpi(document), version)[0] == document
