"""What the page of a what-if shows: before and after, by week, site and hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.models import WhatIfRun
from billing.money import format_decimal
from billing.selectors.usage import site_names
from billing.what_if import HOURS_OF_WEEK, Scenario
from billing.wording import money
from tenants.models import Tenant
from tenants.scope import required_tenant_id

SCENARIOS: Final = tuple(one.value for one in Scenario)
_AFTER: Final = SCENARIOS[1:]
_TENTH: Final = Decimal("0.1")


def tried_name(run: WhatIfRun) -> str:
    """The version that was tried, or the draft."""
    return str(run.version) if run.version is not None else _("%s, draft") % run.tariff


def answer_context(run: WhatIfRun) -> dict[str, Any]:
    """Everything the template needs; numbers only when there are some."""
    context: dict[str, Any] = {
        "run": run,
        "tried": tried_name(run),
        "first_day": run.day_to - timedelta(weeks=run.weeks),
        "last_day": run.day_to - timedelta(days=1),
        "is_waiting": run.state in (WhatIfRun.State.PENDING, WhatIfRun.State.RUNNING),
        "progress_pct": 100 * run.sessions_done // max(run.sessions_total, 1),
        "answer": None,
        "is_empty": False,
    }
    if run.state == WhatIfRun.State.DONE and run.result:
        context["is_empty"] = not run.result["counts"].get("sessions")
        context["answer"] = None if context["is_empty"] else _answer(run, run.result)
    return context


def _answer(run: WhatIfRun, result: dict[str, Any]) -> dict[str, Any]:
    zone = ZoneInfo(Tenant.objects.get(pk=required_tenant_id()).time_zone)
    hours = frozenset(result["off_peak"]["hours"])
    most_wh = max(max(result["hours"][name]) for name in SCENARIOS) or 1
    return {
        "rows": [*_money_rows(result), _peak_row(result, zone), _share_row(result)],
        "range": _range(result),
        "weeks": _week_rows(run, result),
        "sites": _site_rows(result),
        "maps": [
            (title, _heat_map(result["hours"][name], hours, most_wh))
            for title, name in (
                (_("Energy by hour, as it was"), Scenario.BEFORE),
                (_("Energy by hour, at the highest answer"), Scenario.HIGH),
            )
        ],
        "hour_labels": [f"{hour:02d}" for hour in range(24)],
        "off_peak": _off_peak_words(result),
        "counts": result["counts"],
        "kept": result["counts"].get("kept", 0),
        "unknown_rules": result["counts"].get("unknown_rules", 0),
        "other_currency": result["counts"].get("other_currency", 0),
        "moved": result["counts"].get("moved_within", 0) + result["counts"].get("moved_later", 0),
        "moved_within": result["counts"].get("moved_within", 0),
        "moved_later": result["counts"].get("moved_later", 0),
    }


def _money_rows(result: dict[str, Any]) -> list[tuple[str, list[str]]]:
    currency = result["currency"]
    names = (
        (_("Revenue including VAT"), "gross"),
        (_("Revenue excluding VAT"), "net"),
        (_("VAT"), "vat"),
    )
    rows = [
        (title, [money(result["money"][name][part], currency) for name in SCENARIOS])
        for title, part in names
    ]
    before = result["money"]["before"]["gross"]
    changes = [_signed(result["money"][name]["gross"] - before, currency) for name in _AFTER]
    return [rows[0], (_("Change"), ["", *changes]), *rows[1:]]


def _signed(amount_minor: int, currency: str) -> str:
    return (
        f"+{money(amount_minor, currency)}" if amount_minor > 0 else money(amount_minor, currency)
    )


def _peak_row(result: dict[str, Any], zone: ZoneInfo) -> tuple[str, list[str]]:
    peaks = [result["peak"][name] for name in SCENARIOS]
    return _("Peak power, all sites"), [
        f"{_kilo(one['power_w'])} kW, {_when(one['hour_s'], zone)}" for one in peaks
    ]


def _share_row(result: dict[str, Any]) -> tuple[str, list[str]]:
    shares = [_percent(result["off_peak_wh"][name], result["energy_wh"]) for name in SCENARIOS]
    return _("Off-peak share of energy"), shares


def _range(result: dict[str, Any]) -> str:
    """The lowest and the highest revenue there can be within the range of answers."""
    amounts = [result["money"][name]["gross"] for name in _AFTER]
    lowest, highest = (money(one, result["currency"]) for one in (min(amounts), max(amounts)))
    return lowest if lowest == highest else f"{lowest} – {highest}"


def _week_rows(run: WhatIfRun, result: dict[str, Any]) -> list[tuple[str, list[str]]]:
    first_day = run.day_to - timedelta(weeks=run.weeks)
    return [
        (
            date_format(first_day + timedelta(weeks=row["week"]), "SHORT_DATE_FORMAT"),
            [money(row[name]["gross"], result["currency"]) for name in SCENARIOS],
        )
        for row in result["weeks"]
    ]


def _site_rows(result: dict[str, Any]) -> list[tuple[str, list[str]]]:
    names = site_names(list(result["sites"]))
    rows = (
        (names.get(site, site), [f"{_kilo(peaks[name]['power_w'])} kW" for name in SCENARIOS])
        for site, peaks in result["sites"].items()
    )
    return sorted(rows)


def _heat_map(
    energy_wh: list[int], off_peak: frozenset[int], most_wh: int
) -> list[tuple[str, list[dict[str, Any]]]]:
    cells = [
        {
            "heat": 100 * energy_wh[hour] // most_wh,
            "text": f"{_kilo(energy_wh[hour])} kWh",
            "is_off_peak": hour in off_peak,
        }
        for hour in range(HOURS_OF_WEEK)
    ]
    return [(str(WEEKDAYS_ABBR[day]), cells[24 * day : 24 * day + 24]) for day in range(7)]


def _off_peak_words(result: dict[str, Any]) -> str:
    """Which rule chose the off-peak hours, and how many a week they are."""
    rules = {
        "cheapest": _("the hours in which the tried tariff is cheapest"),
        "chosen": _("the hours that were chosen"),
        "same_price": _("the hours that were entered, for no hour of the tried tariff is cheaper"),
    }
    told = {"rule": rules[result["off_peak"]["rule"]], "hours": len(result["off_peak"]["hours"])}
    return _("Off-peak are %(rule)s: %(hours)s of the week's 168 hours.") % told


def _when(hour_s: int, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(hour_s, UTC).astimezone(zone)
    day = date_format(local, "j b" if get_language() == "sv" else "j M")
    return f"{day} {local:%H}–{(local.hour + 1) % 24:02d}"


def _kilo(amount: int) -> str:
    return format_decimal((Decimal(amount) / 1000).quantize(_TENTH), get_language() or "sv")


def _percent(part: int, whole: int) -> str:
    share = (Decimal(100 * part) / (whole or 1)).quantize(_TENTH)
    return f"{format_decimal(share, get_language() or 'sv')} %"
