"""An independent rater that is slow and obviously right: every second, every Wh, fractions.

It shares only the types of the facts with the product. It walks a session second by second and
Wh by Wh, asks for each what the wall clock shows and which element holds, and adds up fractions.
Readings must be clean: in order, inside the session, the first at its start with the meter's
start value, none above the total.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from billing.rating import (
    LineKind,
    PriceComponent,
    Restrictions,
    SessionFacts,
    SpotFormula,
    SpotSlot,
    TariffFacts,
)

SECOND = timedelta(seconds=1)
QUARTER = timedelta(minutes=15)
ALWAYS = Restrictions()
TIMES = (LineKind.TIME, LineKind.PARKING_TIME, LineKind.SESSION_TIME)
MINOR = {"SEK": (100, 1), "EUR": (100, 1), "JPY": (1, 1), "KWD": (1000, 10), "ISK": (100, 100)}

Key = tuple[object, ...]
# A component (by identity), whether it was free, and the number of the spot slot.
Use = tuple[int, bool, int | None]


def half_up(amount: Fraction, step: int = 1) -> int:
    """Round to a multiple of step, a half away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * floor(abs(amount) / step + Fraction(1, 2)) * step


@dataclass
class Sum:
    """What one line adds up."""

    kind: LineKind
    vat_rate: Fraction
    quantity: int = 0
    amount: Fraction = Fraction(0)


@dataclass
class SlowBill:
    """Lines as (kind, quantity, gross, VAT) and the total after the session's bounds."""

    lines: list[tuple[str, int, int, int]] = field(default_factory=list)
    gross_minor: int = 0


class SlowRater:
    """Rates one session."""

    def __init__(
        self, session: SessionFacts, tariff: TariffFacts, spot: tuple[SpotSlot, ...] = ()
    ) -> None:
        self.session, self.tariff, self.spot = session, tariff, spot
        self.zone = ZoneInfo(session.time_zone)
        self.start = session.started_at.astimezone(UTC).replace(microsecond=0)
        self.end = session.ended_at.astimezone(UTC).replace(microsecond=0)
        ended = session.charging_ended_at or session.ended_at
        self.told_end = min(max(ended.replace(microsecond=0), self.start), self.end)
        self.sums: dict[Key, Sum] = {}
        self.used: dict[Use, tuple[PriceComponent, int]] = {}
        self.last: dict[str, Use] = {}
        self.slot: tuple[datetime, int | None] | None = None
        self.flat_charged = False
        self.hours: dict[Key, list[tuple[PriceComponent, int]]] = defaultdict(list)
        self.curve = self._curve()
        self.times = [point[0] for point in self.curve]
        self.charging_end = self._real_end()
        self.read_at = [r.at.replace(microsecond=0) for r in session.readings]

    def bill(self) -> SlowBill:
        """Walk the session and return its bill."""
        at = self.start
        before = 0
        while at < self.end or before < self.session.energy_wh:
            after = self.session.energy_wh if at >= self.end else self.energy_before(at + SECOND)
            self._rate_second(at, before, after, lasts=at < self.end)
            at, before = at + SECOND, after
        if self.start == self.end and not self.session.energy_wh:
            self._rate_second(self.start, 0, 0, lasts=False)
        self._charge_costliest_hour()
        self._add_up()
        self._round_steps_up()
        self._charge_reservation()
        return self._rounded()

    def _curve(self) -> list[tuple[datetime, int, int | None]]:
        readings = self.session.readings
        first = readings[0].register_wh if readings else 0
        curve = [(r.at.replace(microsecond=0), r.register_wh - first, r.power_w) for r in readings]
        curve = curve or [(self.start, 0, None)]
        if curve[-1][1] < self.session.energy_wh:
            tail = self.told_end if self.told_end > curve[-1][0] else self.end
            if tail == curve[-1][0]:
                curve.pop()
            curve.append((tail, self.session.energy_wh, None))
        return curve

    def _real_end(self) -> datetime:
        """Return the told end of charging, or the last moment a rise of 1 kW proves it wrong."""
        end = self.told_end
        if self.session.charging_ended_at is None:
            return self.end
        for later, (at, wh, _) in enumerate(self.curve):
            # The register never falls, so of all windows the widest shows the greatest rise.
            first = bisect_left(self.times, max(self.told_end, at - QUARTER))
            first = min(first, later - 1)
            if first < 0 or self.times[first] < self.told_end:
                continue
            waited = max(at - self.times[first], QUARTER) // SECOND
            if wh - self.curve[first][1] >= Fraction(1000 * waited, 3600):
                end = min(t for t, reached, _ in self.curve if reached == wh and t >= self.told_end)
        return end

    def energy_before(self, at: datetime) -> int:
        """Return the session's register at an instant, interpolated to whole Wh."""
        if at >= self.curve[-1][0]:
            return self.curve[-1][1]
        later = bisect_right(self.times, at)
        (t0, e0, p0), (t1, e1, p1) = self.curve[later - 1], self.curve[later]
        if at == t0:
            return e0
        part = Fraction((at - t0) // SECOND, (t1 - t0) // SECOND)
        if p0 is not None and p1 is not None and p0 + p1 > 0:
            power_now = p0 + (p1 - p0) * part
            part = (p0 + power_now) / 2 * part / Fraction(p0 + p1, 2)
        return e0 + floor((e1 - e0) * part + Fraction(1, 2))

    def _rate_second(self, at: datetime, before: int, after: int, *, lasts: bool) -> None:
        local = at.astimezone(self.zone)
        elements = [e for e in self.tariff.elements if self._clock_fits(e.restrictions, at, local)]
        for consumed in range(before, after):
            is_free = consumed < self.tariff.free_energy_wh
            component = self._first(elements, LineKind.ENERGY, consumed)
            if component:
                self._add(component, 1, at, is_free=is_free)
            fee = self._first(elements, LineKind.POWER, consumed)
            if fee:
                self.hours[local.date(), local.hour, local.utcoffset()].append((fee, 1))
            self._charge_flat(elements, at, consumed)
        if lasts or before == after:
            self._charge_flat(elements, at, before)
        if not lasts:
            return
        is_free = (at - self.start) // SECOND < self.tariff.free_time_s
        charging = LineKind.TIME if at < self.charging_end else LineKind.PARKING_TIME
        for component in self._in_order(elements, (charging, LineKind.SESSION_TIME), before):
            self._add(component, 1, at, is_free=is_free)
        self._charge_idle(at)

    def _charge_flat(self, elements: list, at: datetime, consumed: int) -> None:
        flat = self._first(elements, LineKind.FLAT, consumed)
        if flat and not self.flat_charged:
            self.flat_charged = True
            self._add(flat, 1, at, is_free=False)

    def _in_order(self, elements: list, kinds: tuple, consumed: int) -> list[PriceComponent]:
        """Return the winners of the kinds, in the order the tariff has them."""
        firsts = [self._first(elements, kind, consumed) for kind in kinds]
        listed = [c for element in elements for c in element.components]
        return [c for c in listed if any(c is first for first in firsts)]

    def _first(self, elements: list, kind: LineKind, consumed: int) -> PriceComponent | None:
        for element in elements:
            rule = element.restrictions
            low = 0 if rule.min_energy_wh is None else rule.min_energy_wh
            if consumed < low or (
                rule.max_energy_wh is not None and consumed >= rule.max_energy_wh
            ):
                continue
            for component in element.components:
                if component.kind is kind:
                    return component
        return None

    def _clock_fits(self, rule: Restrictions, at: datetime, local: datetime) -> bool:
        if rule == ALWAYS:
            return True
        day, month_day = local.date(), (local.month, local.day)
        elapsed = (at - self.start) // SECOND
        in_season = True
        if rule.season_from and rule.season_to:
            first, after = rule.season_from, rule.season_to
            wraps = first >= after
            begun, over = month_day >= first, month_day >= after
            in_season = (begun or not over) if wraps else (begun and not over)
        return all(
            (
                in_window(local.time(), rule.time_from, rule.time_to),
                rule.date_from is None or day >= rule.date_from,
                rule.date_to is None or day < rule.date_to,
                in_season,
                not rule.days_of_week or local.weekday() in rule.days_of_week,
                rule.min_duration_s is None or elapsed >= rule.min_duration_s,
                rule.max_duration_s is None or elapsed < rule.max_duration_s,
                self._load_fits(rule, at),
            )
        )

    def _load_fits(self, rule: Restrictions, at: datetime) -> bool:
        power, current = self._load(at)
        fits = rule.min_power_w is None or power >= rule.min_power_w
        fits &= rule.max_power_w is None or power < rule.max_power_w
        if rule.min_current_ma is not None:
            fits &= current is not None and current >= rule.min_current_ma
        if rule.max_current_ma is not None:
            fits &= current is not None and current < rule.max_current_ma
        return fits

    def _load(self, at: datetime) -> tuple[Fraction, int | None]:
        """Return power and current as held since the last reading, else the register's slope."""
        held, passed = bisect_right(self.read_at, at), bisect_right(self.times, at)
        current, power = None, None
        if held and self.times[passed - 1] == self.read_at[held - 1]:
            _, _, power, current = self.session.readings[held - 1]
        if power is not None:
            return Fraction(power), current
        if passed == len(self.curve):
            return Fraction(0), current
        (t0, e0, _), (t1, e1, _) = self.curve[passed - 1], self.curve[passed]
        return Fraction((e1 - e0) * 3600, (t1 - t0) // SECOND), current

    def _charge_idle(self, at: datetime) -> None:
        fee = self.tariff.idle_fee
        if fee is None or self.session.charging_ended_at is None:
            return
        if at < self.charging_end + timedelta(seconds=fee.grace_s):
            return
        local = at.astimezone(self.zone).time()
        if any(in_window(local, quiet.time_from, quiet.time_to) for quiet in fee.quiet_hours):
            return
        vat_rate = self._vat(fee.vat_rate)
        total = self.sums.setdefault(("idle",), Sum(LineKind.IDLE, vat_rate))
        total.quantity += 1
        total.amount += self._gross(Fraction(fee.price), vat_rate) / 60

    def _vat(self, own: object) -> Fraction:
        return Fraction(self.tariff.vat_rate if own is None else own)  # type: ignore[call-overload]

    def _gross(self, price: Fraction, vat_rate: Fraction) -> Fraction:
        return price if self.tariff.prices_include_vat else price * (100 + vat_rate) / 100

    def _add(
        self, component: PriceComponent, quantity: int, at: datetime, *, is_free: bool
    ) -> None:
        slot = self._slot_at(at) if component.spot and not is_free else None
        use = (id(component), is_free, slot)
        self.used[use] = (component, self.used[use][1] + quantity if use in self.used else quantity)
        self.last["time" if component.kind in TIMES else component.kind.value] = use

    def _slot_at(self, at: datetime) -> int | None:
        """Return the number of the slot an instant lies in."""
        if self.slot is None or self.slot[0] != at:
            hits = (
                n for n, s in enumerate(self.spot) if s.starts_at <= at < s.starts_at + s.duration
            )
            self.slot = (at, next(hits, None))
        return self.slot[1]

    def _price_of(self, use: Use) -> tuple[Key, Fraction, Fraction]:
        """Return the sum a use belongs to, its VAT rate, and its price for one Wh, W, s or fee."""
        component, _ = self.used[use]
        _, is_free, slot = use
        vat_rate = self._vat(component.vat_rate)
        units = {LineKind.ENERGY: 1000, LineKind.POWER: 1000, LineKind.FLAT: 1}
        per = units.get(component.kind, component.time_unit_s)
        price = self._gross(Fraction(component.price), vat_rate)
        label: Key = (price,)
        if is_free:
            price, label = Fraction(0), (Fraction(0),)
        elif component.spot:
            label = ("spot", component.spot, component.price)
            if slot is not None:
                price = spot_price(component.spot, Fraction(self.spot[slot].price), vat_rate)
        return (component.kind, per, vat_rate, *label), vat_rate, price / per

    def _add_up(self) -> None:
        for use, (component, quantity) in self.used.items():
            key, vat_rate, price = self._price_of(use)
            total = self.sums.setdefault(key, Sum(component.kind, vat_rate))
            total.quantity += quantity
            total.amount += quantity * price

    def _charge_costliest_hour(self) -> None:
        """Charge the hour whose watts cost most; of equals the one with most watts, the first."""
        dearest, most = (), (Fraction(-1), 0)
        for used in self.hours.values():
            costs = (self._gross(Fraction(c.price), self._vat(c.vat_rate)) * wh for c, wh in used)
            this = (sum(costs, Fraction(0)), sum(wh for _, wh in used))
            if this > most:
                dearest, most = used, this
        for component, wh in dearest:
            self._add(component, wh, self.start, is_free=False)

    def _charge_reservation(self) -> None:
        fee, seconds = self.tariff.reservation_fee, self.session.reserved_s
        if fee is None or seconds is None:
            return
        vat_rate = self._vat(fee.vat_rate)
        if fee.flat is not None:
            flat = self._gross(Fraction(fee.flat), vat_rate)
            self.sums["reservation",] = Sum(LineKind.RESERVATION, vat_rate, 1, flat)
        while seconds % fee.step_size:
            seconds += 1
        if fee.time_price is not None and seconds:
            owed = seconds * self._gross(Fraction(fee.time_price), vat_rate) / fee.time_unit_s
            self.sums["reserved time",] = Sum(LineKind.RESERVATION, vat_rate, seconds, owed)

    def _round_steps_up(self) -> None:
        used: dict[LineKind, int] = defaultdict(int)
        for total in self.sums.values():
            used[total.kind] += total.quantity
        for use in self.last.values():
            component = self.used[use][0]
            key, _, price = self._price_of(use)
            while (
                component.kind is not LineKind.FLAT and used[component.kind] % component.step_size
            ):
                used[component.kind] += 1
                self.sums[key].quantity += 1
                self.sums[key].amount += price

    def _rounded(self) -> SlowBill:
        scale, step = MINOR[self.tariff.currency]
        bill = SlowBill()
        for total in self.sums.values():
            gross = half_up(total.amount * scale, step)
            fee = self.tariff.idle_fee
            if total.kind is LineKind.IDLE and fee and fee.cap is not None:
                cap = self._gross(Fraction(fee.cap), total.vat_rate)
                gross = min(gross, half_up(cap * scale, step))
            vat = half_up(gross * total.vat_rate / (100 + total.vat_rate), step)
            bill.lines.append((total.kind.value, total.quantity, gross, vat))
        bill.lines.sort()
        bill.gross_minor = sum(gross for _, _, gross, _ in bill.lines)
        vat_rate = Fraction(self.tariff.vat_rate)
        if self.tariff.min_price is not None:
            bound = self._gross(Fraction(self.tariff.min_price), vat_rate)
            bill.gross_minor = max(bill.gross_minor, half_up(bound * scale, step))
        if self.tariff.max_price is not None:
            bound = self._gross(Fraction(self.tariff.max_price), vat_rate)
            bill.gross_minor = min(bill.gross_minor, half_up(bound * scale, step))
        return bill


def spot_price(formula: SpotFormula, spot: Fraction, vat_rate: Fraction) -> Fraction:
    """Return the driver's price per kWh for a market price without VAT."""
    marked_up = spot * (1 + Fraction(formula.markup_pct) / 100)
    price = (marked_up + Fraction(formula.adder)) * (1 + vat_rate / 100)
    if formula.floor is not None:
        price = max(price, Fraction(formula.floor))
    if formula.ceiling is not None:
        price = min(price, Fraction(formula.ceiling))
    return price


def in_window(now: time, time_from: time | None, time_to: time | None) -> bool:
    """Say whether a wall time is in a window; one that ends before it starts spans midnight."""
    begun = time_from is None or now >= time_from
    over = time_to is not None and time_to != time(0) and now >= time_to
    ends_next_day = (
        time_from is not None
        and time_to is not None
        and time_to != time(0)
        and time_to <= time_from
    )
    return (begun or not over) if ends_next_day else (begun and not over)


def slow_rate(
    session: SessionFacts, tariff: TariffFacts, spot: tuple[SpotSlot, ...] = ()
) -> SlowBill:
    """Return what a session costs, the slow way."""
    return SlowRater(session, tariff, spot).bill()
