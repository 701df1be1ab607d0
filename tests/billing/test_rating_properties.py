"""Rating: what must hold for every session and tariff, and agreement with the slow rater."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from billing.money import charge_step_minor, vat_part
from billing.rating import (
    LineKind,
    PriceComponent,
    RatedCharge,
    Restrictions,
    SpotSlot,
    TariffElement,
    TariffFacts,
    hash_document,
    inputs_document,
    rate,
    rate_again,
    read_tariff,
    tariff_document,
)
from tests.billing.rating_cases import (
    Drive,
    day_and_night,
    drives,
    element,
    energy,
    prices,
    random_sessions,
    restrictions,
    session,
    spot_slots,
    tariff,
    tariffs,
    unrestricted,
)
from tests.billing.slow_rater import slow_rate

BOUNDS = (LineKind.MINIMUM, LineKind.MAXIMUM)
intervals = st.sampled_from([1, 7, 60, 300, 5000])
Slots = tuple[SpotSlot, ...]


@random_sessions
@given(drives(), intervals, tariffs(), spot_slots())
def test_the_slow_rater_agrees_on_every_line(
    drive: Drive, every_s: int, priced: TariffFacts, slots: Slots
) -> None:
    facts = drive.read_every(every_s)
    charge = rate(facts, priced, slots)
    slow = slow_rate(facts, priced, slots)
    lines = [line for line in charge.lines if line.kind not in BOUNDS]
    assert slow.lines == sorted(
        (line.kind.value, line.quantity, line.gross_minor, line.vat_minor) for line in lines
    )
    assert slow.gross_minor == charge.gross_minor


@random_sessions
@given(drives(may_resume=False), intervals, tariffs(load=False), spot_slots())
def test_sparse_readings_stay_within_the_stated_bound(
    drive: Drive, every_s: int, priced: TariffFacts, slots: Slots
) -> None:
    charge = rate(drive.read_every(every_s), priced, slots)
    truth = slow_rate(drive.read_every(1), priced, slots)
    roundings = len(charge.lines) + len(truth.lines) + 1
    slack = Fraction(roundings * charge_step_minor(priced.currency), 2)
    assert abs(charge.gross_minor - truth.gross_minor) <= charge.split_error_minor + slack


@random_sessions
@given(
    drives(longest_s=12 * 3600, may_resume=False),
    st.sets(st.integers(1, 719), max_size=5),
    tariffs(load=False),
    spot_slots(),
)
def test_gaps_of_hours_stay_within_the_stated_bound(
    drive: Drive, read: set[int], priced: TariffFacts, slots: Slots
) -> None:
    facts = drive.read_every(60)
    few = [one for n, one in enumerate(facts.readings[:-1]) if n in read | {0}]
    charge = rate(replace(facts, readings=[*few, facts.readings[-1]]), priced, slots)
    truth = rate(facts, priced, slots)
    roundings = len(charge.lines) + len(truth.lines) + 1
    slack = Fraction(roundings * charge_step_minor(priced.currency), 2)
    assert abs(charge.gross_minor - truth.gross_minor) <= charge.split_error_minor + slack


@random_sessions
@given(drives(may_resume=False), st.sets(st.integers(1, 1200)), unrestricted())
def test_readings_that_never_came_change_nothing_where_no_price_changes(
    drive: Drive, lost: set[int], priced: TariffFacts
) -> None:
    facts = drive.read_every(1)
    kept = [one for n, one in enumerate(facts.readings) if n not in lost]
    charge, whole = rate(replace(facts, readings=kept), priced), rate(facts, priced)
    # The trace tells when a step of energy was reached, which nobody knows to the second then.
    assert [replace(line, trace=()) for line in charge.lines] == [
        replace(line, trace=()) for line in whole.lines
    ]
    assert charge.split_error_minor == 0


@random_sessions
@given(drives(), intervals, prices, prices, st.lists(restrictions(), max_size=4))
def test_splitting_at_equal_prices_changes_nothing(
    drive: Drive, every_s: int, kwh: Decimal, minute: Decimal, cuts: list[Restrictions]
) -> None:
    kilowatt = PriceComponent(LineKind.POWER, minute)
    parts = (energy(str(kwh)), PriceComponent(LineKind.SESSION_TIME, minute), kilowatt)
    whole = rate(drive.read_every(every_s), tariff(TariffElement(parts)))
    elements = [TariffElement(parts, cut) for cut in cuts]
    split = rate(drive.read_every(every_s), tariff(*elements, TariffElement(parts)))
    assert split.gross_minor == whole.gross_minor
    assert [replace(line, trace=()) for line in split.lines] == [
        replace(line, trace=()) for line in whole.lines
    ]
    assert split.split_error_minor == whole.split_error_minor


@random_sessions
@given(drives(), intervals, tariffs(), spot_slots())
def test_lines_sum_and_net_and_vat_make_gross(
    drive: Drive, every_s: int, priced: TariffFacts, slots: Slots
) -> None:
    charge = rate(drive.read_every(every_s), priced, slots)
    step = charge_step_minor(priced.currency)
    for line in charge.lines:
        assert line.net_minor + line.vat_minor == line.gross_minor
        assert line.vat_minor == vat_part(line.gross_minor, line.vat_rate, step)
    assert charge.gross_minor == sum(line.gross_minor for line in charge.lines)
    assert charge.net_minor + charge.vat_minor == charge.gross_minor


@random_sessions
@given(drives(), intervals, tariffs(spot=False))
def test_doubling_the_prices_doubles_the_gross_within_rounding(
    drive: Drive, every_s: int, priced: TariffFacts
) -> None:
    once = rate(drive.read_every(every_s), replace(priced, min_price=None, max_price=None))
    doubled = rate(drive.read_every(every_s), double(priced))
    slack = len(once.lines) * charge_step_minor(priced.currency)
    assert abs(doubled.gross_minor - 2 * once.gross_minor) <= slack


def double(priced: TariffFacts) -> TariffFacts:
    """Return a tariff without bounds at twice its prices."""
    elements = tuple(
        TariffElement(
            tuple(replace(part, price=part.price * 2) for part in one.components), one.restrictions
        )
        for one in priced.elements
    )
    idle, reservation = priced.idle_fee, priced.reservation_fee
    return replace(
        priced,
        elements=elements,
        idle_fee=idle and replace(idle, price=idle.price * 2, cap=idle.cap and idle.cap * 2),
        reservation_fee=reservation
        and replace(
            reservation,
            flat=reservation.flat and reservation.flat * 2,
            time_price=reservation.time_price and reservation.time_price * 2,
        ),
        min_price=None,
        max_price=None,
    )


@random_sessions
@given(drives(), intervals, tariffs(), spot_slots(), st.randoms(use_true_random=False))
def test_order_of_arrival_and_repeats_change_nothing(
    drive: Drive, every_s: int, priced: TariffFacts, slots: Slots, chance: st.randoms
) -> None:
    facts = drive.read_every(every_s)
    arrived = [*facts.readings, *chance.sample(facts.readings, k=len(facts.readings) // 2)]
    chance.shuffle(arrived)
    shuffled = rate(replace(facts, readings=arrived), priced, tuple(reversed(slots)))
    assert shuffled == rate(facts, priced, slots)


@random_sessions
@given(drives(), intervals, tariffs(), spot_slots())
def test_a_reloaded_tariff_rates_the_same(
    drive: Drive, every_s: int, priced: TariffFacts, slots: Slots
) -> None:
    reloaded = read_tariff(json.loads(json.dumps(tariff_document(priced))))
    facts = drive.read_every(every_s)
    assert reloaded == priced
    assert rate(facts, reloaded, slots) == rate(facts, priced, slots)


@random_sessions
@given(drives(), intervals, tariffs(), spot_slots())
def test_a_tariff_edited_later_moves_no_bill(
    drive: Drive, every_s: int, priced: TariffFacts, slots: Slots
) -> None:
    charge = rate(drive.read_every(every_s), priced, slots)
    stored = json.dumps(charge.inputs)
    edited = rate(drive.read_every(every_s), double(priced), ())
    again = rate_again(json.loads(stored))
    assert again.gross_minor - charge.gross_minor == 0
    assert (edited.inputs_hash == charge.inputs_hash) == (edited.inputs == charge.inputs)


@random_sessions
@given(drives(), intervals, tariffs(), spot_slots())
def test_frozen_inputs_alone_give_the_identical_charge(
    drive: Drive, every_s: int, priced: TariffFacts, slots: Slots
) -> None:
    facts = drive.read_every(every_s)
    charge = rate(facts, priced, slots)
    assert rate_again(json.loads(json.dumps(charge.inputs))) == charge
    assert charge.inputs == inputs_document(facts, priced, slots)
    assert charge.inputs_hash == hash_document(charge.inputs)


@random_sessions
@given(drives(), intervals, tariffs(), spot_slots())
def test_the_explanation_alone_gives_the_bill(
    drive: Drive, every_s: int, priced: TariffFacts, slots: Slots
) -> None:
    charge = rate(drive.read_every(every_s), priced, slots)
    told = json.loads(json.dumps(charge.explanation))
    assert sum(recompute(line, told) for line in told["lines"]) == charge.gross_minor
    assert told["inputs_hash"] == charge.inputs_hash


def recompute(line: dict, told: dict) -> int:
    """Rate a line again from what the explanation says, as a person with a calculator would."""
    trace = {step["step"]: step for step in line["trace"]}
    if "piece" not in trace:
        return trace[line["kind"]]["gross_minor"]
    pieces = [step for step in line["trace"] if step["step"] == "piece"]
    counted = [(piece["quantity"], Fraction(piece["price"])) for piece in pieces]
    if "step_size" in trace:
        counted.append((trace["step_size"]["added"], Fraction(pieces[-1]["price"])))
    assert sum(quantity for quantity, _ in counted) == line["quantity"]
    exact = sum(quantity * price for quantity, price in counted) / line["per"]
    scaled = exact * 10 ** told["minor_exponent"] / charge_step_minor(told["currency"])
    whole = (Decimal(scaled.numerator) / scaled.denominator).quantize(0, ROUND_HALF_UP)
    gross = int(whole) * charge_step_minor(told["currency"])
    return min(gross, trace["cap"]["gross_minor"]) if "cap" in trace else gross


@random_sessions
@given(drives(), st.sampled_from([1, 10, 100]), intervals)
def test_the_meters_resolution_moves_the_bill_by_at_most_itself(
    drive: Drive, resolution_wh: int, every_s: int
) -> None:
    # Two prices over the session: 4.00 until half of it has passed.
    half = element(energy("4.00"), max_duration_s=max(1, len(drive.curve) // 2))
    priced = tariff(half, element(energy("2.00")))
    fine = rate(drive.read_every(1), priced)
    coarse = rate(drive.read_every(1, resolution_wh), priced)
    assert abs(fine.gross_minor - coarse.gross_minor) <= resolution_wh * 400 // 1000 * 2 + 3


@random_sessions
@given(
    st.sampled_from(["2026-03-28 22:00", "2026-10-24 22:00"]),
    st.integers(1, 8 * 3600),
    st.integers(0, 90_000),
    st.integers(0, 23),
)
def test_energy_time_and_money_are_conserved_through_changes_of_summer_time(
    start: str, duration_s: int, energy_wh: int, hour: int
) -> None:
    parts = (energy("1.00"), PriceComponent(LineKind.SESSION_TIME, Decimal(1)))
    window = element(*parts, time_from=time(hour), time_to=time((hour + 5) % 24))
    dearer = TariffElement(tuple(replace(part, price=Decimal(2)) for part in parts))
    facts = session(start, start, energy_wh)
    facts = replace(facts, ended_at=facts.started_at + timedelta(seconds=duration_s))
    charge = rate(facts, tariff(window, dearer))
    assert quantity_of(charge, LineKind.ENERGY) == energy_wh
    assert quantity_of(charge, LineKind.SESSION_TIME) == duration_s
    alike = rate(facts, tariff(window, TariffElement(parts)))
    assert alike.gross_minor == (energy_wh + 5) // 10 + (duration_s * 100 + 30) // 60


def quantity_of(charge: RatedCharge, kind: LineKind) -> int:
    """Return the sum of a kind's quantities."""
    return sum(line.quantity for line in charge.lines if line.kind is kind)


@random_sessions
@given(drives(), st.integers(0, 1200), st.integers(0, 1200))
def test_the_running_cost_never_falls_and_ends_as_the_bill(
    drive: Drive, one_s: int, other_s: int
) -> None:
    last_s = len(drive.curve) - 1
    assume(last_s > 0)
    early_s, late_s = sorted((one_s % (last_s + 1), other_s % (last_s + 1)))
    priced = day_and_night("3.50", "1.90")
    costs = [rate(until(drive, second), priced).gross_minor for second in (early_s, late_s, last_s)]
    assert costs == sorted(costs)
    assert costs[-1] == rate(drive.read_every(1), priced).gross_minor


def until(drive: Drive, second: int) -> object:
    """Return the session as it stood at a second."""
    return replace(drive, curve=drive.curve[: second + 1], ended_s=None).read_every(1)
