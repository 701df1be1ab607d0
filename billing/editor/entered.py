"""From the fields of a tariff's forms to prices, and back again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from billing.editor.forms import RANGES, SPOT
from billing.editor.rows import Row
from billing.rating import (
    IdleFee,
    LineKind,
    PriceComponent,
    QuietHours,
    ReservationFee,
    Restrictions,
    SpotFormula,
    TariffFacts,
)
from billing.rating.tariff import TIME_KINDS

_UNITS: Final = {"energy": "wh", "duration": "s", "power": "w", "current": "ma"}


def row_of(entered: dict[str, Any]) -> Row:
    """Return the row a valid form says."""
    is_spot = entered["kind"] == SPOT
    kind = LineKind.ENERGY if is_spot else LineKind(entered["kind"])
    spot = None
    if is_spot:
        zero = Decimal(0)
        spot = SpotFormula(
            entered["markup_pct"] or zero,
            entered["adder"] or zero,
            entered["floor"],
            entered["ceiling"],
        )
    is_time = kind in TIME_KINDS
    step = None if kind is LineKind.FLAT else entered["time_step" if is_time else "step"]
    component = PriceComponent(
        kind,
        entered["price"],
        entered["vat_rate"],
        step or 1,
        int(entered["time_unit"] or 60) if is_time else 60,
        spot,
    )
    return Row(component, _restrictions(entered))


def _restrictions(entered: dict[str, Any]) -> Restrictions:
    bounds = {
        f"{bound}_{name}_{_UNITS[name]}": entered[f"{bound}_{name}"]
        for name in RANGES
        for bound in ("min", "max")
    }
    last_day, days = entered["date_to"], sorted(map(int, entered["days"]))
    is_all_day = entered["time_from"] == entered["time_to"]
    return Restrictions(
        time_from=None if is_all_day else entered["time_from"],
        time_to=None if is_all_day else entered["time_to"],
        date_from=entered["date_from"],
        date_to=None if last_day is None else last_day + timedelta(days=1),
        season_from=entered["season_from"],
        season_to=entered["season_to"],
        days_of_week=() if len(days) == 7 else tuple(days),
        **bounds,
    )


def row_fields(row: Row) -> dict[str, Any]:
    """Return a row as its form's fields."""
    component, rule = row
    spot = component.spot
    step = None if component.step_size == 1 else component.step_size
    is_time = component.kind in TIME_KINDS
    fields: dict[str, Any] = {
        "kind": SPOT if spot else component.kind.value,
        "price": component.price,
        "time_unit": str(component.time_unit_s),
        "vat_rate": component.vat_rate,
        "step": None if is_time else step,
        "time_step": step if is_time else None,
        "days": [str(day) for day in rule.days_of_week],
        "time_from": rule.time_from,
        "time_to": rule.time_to,
        "season_from": rule.season_from,
        "season_to": rule.season_to,
        "date_from": rule.date_from,
        "date_to": rule.date_to and rule.date_to - timedelta(days=1),
    }
    for name in RANGES:
        for bound in ("min", "max"):
            fields[f"{bound}_{name}"] = getattr(rule, f"{bound}_{name}_{_UNITS[name]}")
    if spot is not None:
        fields |= {"markup_pct": spot.markup_pct or None, "adder": spot.adder or None}
        fields |= {"floor": spot.floor, "ceiling": spot.ceiling}
    return fields


def whole_fields(tariff: TariffFacts) -> dict[str, Any]:
    """Return what holds for a whole tariff as fields."""
    return {
        "currency": tariff.currency,
        "prices_include_vat": "yes" if tariff.prices_include_vat else "no",
        "vat_rate": tariff.vat_rate,
        "min_price": tariff.min_price,
        "max_price": tariff.max_price,
        "free_energy": tariff.free_energy_wh or None,
        "free_time": tariff.free_time_s or None,
    }


def idle_fields(fee: IdleFee | None) -> dict[str, Any]:
    """Return an idle fee as fields."""
    if fee is None:
        return {}
    quiet = [(one.time_from, one.time_to) for one in fee.quiet_hours]
    return {
        "price": fee.price,
        "grace": fee.grace_s or None,
        "cap": fee.cap,
        "quiet": quiet,
        "vat_rate": fee.vat_rate,
    }


def idle_fee(entered: dict[str, Any]) -> IdleFee | None:
    """Return the idle fee a valid form says, if it says one."""
    if entered["price"] is None:
        return None
    quiet_hours = tuple(QuietHours(*each) for each in entered["quiet"])
    return IdleFee(
        entered["price"], entered["grace"] or 0, entered["cap"], quiet_hours, entered["vat_rate"]
    )


def reservation_fields(tariff: TariffFacts) -> dict[str, Any]:
    """Return a tariff's reservation fee as fields."""
    fee = tariff.reservation_fee
    if fee is None:
        return {}
    return {
        "flat": fee.flat,
        "time_price": fee.time_price,
        "time_unit": str(fee.time_unit_s),
        "step": None if fee.step_size == 1 else fee.step_size,
        "vat_rate": fee.vat_rate,
    }


def reservation_fee(entered: dict[str, Any]) -> ReservationFee | None:
    """Return the reservation fee a valid form says, if it says one."""
    if entered["flat"] is None and entered["time_price"] is None:
        return None
    return ReservationFee(
        flat=entered["flat"],
        time_price=entered["time_price"],
        vat_rate=entered["vat_rate"],
        step_size=entered["step"] or 1,
        time_unit_s=int(entered["time_unit"] or 60),
    )
