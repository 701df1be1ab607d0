"""The prices on the sign are those a session is charged by, whatever the tariff."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from billing.rating import (
    LineKind,
    Reading,
    Restrictions,
    SessionFacts,
    SpotFormula,
    SpotSlot,
    TariffFacts,
    rate,
)
from billing.rating.clock import WallTime
from billing.rating.restrictions import Instant, is_active
from drivers.prices.rates import PriceWindow, price_windows
from tests.billing.rating_cases import (
    MOMENTS,
    STOCKHOLM,
    day_and_night,
    element,
    energy,
    quarter_slots,
    random_sessions,
    spot_slots,
    tariff,
    tariffs,
)

POWER_W, CURRENT_MA, DELIVERED_WH = 7_400, 10_700, 123
HOURS = timedelta(hours=3)


def first_prices(facts: SessionFacts, what: TariffFacts, slots: object) -> dict[str, Decimal]:
    """What rating charges in the session's first second, by kind."""
    explanation = rate(facts, what, slots).explanation  # type: ignore[arg-type]
    begins = explanation["session"]["started_at"]  # type: ignore[index,call-overload]
    pieces = [(line["kind"], line["trace"][0], line["per"]) for line in explanation["lines"]]  # type: ignore[index,union-attr,call-overload]
    return {
        kind: Decimal(piece["price"]) * 60 / per if per == 3600 else Decimal(piece["price"])
        for kind, piece, per in pieces
        if piece["step"] == "piece" and piece["from"] == begins
    }


def told_prices(window: PriceWindow) -> dict[str, Decimal]:
    """What the window says a session that begins in it pays, by kind."""
    begins = Instant(WallTime(0, 0), 0, 0, POWER_W, CURRENT_MA)
    told: dict[str, Decimal] = {}
    for one in window.rates:
        if is_active(one.limits, begins) and one.kind is not LineKind.PARKING_TIME:
            told.setdefault(one.kind.value, one.price)
    return told


def a_short_session(start: datetime, end: datetime) -> SessionFacts:
    """Charging from the start to the end, at a steady load."""
    readings = tuple(
        Reading(at, wh, POWER_W, CURRENT_MA) for at, wh in ((start, 0), (end, DELIVERED_WH))
    )
    return SessionFacts(start, end, DELIVERED_WH, STOCKHOLM, end, readings, 0)


@random_sessions
@given(what=tariffs(), slots=spot_slots(), moment=st.sampled_from(MOMENTS))
def test_a_session_pays_the_prices_of_the_window_it_begins_in(
    what: TariffFacts, slots: tuple[SpotSlot, ...], moment: datetime
) -> None:
    bare = replace(
        what, idle_fee=None, free_energy_wh=0, free_time_s=0, min_price=None, max_price=None
    )
    begin = moment - HOURS / 2
    for window in price_windows(what, slots, STOCKHOLM, begin, begin + HOURS):
        ends = min(window.to_at, window.from_at + timedelta(minutes=1))
        paid = first_prices(a_short_session(window.from_at, ends), bare, slots)
        told = told_prices(window)
        # Every kind but energy and power has an amount in the very first second.
        timed = {kind for kind in told if kind not in ("energy", "power")}
        assert timed <= set(paid) <= set(told)
        assert all(abs(paid[kind] - told[kind]) <= Decimal("0.000001") for kind in paid)


@random_sessions
@given(what=tariffs(), slots=spot_slots(), moment=st.sampled_from(MOMENTS))
def test_windows_follow_without_gap_or_overlap(
    what: TariffFacts, slots: tuple[SpotSlot, ...], moment: datetime
) -> None:
    windows = price_windows(what, slots, STOCKHOLM, moment, moment + HOURS)
    assert (windows[0].from_at, windows[-1].to_at) == (moment, moment + HOURS)
    assert all(one.to_at == two.from_at for one, two in pairwise(windows))


def test_a_night_price_holds_until_six_local_time() -> None:
    begin = datetime(2026, 3, 3, 22, tzinfo=UTC)
    windows = price_windows(
        day_and_night("4", "2"), (), STOCKHOLM, begin, begin + timedelta(hours=24)
    )
    told = [(w.to_at.strftime("%H:%M"), w.of(LineKind.ENERGY)[0].price) for w in windows]
    assert told == [("05:00", 2), ("21:00", 4), ("22:00", 2)]


def test_a_step_by_energy_is_told_with_its_limits() -> None:
    what = tariff(element(energy("5"), max_energy_wh=10_000), element(energy("3")))
    (window,) = price_windows(what, (), STOCKHOLM, MOMENTS[0], MOMENTS[0] + HOURS)
    limited, always = window.of(LineKind.ENERGY)
    assert (limited.price, limited.limits.max_energy_wh) == (5, 10_000)
    assert (always.price, always.limits) == (3, Restrictions())


def test_hours_that_do_not_hold_now_are_not_told() -> None:
    what = tariff(element(energy("5"), time_from=time(22), time_to=time(23)))
    windows = price_windows(what, (), STOCKHOLM, MOMENTS[0], MOMENTS[0] + HOURS)
    assert [w.rates for w in windows] == [()]


def test_prices_entered_without_vat_are_told_with_it() -> None:
    what = tariff(element(energy("4", vat_rate=Decimal(12))), prices_include_vat=False)
    (window,) = price_windows(what, (), STOCKHOLM, MOMENTS[0], MOMENTS[0] + HOURS)
    assert window.rates[0].price == Decimal("4.48")


def test_a_quarter_hour_without_a_market_price_has_the_fallback() -> None:
    what = tariff(element(energy("3.50", spot=SpotFormula())))
    slots = quarter_slots(MOMENTS[0], ["1", "2"])
    windows = price_windows(what, slots, STOCKHOLM, MOMENTS[0], MOMENTS[0] + HOURS)
    told = [(w.rates[0].price, w.rates[0].source) for w in windows]
    prices = [Decimal(price) for price in ("1.25", "2.50", "3.50")]
    assert told == list(zip(prices, ("spot", "spot", "fallback"), strict=True))
