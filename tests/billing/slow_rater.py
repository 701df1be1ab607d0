"""An independent rater that is slow and obviously right: every second, every Wh, fractions.

It shares only the types of the facts with the product. It walks a session second by second and
Wh by Wh, asks for each what the wall clock shows and which element holds, and adds up fractions.
Readings must be clean: in order, inside the session, the first at its start with the meter's
start value, none above the total.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
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
    SpotSlot,
    TariffFacts,
)

SECOND = timedelta(seconds=1)
TIMES = (LineKind.TIME, LineKind.PARKING_TIME, LineKind.SESSION_TIME)
MINOR = {"SEK": (100, 1), "EUR": (100, 1), "JPY": (1, 1), "KWD": (1000, 10), "ISK": (100, 100)}

Key = tuple[object, ...]


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
        self.charging_end = min(max(ended.replace(microsecond=0), self.start), self.end)
        self.sums: dict[Key, Sum] = {}
        self.last: dict[str, tuple[PriceComponent, Key, Fraction]] = {}
        self.flat_charged = False
        self.curve = self._curve()
        self.times = [point[0] for point in self.curve]
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
        self._round_steps_up()
        return self._rounded()

    def _curve(self) -> list[tuple[datetime, int, int | None]]:
        readings = self.session.readings
        first = readings[0].register_wh if readings else 0
        curve = [(r.at.replace(microsecond=0), r.register_wh - first, r.power_w) for r in readings]
        curve = curve or [(self.start, 0, None)]
        if curve[-1][1] < self.session.energy_wh:
            tail = self.charging_end if self.charging_end > curve[-1][0] else self.end
            if tail == curve[-1][0]:
                curve.pop()
            curve.append((tail, self.session.energy_wh, None))
        return curve

    def energy_before(self, at: datetime) -> int:
        """Return the session's register at an instant, interpolated to whole Wh."""
        if at >= self.curve[-1][0]:
            return self.curve[-1][1]
        later = bisect_right(self.times, at)
        (t0, e0, p0), (t1, e1, p1) = self.curve[later - 1], self.curve[later]
        part = Fraction((at - t0) // SECOND, (t1 - t0) // SECOND)
        if p0 is not None and p1 is not None and p0 + p1 > 0:
            power_now = p0 + (p1 - p0) * part
            part = (p0 + power_now) / 2 * part / Fraction(p0 + p1, 2)
        return e0 + floor((e1 - e0) * part + Fraction(1, 2))

    def _rate_second(self, at: datetime, before: int, after: int, *, lasts: bool) -> None:
        elements = [e for e in self.tariff.elements if self._clock_fits(e.restrictions, at)]
        used: Counter[tuple[PriceComponent | None, bool]] = Counter()
        for consumed in range(before, after):
            is_free = consumed < self.tariff.free_energy_wh
            used[self._first(elements, LineKind.ENERGY, consumed), is_free] += 1
            self._charge_flat(elements, at, consumed)
        for (component, is_free), quantity in used.items():
            if component:
                self._add(component, quantity, at, is_free=is_free)
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

    def _clock_fits(self, rule: Restrictions, at: datetime) -> bool:
        local = at.astimezone(self.zone)
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
        if rule == Restrictions():
            return True
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
        vat_rate = self._vat(component.vat_rate)
        price, spot = (Fraction(0), False) if is_free else self._price(component, at, vat_rate)
        per = {LineKind.ENERGY: 1000, LineKind.FLAT: 1}.get(component.kind, component.time_unit_s)
        label = ("spot", component.spot, component.price) if spot else (price,)
        key: Key = (component.kind, per, vat_rate, *label)
        total = self.sums.setdefault(key, Sum(component.kind, vat_rate))
        total.quantity += quantity
        total.amount += quantity * price / per
        family = "time" if component.kind in TIMES else component.kind.value
        self.last[family] = (component, key, price / per)

    def _price(
        self, component: PriceComponent, at: datetime, vat_rate: Fraction
    ) -> tuple[Fraction, bool]:
        fixed = self._gross(Fraction(component.price), vat_rate)
        formula = component.spot
        if formula is None:
            return fixed, False
        slots = [s for s in self.spot if s.starts_at <= at < s.starts_at + s.duration]
        if not slots:
            return fixed, True
        marked_up = Fraction(slots[0].price) * (1 + Fraction(formula.markup_pct) / 100)
        price = (marked_up + Fraction(formula.adder)) * (1 + vat_rate / 100)
        if formula.floor is not None:
            price = max(price, Fraction(formula.floor))
        if formula.ceiling is not None:
            price = min(price, Fraction(formula.ceiling))
        return price, True

    def _round_steps_up(self) -> None:
        used: dict[LineKind, int] = defaultdict(int)
        for total in self.sums.values():
            used[total.kind] += total.quantity
        for component, key, unit_price in list(self.last.values()):
            while (
                component.kind is not LineKind.FLAT and used[component.kind] % component.step_size
            ):
                used[component.kind] += 1
                self.sums[key].quantity += 1
                self.sums[key].amount += unit_price

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
