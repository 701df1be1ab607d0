"""Rating: exact prices of single sessions, OCPI's own examples, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from billing.rating import (
    DamagedInputs,
    IdleFee,
    InvalidTariff,
    LineKind,
    PriceComponent,
    QuietHours,
    RatedCharge,
    Reading,
    Restrictions,
    SessionFacts,
    UnknownRules,
    UnratableSession,
    plain_tariff,
    rate,
    rate_again,
    read_tariff,
    tariff_document,
)
from billing.rating.documents import write_canonically
from tests.billing.rating_cases import (
    at,
    day_and_night,
    element,
    energy,
    session,
    tariff,
)

HOUR = session("2026-03-04 16:00", "2026-03-04 17:00", 12_345)


def timed(kind: str, price: str, step_size: int = 1, **more: object) -> PriceComponent:
    """Return a price per hour, as OCPI quotes it."""
    facts = {"step_size": step_size, "time_unit_s": 3600} | more
    return PriceComponent(LineKind(kind), Decimal(price), **facts)  # type: ignore[arg-type]


def amounts(charge: RatedCharge) -> list[tuple[str, int, int]]:
    """Return (kind, quantity, gross) of each line."""
    return [(line.kind.value, line.quantity, line.gross_minor) for line in charge.lines]


def test_a_plain_session_is_rounded_once_per_line_and_vat_taken_out() -> None:
    plain = plain_tariff(
        "v1",
        "SEK",
        vat_rate=Decimal(25),
        per_kwh=Decimal("3.50"),
        per_minute=Decimal("0.25"),
        per_session=Decimal(5),
    )
    charge = rate(HOUR, plain)
    assert amounts(charge) == [
        ("energy", 12_345, 4321),
        ("session_time", 3600, 1500),
        ("flat", 1, 500),
    ]
    assert [line.vat_minor for line in charge.lines] == [864, 300, 100]
    assert (charge.gross_minor, charge.net_minor, charge.vat_minor) == (6321, 5057, 1264)
    assert str(charge.gross.major) == "63.21"


def test_a_free_tariff_costs_nothing_and_says_so() -> None:
    free = plain_tariff("v1", "SEK", vat_rate=Decimal(25), per_session=Decimal(0))
    assert amounts(rate(HOUR, free)) == [("flat", 1, 0)]


def test_nothing_priced_is_no_line() -> None:
    assert rate(HOUR, tariff()).lines == ()


def test_a_session_without_duration_or_energy_still_owes_the_session_fee() -> None:
    empty = session("2026-03-04 16:00", "2026-03-04 16:00", 0)
    flat = plain_tariff(
        "v1", "SEK", vat_rate=Decimal(25), per_kwh=Decimal(3), per_session=Decimal(5)
    )
    assert amounts(rate(empty, flat)) == [("flat", 1, 500)]


@pytest.mark.parametrize(
    ("currency", "price", "gross"),
    [("JPY", "55", 679), ("KWD", "0.055", 680), ("ISK", "55", 67900), ("HUF", "55.5", 68515)],
)
def test_currencies_without_hundredths_are_not_off_by_a_hundred(
    currency: str, price: str, gross: int
) -> None:
    plain = plain_tariff("v1", currency, vat_rate=Decimal(10), per_kwh=Decimal(price))
    assert rate(HOUR, plain).gross_minor == gross


def test_a_bill_of_550_yen_is_550_minor_units() -> None:
    yen = plain_tariff("v1", "JPY", vat_rate=Decimal(10), per_kwh=Decimal(55))
    assert rate(session("2026-03-04 16:00", "2026-03-04 17:00", 10_000), yen).gross_minor == 550


def test_prices_without_vat_are_raised_before_the_only_rounding() -> None:
    without = tariff(element(energy("2.00")), prices_include_vat=False)
    line = rate(HOUR, without).lines[0]
    assert (line.unit_price, line.gross_minor, line.vat_minor) == (Decimal("2.5"), 3086, 617)


def test_each_component_has_its_own_vat_rate() -> None:
    mixed = tariff(element(energy("2.00"), timed("session_time", "6", vat_rate=Decimal(12))))
    assert [(line.vat_rate, line.vat_minor) for line in rate(HOUR, mixed).lines] == [
        (25, 494),
        (12, 64),
    ]


def test_a_night_session_uploaded_by_day_is_billed_at_night_prices() -> None:
    night = session("2026-03-03 22:00", "2026-03-04 04:00", 88_000)
    assert rate(night, day_and_night("3.50", "1.90")).gross_minor == 16_720


def test_energy_is_split_at_the_price_change_between_readings() -> None:
    evening = session(
        "2026-03-04 20:30",
        "2026-03-04 21:30",
        10_000,
        ("2026-03-04 20:30", 500_000),
        ("2026-03-04 20:50", 506_000),
        ("2026-03-04 21:10", 509_000),
        ("2026-03-04 21:30", 510_000),
    )
    charge = rate(evening, day_and_night("4.00", "2.00"))
    assert amounts(charge) == [("energy", 7_500, 3000), ("energy", 2_500, 500)]
    assert (charge.split_error_wh, charge.split_error_minor) == (1_500, 300)


def test_the_stated_error_is_what_the_worst_register_would_have_cost() -> None:
    ends = ("2026-03-04 20:30", 0), ("2026-03-04 21:10", 8_000)
    early = ("2026-03-04 20:31", 8_000)
    priced = day_and_night("4.00", "2.00")
    sparse = rate(session("2026-03-04 20:30", "2026-03-04 21:10", 8_000, *ends), priced)
    worst = rate(session("2026-03-04 20:30", "2026-03-04 21:10", 8_000, ends[0], early), priced)
    late = ("2026-03-04 21:09", 0)
    best = rate(session("2026-03-04 20:30", "2026-03-04 21:10", 8_000, ends[0], late), priced)
    assert (best.gross_minor, sparse.gross_minor, worst.gross_minor) == (1600, 2800, 3200)
    assert (sparse.split_error_wh, sparse.split_error_minor) == (6_000, 1200)


def test_where_prices_depend_on_energy_too_the_widest_change_bounds_the_error() -> None:
    first = element(energy("9.00"), max_energy_wh=1_000)
    priced = tariff(first, *day_and_night("4.00", "2.00").elements)
    charge = rate(session("2026-03-04 20:30", "2026-03-04 21:30", 10_000), priced)
    assert (charge.split_error_wh, charge.split_error_minor) == (5_000, 3500)


def test_an_unsure_moment_of_reaching_some_energy_bounds_the_price_of_time() -> None:
    slow = element(timed("session_time", "6"), max_energy_wh=5_000)
    priced = tariff(slow, element(timed("session_time", "60")))
    charge = rate(session("2026-03-04 16:00", "2026-03-04 17:00", 10_000), priced)
    assert amounts(charge) == [("session_time", 1800, 300), ("session_time", 1800, 3000)]
    assert charge.split_error_minor == 2700


def test_a_step_can_add_its_size_to_the_error() -> None:
    priced = tariff(
        element(energy("4.00", step_size=500), time_to=time(22)), element(energy("2.00"))
    )
    charge = rate(session("2026-03-04 20:30", "2026-03-04 21:30", 10_000), priced)
    assert charge.split_error_minor == 1000 + 200


def test_the_same_price_with_another_vat_rate_is_another_line() -> None:
    night = element(energy("2.00", vat_rate=Decimal(12)), time_from=time(22), time_to=time(6))
    charge = rate(
        session("2026-03-04 20:30", "2026-03-04 21:30", 10_000),
        tariff(night, element(energy("2.00"))),
    )
    assert [(line.gross_minor, line.vat_minor) for line in charge.lines] == [
        (1000, 200),
        (1000, 107),
    ]


def test_a_reading_at_the_price_change_leaves_nothing_to_guess() -> None:
    evening = session(
        "2026-03-04 20:30",
        "2026-03-04 21:30",
        10_000,
        ("2026-03-04 20:30", 0),
        ("2026-03-04 21:00", 9_000),
    )
    charge = rate(evening, day_and_night("4.00", "2.00"))
    assert amounts(charge) == [("energy", 9_000, 3600), ("energy", 1_000, 200)]
    assert (charge.split_error_wh, charge.split_error_minor) == (0, 0)


def test_reported_power_shapes_the_energy_between_readings() -> None:
    falling = replace(
        session("2026-03-04 20:30", "2026-03-04 21:30", 4_000),
        readings=(
            Reading(at("2026-03-04 20:30"), 0, power_w=8000),
            Reading(at("2026-03-04 21:30"), 4_000, power_w=0),
        ),
    )
    assert [line.quantity for line in rate(falling, day_and_night("4", "2")).lines] == [3000, 1000]


def test_the_hour_that_happens_twice_is_billed_twice() -> None:
    first_hour = element(timed("session_time", "6"), time_from=time(2), time_to=time(3))
    autumn = session("2026-10-24 23:30", "2026-10-25 02:30", 0)
    assert amounts(rate(autumn, tariff(first_hour))) == [("session_time", 7200, 1200)]


def test_the_hour_that_never_happens_is_not_billed() -> None:
    lost_hour = element(timed("session_time", "6"), time_from=time(2), time_to=time(3))
    spring = session("2026-03-28 23:30", "2026-03-29 02:30", 0)
    assert rate(spring, tariff(lost_hour)).lines == ()


def test_a_window_that_begins_in_the_lost_hour_begins_when_the_clock_has_jumped() -> None:
    half_past_two = element(timed("session_time", "6"), time_from=time(2, 30), time_to=time(4))
    spring = session("2026-03-28 23:30", "2026-03-29 02:30", 0)
    assert amounts(rate(spring, tariff(half_past_two))) == [("session_time", 3600, 600)]


@pytest.mark.parametrize(
    ("restrictions", "seconds"),
    [
        ({"date_from": date(2026, 3, 5)}, 3600),
        ({"date_to": date(2026, 3, 5)}, 3600),
        ({"days_of_week": (3,)}, 3600),
        ({"season_from": (11, 1), "season_to": (3, 5)}, 3600),
        ({"season_from": (11, 1), "season_to": (3, 5), "time_from": time(23, 30)}, 1800),
        ({"time_from": time(23, 30), "time_to": time(0)}, 1800),
        ({"time_to": time(0, 15)}, 900),
        ({"time_from": time(23, 30), "time_to": time(0, 15)}, 2700),
        ({"min_duration_s": 600, "max_duration_s": 1000}, 400),
        ({"max_duration_s": 0}, 0),
        ({"max_energy_wh": 5_000}, 3600),
        ({"min_energy_wh": 5_000}, 3600),
        ({"min_energy_wh": 10_001}, 0),
        ({"min_power_w": 5_001}, 0),
        ({"min_power_w": 5_000}, 7200),
        ({"min_current_ma": 0}, 0),
    ],
)
def test_a_restriction_holds_for_its_part_of_the_session(
    restrictions: dict[str, object], seconds: int
) -> None:
    over_midnight = session("2026-03-04 22:00", "2026-03-05 00:00", 10_000)
    priced = tariff(element(timed("session_time", "6"), **restrictions))
    assert sum(line.quantity for line in rate(over_midnight, priced).lines) == seconds


def test_the_first_kilowatt_hours_are_exact_although_readings_are_sparse() -> None:
    tiers = tariff(element(energy("5.00"), max_energy_wh=10_000), element(energy("2.00")))
    charge = rate(HOUR, tiers)
    assert amounts(charge) == [("energy", 10_000, 5000), ("energy", 2_345, 469)]
    assert charge.split_error_minor == 0


def test_energy_without_readings_came_before_charging_ended() -> None:
    evening = session(
        "2026-03-04 20:00", "2026-03-04 23:00", 9_000, charged_until="2026-03-04 21:00"
    )
    assert amounts(rate(evening, day_and_night("4.00", "2.00"))) == [("energy", 9_000, 3600)]


def test_energy_of_the_last_second_before_a_price_change_has_the_old_price() -> None:
    sudden = session(
        "2026-03-04 20:59",
        "2026-03-04 21:01",
        100,
        ("2026-03-04 20:59", 0),
        ("2026-03-04 20:59:59", 0),
        ("2026-03-04 21:00", 100),
    )
    first = element(energy("9.00"), max_energy_wh=50)
    priced = tariff(first, *day_and_night("4.00", "2.00").elements)
    assert amounts(rate(sudden, priced)) == [("energy", 50, 45), ("energy", 50, 20)]


def test_a_restriction_ends_when_its_energy_is_reached_even_by_the_last_of_it() -> None:
    waiting = session(
        "2026-03-04 16:00",
        "2026-03-04 17:00",
        5_000,
        ("2026-03-04 16:00", 0),
        ("2026-03-04 16:30", 5_000),
    )
    priced = tariff(element(timed("session_time", "6"), max_energy_wh=5_000))
    assert amounts(rate(waiting, priced)) == [("session_time", 1800, 300)]


def test_free_energy_and_free_time_are_shown_at_no_price() -> None:
    generous = tariff(
        element(energy("2.00"), timed("session_time", "6")),
        free_energy_wh=2_345,
        free_time_s=1_800,
    )
    assert amounts(rate(HOUR, generous)) == [
        ("energy", 2_345, 0),
        ("energy", 10_000, 2000),
        ("session_time", 1_800, 0),
        ("session_time", 1_800, 300),
    ]


IDLE = tariff(
    idle_fee=IdleFee(
        Decimal("2.00"), grace_s=900, cap=Decimal(100), quiet_hours=(QuietHours(time(22), time(6)),)
    )
)


@pytest.mark.parametrize(
    ("end", "seconds", "gross"),
    [
        ("2026-03-04 17:15", 0, 0),
        ("2026-03-04 17:16", 60, 200),
        ("2026-03-04 18:15", 3600, 10_000),
        ("2026-03-05 04:00", 13_500, 10_000),
        ("2026-03-05 05:00", 13_500, 10_000),
        ("2026-03-05 06:00", 17_100, 10_000),
    ],
)
def test_idle_time_counts_from_the_end_of_charging_after_grace_outside_quiet_hours(
    end: str, seconds: int, gross: int
) -> None:
    charge = rate(session("2026-03-04 16:00", end, 9_000, charged_until="2026-03-04 17:00"), IDLE)
    assert sum(line.quantity for line in charge.lines) == seconds
    assert charge.gross_minor == gross


def test_no_idle_fee_while_the_end_of_charging_is_unknown() -> None:
    assert rate(session("2026-03-04 16:00", "2026-03-04 23:00", 9_000), IDLE).lines == ()


def test_the_session_costs_at_least_its_minimum_price() -> None:
    charge = rate(HOUR, tariff(element(energy("1.00")), min_price=Decimal(20)))
    assert amounts(charge) == [("energy", 12_345, 1235), ("minimum", 1, 765)]
    assert (charge.gross_minor, charge.vat_minor) == (2000, 247 + 153)


def test_the_maximum_price_is_taken_off_each_vat_rate_in_proportion() -> None:
    dear = tariff(
        element(energy("8.10"), timed("session_time", "50", vat_rate=Decimal(12))),
        max_price=Decimal(100),
    )
    charge = rate(HOUR, dear)
    assert amounts(charge)[2:] == [("maximum", 1, -1666), ("maximum", 1, -3333)]
    assert [line.vat_rate for line in charge.lines[2:]] == [12, 25]
    assert charge.gross_minor == 10_000


def test_bounds_follow_the_tariff_in_including_vat() -> None:
    without = tariff(element(energy("1")), prices_include_vat=False, min_price=Decimal(40))
    assert rate(HOUR, without).gross_minor == 5_000


OCPI_COMPLEX = tariff(
    element(PriceComponent(LineKind.FLAT, Decimal("2.50"), vat_rate=Decimal(15))),
    element(timed("time", "1.00", 900), max_current_ma=32_000),
    element(timed("time", "2.00", 600), min_current_ma=32_000, days_of_week=(0, 1, 2, 3, 4)),
    element(timed("time", "1.25", 600), min_current_ma=32_000, days_of_week=(5, 6)),
    element(
        timed("parking_time", "5.00", 300, vat_rate=Decimal(10)),
        time_from=time(9),
        time_to=time(18),
        days_of_week=(0, 1, 2, 3, 4),
    ),
    element(
        timed("parking_time", "6.00", 300, vat_rate=Decimal(10)),
        time_from=time(10),
        time_to=time(17),
        days_of_week=(5,),
    ),
    currency="EUR",
    vat_rate=Decimal(20),
    prices_include_vat=False,
)


def with_current(facts: SessionFacts, current_ma: int) -> SessionFacts:
    """Return the session with this current from its start."""
    return replace(facts, readings=(Reading(facts.started_at, 0, current_ma=current_ma),))


def test_ocpi_complex_tariff_on_a_monday_morning() -> None:
    monday = session("2026-03-02 08:30", "2026-03-02 11:57", 0, charged_until="2026-03-02 11:15")
    assert amounts(rate(with_current(monday, 16_000), OCPI_COMPLEX)) == [
        ("time", 165 * 60, 330),
        ("parking_time", 45 * 60, 413),
        ("flat", 1, 288),
    ]


def test_ocpi_complex_tariff_on_a_saturday_afternoon() -> None:
    saturday = session("2026-03-07 12:30", "2026-03-07 15:35", 0, charged_until="2026-03-07 14:24")
    # The specification prints 2.736 for the time, which is 1.20 per hour; its tariff says 1.25.
    assert amounts(rate(with_current(saturday, 43_000), OCPI_COMPLEX)) == [
        ("time", 114 * 60, 285),
        ("parking_time", 75 * 60, 825),
        ("flat", 1, 288),
    ]


OCPI_STEPS = tariff(
    element(timed("time", "1.20", 1800), timed("parking_time", "1.00", 900), time_to=time(17)),
    element(
        timed("time", "2.40", 900),
        timed("parking_time", "1.00", 900),
        time_from=time(17),
        time_to=time(20),
    ),
    element(timed("time", "2.40", 900), time_from=time(20), time_to=time(0)),
    currency="EUR",
)


@pytest.mark.parametrize(
    ("start", "charged_until", "end", "lines"),
    [
        ("15:55", "16:05", "16:07", [("time", 5, 10), ("time", 5, 20), ("parking_time", 15, 25)]),
        ("15:35", "16:10", "16:10", [("time", 25, 50), ("time", 20, 80)]),
        ("18:40", "18:52", "19:12", [("time", 12, 48), ("parking_time", 15, 25)]),
    ],
)
def test_ocpi_step_size_counts_once_for_the_time_used_last(
    start: str, charged_until: str, end: str, lines: list[tuple[str, int, int]]
) -> None:
    day = "2026-03-04 "
    facts = session(day + start, day + end, 0, charged_until=day + charged_until)
    charge = rate(facts, OCPI_STEPS)
    assert [(kind, s // 60, gross) for kind, s, gross in amounts(charge)] == lines


def test_ocpi_step_size_rounds_the_total_energy_not_the_last_price() -> None:
    facts = session("2026-03-04 15:00", "2026-03-04 17:00", 5_400, ("2026-03-04 16:00", 4_300))
    facts = replace(facts, meter_start_wh=0)
    steps = tariff(
        element(energy("0.20", step_size=500), time_to=time(17)),
        element(energy("0.27", step_size=500)),
    )
    assert amounts(rate(facts, steps)) == [("energy", 4_300, 86), ("energy", 1_200, 32)]


def test_ocpi_power_bands_follow_the_power_of_the_moment() -> None:
    bands = tariff(
        element(energy("0.20"), max_power_w=16_000),
        element(energy("0.35"), max_power_w=32_000),
        element(energy("0.50")),
    )
    facts = session(
        "2026-03-04 12:00",
        "2026-03-04 13:07",
        41_500,
        ("2026-03-04 12:00", 0),
        ("2026-03-04 12:10", 1_000),
        ("2026-03-04 13:00", 41_000),
        ("2026-03-04 13:07", 41_500),
    )
    assert amounts(rate(facts, bands)) == [("energy", 1_500, 30), ("energy", 40_000, 2000)]


def test_readings_that_cannot_be_are_left_out_and_counted() -> None:
    facts = session(
        "2026-03-04 20:30",
        "2026-03-04 21:30",
        10_000,
        ("2026-03-04 20:00", 499_000),
        ("2026-03-04 20:40", 0),
        ("2026-03-04 20:50", 910_000),
        ("2026-03-04 21:00", 509_000),
        ("2026-03-04 21:20", 508_000),
    )
    charge = rate(replace(facts, meter_start_wh=500_000), day_and_night("4.00", "2.00"))
    assert amounts(charge) == [("energy", 9_000, 3600), ("energy", 1_000, 200)]
    facts_told = charge.explanation["session"]
    assert isinstance(facts_told, dict)
    assert facts_told["readings_ignored"] == {
        "outside_session": 1,
        "register_fell": 2,
        "above_total": 1,
    }


def test_a_fraction_of_a_second_is_cut_off() -> None:
    facts = replace(HOUR, ended_at=datetime.fromisoformat("2026-03-04T18:00:00.999999+01:00"))
    assert rate(facts, day_and_night("3", "2")) == rate(HOUR, day_and_night("3", "2"))


def test_the_hash_changes_with_every_input() -> None:
    plain = day_and_night("3", "2")
    hashes = {
        rate(HOUR, plain).inputs_hash,
        rate(replace(HOUR, energy_wh=12_346), plain).inputs_hash,
        rate(replace(HOUR, meter_start_wh=0), plain).inputs_hash,
        rate(replace(HOUR, time_zone="Europe/Oslo"), plain).inputs_hash,
        rate(HOUR, day_and_night("3.01", "2")).inputs_hash,
        rate(HOUR, replace(plain, version_id="t2")).inputs_hash,
    }
    assert len(hashes) == 6
    assert rate(HOUR, day_and_night("3.00", "2")).inputs_hash in hashes


def test_the_hash_of_known_inputs_never_changes() -> None:
    charge = rate(HOUR, day_and_night("3.50", "1.90"))
    assert charge.rules_version == "2"
    assert charge.inputs_hash == (
        "9c6318bbca927811e9bc5d4e0033246c7d6e6107fa38a324e584b517899fa626"
    )


def test_inputs_frozen_under_other_rules_are_refused_by_name() -> None:
    frozen = rate(HOUR, day_and_night("3.50", "1.90")).inputs
    with pytest.raises(UnknownRules, match="rules '1'"):
        rate_again(frozen | {"rules_version": "1"})


@pytest.mark.parametrize(
    "damage", [{"session": {}}, {"spot": [[1, 2]]}, {"spot": None}, {"session": {"readings": 1}}]
)
def test_damaged_inputs_are_refused(damage: dict[str, object]) -> None:
    frozen = rate(HOUR, day_and_night("3.50", "1.90")).inputs
    with pytest.raises(DamagedInputs):
        rate_again(frozen | damage)


def test_a_zone_that_changes_its_rules_later_does_not_move_an_old_bill() -> None:
    night = session("2026-03-04 20:30", "2026-03-04 21:30", 10_000)
    charge = rate(night, day_and_night("4.00", "2.00"))
    elsewhere = json.loads(json.dumps(charge.inputs))
    elsewhere["session"]["time_zone"] = "Europe/Abolished"
    assert rate_again(elsewhere).gross_minor == charge.gross_minor == 3000


def test_what_is_hashed_is_canonical_json_of_any_library() -> None:
    document = tariff_document(IDLE) | {"name": "Öresund", "empty": None, "yes": True}
    plain = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert write_canonically(document) == plain.encode()


@pytest.mark.parametrize(
    "change",
    [
        {"ended_at": at("2026-03-04 15:59")},
        {"energy_wh": -1},
        {"started_at": datetime(2026, 3, 4, 16)},  # noqa: DTZ001
    ],
)
def test_a_session_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnratableSession):
        replace(HOUR, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(UnratableSession):
        rate(replace(HOUR, time_zone=zone), tariff())


@pytest.mark.parametrize(
    "make",
    [
        lambda: energy("NaN"),
        lambda: energy("0.1234567890123456"),
        lambda: PriceComponent(LineKind.ENERGY, 3.5),  # type: ignore[arg-type]
        lambda: energy("1", step_size=0),
        lambda: energy("1", vat_rate=Decimal(101)),
        lambda: PriceComponent(LineKind.IDLE, Decimal(1)),
        lambda: timed("time", "1", time_unit_s=61),
        lambda: element(energy("1"), energy("2")),
        lambda: Restrictions(time_from=time(10, 0, 1)),
        lambda: Restrictions(season_from=(11, 1)),
        lambda: Restrictions(days_of_week=(7,)),
        lambda: tariff(min_price=Decimal(2), max_price=Decimal(1)),
        lambda: tariff(free_energy_wh=-1),
    ],
)
def test_a_tariff_that_means_nothing_is_refused(make: object) -> None:
    with pytest.raises(InvalidTariff):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("damage", [{"vat_rate": "much"}, {"elements": [{}]}, {"currency": "SKE"}])
def test_a_damaged_tariff_document_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(InvalidTariff):
        read_tariff(tariff_document(IDLE) | damage)
