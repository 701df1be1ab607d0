"""Rating: the power fee, the reservation fee, and the real end of charging."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

import pytest

from billing.rating import (
    IdleFee,
    InvalidTariff,
    LineKind,
    PriceComponent,
    RatedCharge,
    ReservationFee,
    SessionFacts,
    TariffFacts,
    UnratableSession,
    rate,
)
from tests.billing.rating_cases import at, element, energy, session, tariff


def per_kw(price: str, **more: object) -> PriceComponent:
    """Return a price per kW of the costliest clock hour."""
    return PriceComponent(LineKind.POWER, Decimal(price), **more)  # type: ignore[arg-type]


def amounts(charge: RatedCharge) -> list[tuple[str, int, int]]:
    """Return (kind, quantity, gross) of each line."""
    return [(line.kind.value, line.quantity, line.gross_minor) for line in charge.lines]


# Monday 12 January, local time is UTC + 1: 5 kWh in hour 16, 11 kWh in hour 17, 2 kWh in hour 18.
EVENING = session(
    "2026-01-12 15:30",
    "2026-01-12 17:30",
    18_000,
    ("2026-01-12 15:30", 0),
    ("2026-01-12 16:00", 5_000),
    ("2026-01-12 17:00", 16_000),
    ("2026-01-12 17:30", 18_000),
)


def test_the_power_fee_is_for_the_clock_hour_with_most_energy() -> None:
    (line,) = rate(EVENING, tariff(element(per_kw("1.50")))).lines
    assert (line.kind, line.quantity, line.unit, line.per) == (LineKind.POWER, 11_000, "W", 1000)
    assert (line.gross_minor, line.vat_minor) == (1650, 330)
    piece = line.trace[0]
    assert (piece["from"], piece["to"]) == (
        "2026-01-12T17:00:00+01:00",
        "2026-01-12T18:00:00+01:00",
    )


def test_the_explanation_shows_every_hour_that_could_have_been_the_costliest() -> None:
    told = rate(EVENING, tariff(element(per_kw("1.50")))).explanation["power_hours"]
    assert told == [
        {"from": f"2026-01-12T{hour}:00:00+01:00", "power_w": power_w, "exact": exact}
        for hour, power_w, exact in ((16, 5000, "7.5"), (17, 11_000, "16.5"), (18, 2000, "3"))
    ]


def test_half_an_hour_at_10_kw_is_a_mean_of_5_kw() -> None:
    half = session("2026-01-12 16:00", "2026-01-12 16:30", 5_000)
    assert amounts(rate(half, tariff(element(per_kw("2"))))) == [("power", 5_000, 1000)]


@pytest.mark.parametrize(
    ("restrictions", "power_w"),
    [
        ({"time_from": time(7), "time_to": time(17)}, 5_000),
        ({"time_from": time(18), "season_from": (11, 1), "season_to": (4, 1)}, 2_000),
        ({"time_from": time(17), "time_to": time(17, 30)}, 5_500),
        ({"days_of_week": (0,), "time_from": time(16), "time_to": time(18)}, 11_000),
        ({"season_from": (4, 1), "season_to": (11, 1)}, None),
        ({"days_of_week": (5, 6)}, None),
    ],
)
def test_only_energy_while_its_element_holds_counts_for_the_power_fee(
    restrictions: dict[str, object], power_w: int | None
) -> None:
    lines = rate(EVENING, tariff(element(per_kw("2"), **restrictions))).lines
    assert [line.quantity for line in lines] == ([] if power_w is None else [power_w])


def test_of_two_prices_the_costlier_hour_counts_not_the_one_with_more_power() -> None:
    day = element(per_kw("3"), time_to=time(17))
    charge = rate(EVENING, tariff(day, element(per_kw("1"))))
    assert amounts(charge) == [("power", 5_000, 1500)]


def test_an_hour_with_two_prices_costs_both() -> None:
    early = element(per_kw("3"), time_to=time(17, 30))
    charge = rate(EVENING, tariff(early, element(per_kw("1"))))
    assert amounts(charge) == [("power", 5_500, 1650), ("power", 5_500, 550)]


def test_the_earlier_of_two_equal_hours_is_charged() -> None:
    steady = session("2026-01-12 15:00", "2026-01-12 17:00", 8_000)
    piece = rate(steady, tariff(element(per_kw("1")))).lines[0].trace[0]
    assert (piece["from"], piece["quantity"]) == ("2026-01-12T16:00:00+01:00", 4_000)


def test_the_hour_that_happens_twice_is_two_hours_of_power() -> None:
    autumn = session(
        "2026-10-25 00:00",
        "2026-10-25 02:00",
        11_000,
        ("2026-10-25 00:00", 0),
        ("2026-10-25 01:00", 5_000),
    )
    assert amounts(rate(autumn, tariff(element(per_kw("1"))))) == [("power", 6_000, 600)]


def test_the_power_fee_of_sparse_readings_is_off_by_at_most_all_energy_of_the_gap() -> None:
    sparse = session("2026-01-12 15:30", "2026-01-12 17:30", 8_000)
    charge = rate(sparse, tariff(element(per_kw("1.50"))))
    assert amounts(charge) == [("power", 4_000, 600)]
    assert (charge.split_error_wh, charge.split_error_minor) == (6_000, 1200)


def test_a_change_of_price_inside_an_unsure_hour_bounds_the_power_fee() -> None:
    hour = session("2026-01-12 16:00", "2026-01-12 17:00", 12_000)
    priced = tariff(element(per_kw("3"), time_to=time(17, 30)), element(per_kw("1")))
    assert rate(hour, priced).split_error_minor == 1200


def test_where_power_prices_depend_on_energy_the_highest_bounds_the_error() -> None:
    sparse = session("2026-01-12 15:30", "2026-01-12 16:30", 8_000)
    charge = rate(sparse, tariff(element(per_kw("3"), max_energy_wh=1_000), element(per_kw("1"))))
    assert amounts(charge) == [("power", 1_000, 300), ("power", 3_000, 300)]
    assert charge.split_error_minor == 1200


@pytest.mark.parametrize(
    ("zone", "start", "end", "power_w"),
    [
        # 17:30 to 18:30 in Kolkata: two halves of clock hours.
        ("Asia/Kolkata", "2026-01-12 12:00", "2026-01-12 13:00", 2_000),
        # On Lord Howe the clock goes back from 02:00 to 01:30: an hour, and half of a new one.
        ("Australia/Lord_Howe", "2026-04-04 14:00", "2026-04-04 15:30", 4_000),
        ("Australia/Lord_Howe", "2026-04-04 14:30", "2026-04-04 15:30", 2_000),
    ],
)
def test_clock_hours_are_those_of_the_place(zone: str, start: str, end: str, power_w: int) -> None:
    hours = (at(end) - at(start)).seconds / 3600
    facts = replace(session(start, end, int(4_000 * hours)), time_zone=zone)
    assert amounts(rate(facts, tariff(element(per_kw("1"))))) == [("power", power_w, power_w // 10)]


def test_a_change_of_the_clock_by_half_an_hour_begins_an_hour() -> None:
    facts = replace(
        session("2026-04-04 14:30", "2026-04-04 15:30", 4_000), time_zone="Australia/Lord_Howe"
    )
    told = rate(facts, tariff(element(per_kw("1")))).explanation["power_hours"]
    assert [hour["from"] for hour in told] == [  # type: ignore[union-attr, index, call-overload]
        "2026-04-05T01:00:00+11:00",
        "2026-04-05T01:30:00+10:30",
    ]


def test_readings_on_the_hour_leave_no_error_in_the_power_fee() -> None:
    assert rate(EVENING, tariff(element(per_kw("1.50")))).split_error_minor == 0


def test_power_is_rounded_up_to_whole_steps() -> None:
    charge = rate(EVENING, tariff(element(per_kw("1", step_size=3_000))))
    assert amounts(charge) == [("power", 12_000, 1200)]


def test_a_session_without_energy_has_no_power_fee() -> None:
    empty = session("2026-01-12 15:30", "2026-01-12 17:30", 0)
    assert rate(empty, tariff(element(per_kw("1")))).lines == ()


RESERVED = replace(EVENING, reserved_s=630)
FEE = ReservationFee(Decimal(10), Decimal(2), vat_rate=Decimal(12))


@pytest.mark.parametrize(
    ("reserved_s", "fee", "lines"),
    [
        (None, FEE, []),
        (0, FEE, [("reservation", 1, 1000)]),
        (630, FEE, [("reservation", 1, 1000), ("reservation", 630, 2100)]),
        (630, replace(FEE, flat=None), [("reservation", 630, 2100)]),
        (630, replace(FEE, time_price=None), [("reservation", 1, 1000)]),
        (630, replace(FEE, flat=None, step_size=60), [("reservation", 660, 2200)]),
        (630, ReservationFee(None, Decimal(60), time_unit_s=3600), [("reservation", 630, 1050)]),
        (630, ReservationFee(Decimal(0)), [("reservation", 1, 0)]),
    ],
)
def test_a_reservation_costs_its_fee_and_its_time(
    reserved_s: int | None, fee: ReservationFee, lines: list[tuple[str, int, int]]
) -> None:
    facts = replace(EVENING, reserved_s=reserved_s)
    assert amounts(rate(facts, tariff(reservation_fee=fee))) == lines


def test_reserved_time_is_told_up_to_the_start_with_its_own_vat() -> None:
    line = rate(RESERVED, tariff(reservation_fee=FEE)).lines[1]
    assert (line.unit, line.per, line.vat_rate, line.vat_minor) == ("s", 60, 12, 225)
    assert (line.trace[0]["from"], line.trace[0]["to"]) == (
        "2026-01-12T16:19:30+01:00",
        "2026-01-12T16:30:00+01:00",
    )


def test_a_reservation_made_before_the_clock_changed_is_told_in_the_time_of_then() -> None:
    spring = replace(session("2026-03-29 01:30", "2026-03-29 02:30", 0), reserved_s=3600)
    piece = rate(spring, tariff(reservation_fee=FEE)).lines[1].trace[0]
    assert (piece["from"], piece["to"]) == (
        "2026-03-29T01:30:00+01:00",
        "2026-03-29T03:30:00+02:00",
    )


def test_free_minutes_free_neither_reserved_time_nor_power() -> None:
    generous = tariff(
        element(per_kw("1")), reservation_fee=FEE, free_time_s=7200, free_energy_wh=99_000
    )
    assert rate(RESERVED, generous).gross_minor == 1100 + 3100


@pytest.mark.parametrize(("bound", "gross"), [("min_price", 20_000), ("max_price", 2_000)])
def test_the_bounds_are_for_the_whole_bill_with_reservation_power_and_idle(
    bound: str, gross: int
) -> None:
    ended_at = EVENING.ended_at
    facts = replace(RESERVED, charging_ended_at=ended_at, ended_at=ended_at + timedelta(hours=1))
    whole = tariff(element(per_kw("1.50")), reservation_fee=FEE, idle_fee=IdleFee(Decimal("0.5")))
    assert rate(facts, whole).gross_minor == 1650 + 3100 + 3000
    bounded = replace(whole, **{bound: Decimal(gross) / 100})
    charge = rate(facts, bounded)
    assert charge.gross_minor == gross
    assert charge.lines[-1].kind.value == bound[:3] + "imum"


@pytest.mark.parametrize(
    "make",
    [
        lambda: per_kw("-1"),
        lambda: ReservationFee(),
        lambda: ReservationFee(Decimal(1), step_size=0),
        lambda: ReservationFee(None, Decimal(1), time_unit_s=61),
        lambda: ReservationFee(Decimal("NaN")),
    ],
)
def test_a_fee_that_means_nothing_is_refused(make: object) -> None:
    with pytest.raises(InvalidTariff):
        make()  # type: ignore[operator]


def test_a_negative_reservation_is_refused() -> None:
    with pytest.raises(UnratableSession, match="reserved for -1 s"):
        replace(EVENING, reserved_s=-1)


IDLE = tariff(element(energy("2")), idle_fee=IdleFee(Decimal(1), grace_s=600))


def waiting(*readings: tuple[str, int]) -> SessionFacts:
    """Return a session whose station said at 17:00 that charging ended, until 20:00."""
    start = ("2026-01-12 15:00", 0)
    return session(
        "2026-01-12 15:00",
        "2026-01-12 20:00",
        readings[-1][1],
        start,
        *readings,
        charged_until="2026-01-12 17:00",
    )


@pytest.mark.parametrize(
    ("readings", "idle_s", "resumed"),
    [
        ([("16:59", 9_990), ("17:01", 10_000)], 10_200, False),
        # 11 kW from 18:00 to 18:30: the pause is no idle time, and grace starts again.
        ([("17:00", 5_000), ("18:00", 5_000), ("18:15", 7_750), ("18:30", 10_500)], 4_800, True),
        # A car that keeps warm at 50 W is idle.
        ([(f"{hour}:00", 9_000 + 50 * hour) for hour in range(17, 21)], 10_200, False),
        # One step of a meter that counts in 100 Wh is no proof, nor are two.
        ([("17:00", 9_800), ("17:01", 9_900), ("17:02", 10_000)], 10_200, False),
        ([("17:00", 9_750), ("17:15", 10_000)], 9_300, True),
        ([("17:00", 9_751), ("17:15", 10_000)], 10_200, False),
        ([("17:00", 9_750), ("17:07", 9_870), ("17:15", 10_000)], 9_300, True),
        # What a quarter of an hour later still sees the rise does not move its end.
        ([("17:00", 0), ("17:10", 1_800), ("17:12", 1_800), ("17:14", 1_800)], 9_600, True),
        # Between readings hours apart only a mean of 1 kW is proof; then their end counts.
        ([("17:00", 5_000), ("19:00", 6_999)], 10_200, False),
        ([("17:00", 5_000), ("19:00", 7_000)], 3_000, True),
        # Energy that only the stop value shows came in the last hour.
        ([("17:00", 5_000), ("20:00", 10_000)], 0, True),
    ],
)
def test_idle_time_counts_from_the_last_end_of_charging_that_readings_prove(
    readings: list[tuple[str, int]], idle_s: int, resumed: bool
) -> None:
    facts = waiting(*((f"2026-01-12 {clock}", wh) for clock, wh in readings))
    charge = rate(facts, IDLE)
    assert sum(line.quantity for line in charge.lines if line.kind is LineKind.IDLE) == idle_s
    told = charge.explanation["session"]
    assert isinstance(told, dict)
    assert told["charging_resumed"] is resumed


def test_charging_time_lasts_to_the_proven_end_and_parking_time_starts_there() -> None:
    readings = [("17:00", 5_000), ("18:00", 5_000), ("18:15", 7_750), ("18:30", 10_500)]
    facts = waiting(*((f"2026-01-12 {clock}", wh) for clock, wh in readings))
    kinds = (LineKind.TIME, LineKind.PARKING_TIME)
    timed: TariffFacts = tariff(element(*(PriceComponent(kind, Decimal(0)) for kind in kinds)))
    assert [line.quantity for line in rate(facts, timed).lines] == [12_600, 5_400]
