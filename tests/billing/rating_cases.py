"""Sessions and tariffs for tests of rating: short builders, and random ones for hypothesis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from billing.rating import (
    IdleFee,
    LineKind,
    PriceComponent,
    QuietHours,
    Reading,
    ReservationFee,
    Restrictions,
    SessionFacts,
    SpotFormula,
    SpotSlot,
    TariffElement,
    TariffFacts,
)

STOCKHOLM = "Europe/Stockholm"

# Random sessions take a few hundredths of a second each: 25 in everyday runs, and all that a
# larger profile (nightly) asks for.
_ASKED = settings.default.max_examples if settings.default else 100
random_sessions = settings(
    max_examples=_ASKED if _ASKED > 100 else min(_ASKED, 25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # Explaining a failure takes minutes here; the shrunk example says enough.
    phases=[phase for phase in Phase if phase is not Phase.explain],
)

# A weekday, a month's end at midnight, new year, and both changes of summer time (01:00 UTC).
MOMENTS = (
    datetime(2026, 3, 4, 16, tzinfo=UTC),
    datetime(2026, 4, 30, 22, tzinfo=UTC),
    datetime(2025, 12, 31, 23, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
)


def at(text: str) -> datetime:
    """Return a UTC time written as "2026-03-04 16:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def session(
    start: str,
    end: str,
    energy_wh: int,
    *readings: tuple[str, int],
    charged_until: str | None = None,
) -> SessionFacts:
    """Return a session in Stockholm; all times are UTC."""
    return SessionFacts(
        started_at=at(start),
        ended_at=at(end),
        energy_wh=energy_wh,
        time_zone=STOCKHOLM,
        charging_ended_at=None if charged_until is None else at(charged_until),
        readings=tuple(Reading(at(when), wh) for when, wh in readings),
    )


def element(*components: PriceComponent, **restrictions: object) -> TariffElement:
    """Return an element with these restrictions."""
    return TariffElement(components, Restrictions(**restrictions))  # type: ignore[arg-type]


def energy(price: str, **more: object) -> PriceComponent:
    """Return a price per kWh."""
    return PriceComponent(LineKind.ENERGY, Decimal(price), **more)  # type: ignore[arg-type]


def tariff(*elements: TariffElement, **more: object) -> TariffFacts:
    """Return a tariff in SEK with 25 % VAT unless told otherwise."""
    facts: dict[str, object] = {"version_id": "t1", "currency": "SEK", "vat_rate": Decimal(25)}
    return TariffFacts(elements=elements, **(facts | more))  # type: ignore[arg-type]


def day_and_night(day_price: str, night_price: str) -> TariffFacts:
    """Return a tariff with a night price from 22 to 06."""
    night = element(energy(night_price), time_from=time(22), time_to=time(6))
    return tariff(night, element(energy(day_price)))


def quarter_slots(first: datetime, prices: list[str]) -> tuple[SpotSlot, ...]:
    """Return consecutive quarter-hour slots."""
    step = timedelta(minutes=15)
    return tuple(SpotSlot(first + i * step, Decimal(price)) for i, price in enumerate(prices))


prices = st.decimals(0, 9, places=2)
vat_rates = st.sampled_from([Decimal(25), Decimal(12), Decimal("25.5"), Decimal(0)])
maybe_vat = st.none() | vat_rates
near_times = st.builds(
    lambda moment, minutes: (moment + timedelta(minutes=minutes)).time(),
    st.sampled_from([datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (0, 2, 3, 17)]),
    st.integers(-40, 60),
)


@st.composite
def curves(draw: st.DrawFn, duration_s: int) -> list[int]:
    """Draw the register at every second of a session: up to four stretches of steady power."""
    stretches = draw(
        st.lists(st.sampled_from([0, 1400, 7360, 11000, 44000]), min_size=1, max_size=4)
    )
    length = max(1, duration_s // len(stretches))
    powers_w = [stretches[min(s // length, len(stretches) - 1)] for s in range(duration_s)]
    return [0, *(watt_seconds // 3600 for watt_seconds in accumulate(powers_w))]


@dataclass(frozen=True)
class Drive:
    """A session whose register is known at every second."""

    start: datetime
    curve: list[int]
    first_wh: int
    ended_s: int | None
    load: tuple[int, int] | None
    reserved_s: int | None = None

    def read_every(self, step_s: int, resolution_wh: int = 1) -> SessionFacts:
        """Return the session as a meter that reports this often, in such steps, shows it."""
        last_s = len(self.curve) - 1
        seconds = sorted({*range(0, last_s + 1, step_s), last_s})
        end = self.start + timedelta(seconds=last_s)
        ended_s = self.ended_s
        first = self.first_wh // resolution_wh * resolution_wh
        return SessionFacts(
            started_at=self.start,
            ended_at=end,
            energy_wh=(self.first_wh + self.curve[-1]) // resolution_wh * resolution_wh - first,
            time_zone=STOCKHOLM,
            charging_ended_at=None if ended_s is None else self.start + timedelta(seconds=ended_s),
            readings=tuple(self._reading(second, resolution_wh) for second in seconds),
            reserved_s=self.reserved_s,
        )

    def _reading(self, second: int, resolution_wh: int) -> Reading:
        register_wh = (self.first_wh + self.curve[second]) // resolution_wh * resolution_wh
        at_time = self.start + timedelta(seconds=second)
        if self.load is None:
            return Reading(at_time, register_wh)
        power_w, current_ma = self.load
        return Reading(at_time, register_wh, power_w + second, current_ma // (second + 1))


@st.composite
def drives(draw: st.DrawFn, *, longest_s: int = 1200, may_resume: bool = True) -> Drive:
    """Draw a session of up to 20 minutes around one of the moments.

    The station tells the true end of charging, none, or any: then charging resumed.
    """
    duration_s = draw(st.integers(0, longest_s))
    curve = draw(curves(duration_s))
    last_rise_s = curve.index(curve[-1])
    starts = st.integers(-max(300, longest_s * 5 // 6), 300)
    told = st.integers(0 if may_resume else last_rise_s, duration_s)
    return Drive(
        start=draw(st.sampled_from(MOMENTS)) + timedelta(seconds=draw(starts)),
        curve=curve,
        first_wh=draw(st.integers(0, 5_000_000)),
        ended_s=draw(st.none() | st.just(last_rise_s) | told),
        load=draw(st.none() | st.tuples(st.integers(0, 50_000), st.integers(0, 200_000))),
        reserved_s=draw(st.none() | st.integers(0, 7200)),
    )


def restrictions(*, load: bool = True) -> st.SearchStrategy[Restrictions]:
    """Return random restrictions that hold for part of such sessions."""
    fields: dict[str, st.SearchStrategy[object]] = {
        "time_from": near_times,
        "time_to": near_times,
        "date_from": st.just(date(2026, 3, 29)),
        "date_to": st.just(date(2026, 5, 1)),
        "days_of_week": st.sampled_from([(0, 1, 2, 3, 4), (5, 6), (3,)]),
        "min_energy_wh": st.integers(0, 3000),
        "max_energy_wh": st.integers(0, 6000),
        "min_duration_s": st.integers(0, 900),
        "max_duration_s": st.integers(0, 1800),
    }
    if load:
        fields["min_power_w"] = st.integers(0, 12_000)
        fields["max_current_ma"] = st.integers(0, 100_000)
    few = st.sets(st.sampled_from(sorted(fields)), max_size=2)
    season = st.sampled_from([{}, {}, {"season_from": (11, 1), "season_to": (4, 1)}])
    return few.flatmap(
        lambda names: st.builds(
            lambda chosen, more: Restrictions(**chosen, **more),
            st.fixed_dictionaries({name: fields[name] for name in names}),
            season,
        )
    )


@st.composite
def components(draw: st.DrawFn, *, spot: bool) -> tuple[PriceComponent, ...]:
    """Draw up to three components of different kinds."""
    kinds = draw(
        st.lists(
            st.sampled_from([kind for kind in LineKind if kind in PRICED]),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    formulas = st.builds(
        SpotFormula,
        markup_pct=st.sampled_from([Decimal(0), Decimal("4.5")]),
        adder=st.decimals(0, 1, places=3),
        floor=st.none() | st.just(Decimal("0.1")),
        ceiling=st.none() | st.just(Decimal(4)),
    )
    return tuple(
        PriceComponent(
            kind,
            draw(prices),
            vat_rate=draw(maybe_vat),
            step_size=draw(st.sampled_from([1, 1, 60, 500])),
            time_unit_s=draw(st.sampled_from([60, 3600])),
            spot=draw(st.none() | formulas) if spot and kind is LineKind.ENERGY else None,
        )
        for kind in kinds
    )


PRICED = (
    LineKind.ENERGY,
    LineKind.TIME,
    LineKind.PARKING_TIME,
    LineKind.SESSION_TIME,
    LineKind.FLAT,
    LineKind.POWER,
)

reservation_fees = st.builds(
    ReservationFee,
    flat=prices,
    time_price=st.none() | prices,
    vat_rate=maybe_vat,
    step_size=st.sampled_from([1, 60, 900]),
    time_unit_s=st.sampled_from([60, 3600]),
)
idle_fees = st.builds(
    IdleFee,
    price=prices,
    grace_s=st.integers(0, 600),
    cap=st.none() | prices,
    quiet_hours=st.lists(st.builds(QuietHours, near_times, near_times), max_size=1).map(tuple),
    vat_rate=maybe_vat,
)


def tariffs(*, load: bool = True, spot: bool = True) -> st.SearchStrategy[TariffFacts]:
    """Return random tariffs; the last element often has no restrictions."""
    elements = st.builds(
        TariffElement, components(spot=spot), restrictions(load=load) | st.just(Restrictions())
    )
    return st.builds(
        TariffFacts,
        version_id=st.just("random"),
        currency=st.sampled_from(["SEK", "SEK", "EUR", "JPY", "KWD", "ISK"]),
        vat_rate=vat_rates,
        elements=st.lists(elements, min_size=1, max_size=4).map(tuple),
        prices_include_vat=st.booleans(),
        idle_fee=st.none() | idle_fees,
        free_energy_wh=st.sampled_from([0, 0, 700]),
        free_time_s=st.sampled_from([0, 0, 600]),
        min_price=st.none() | st.just(Decimal(5)),
        max_price=st.none() | st.just(Decimal(30)),
        reservation_fee=st.none() | reservation_fees,
    )


def unrestricted() -> st.SearchStrategy[TariffFacts]:
    """Return tariffs whose prices change with nothing but the consumed energy."""
    kinds = [kind for kind in PRICED if kind is not LineKind.POWER]
    parts = st.lists(
        st.builds(PriceComponent, st.sampled_from(kinds), prices, maybe_vat),
        min_size=1,
        unique_by=lambda part: part.kind,
    ).map(tuple)
    first = st.builds(
        TariffElement,
        st.builds(PriceComponent, st.just(LineKind.ENERGY), prices).map(lambda one: (one,)),
        st.builds(Restrictions, max_energy_wh=st.integers(1, 6000)),
    )
    return st.builds(
        # Free minutes end, and parking begins, at a moment: there prices change with the time.
        lambda tier, rest, facts: replace(
            facts, elements=(tier, TariffElement(rest)), free_time_s=0, idle_fee=None
        ),
        first,
        parts,
        tariffs(),
    )


@st.composite
def spot_slots(draw: st.DrawFn) -> tuple[SpotSlot, ...]:
    """Draw quarter-hour prices around every moment, some of them missing."""
    drawn = st.none() | st.decimals(-1, 5, places=5)
    slots = []
    for moment in MOMENTS:
        for quarter, price in enumerate(draw(st.lists(drawn, min_size=5, max_size=5))):
            if price is not None:
                starts_at = moment + timedelta(minutes=15 * (quarter - 2))
                slots.append(SpotSlot(starts_at, price))
    return tuple(slots)
