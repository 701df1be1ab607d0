"""The admin page of market prices: one area and one day, nothing in it can be changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import SpotPrice
from billing.money import format_decimal
from billing.selectors.spot_prices import (
    DaySlot,
    areas_in_use,
    areas_with_prices,
    market_zone,
    spot_day,
)
from billing.spot.days import day_of
from tenants.access import Right
from tenants.admin import TenantAdmin

GREY = "#9ca3af"


@admin.register(SpotPrice)
class SpotPriceAdmin(TenantAdmin):
    """Market prices by day; every tenant sees the same ones."""

    view_right = Right.VIEW

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The day page in place of a list."""
        context = self.admin_site.each_context(request) | {
            "opts": self.model._meta,
            "title": _("Spot prices"),
            **_page(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "console/spot_prices.html", context)


def _page(request: HttpRequest) -> dict[str, Any]:
    """What the page shows for the area and the day that were asked for."""
    choices = sorted({*areas_in_use(), *areas_with_prices()})
    asked_day, today = request.GET.get("day", ""), day_of(timezone.now(), market_zone())
    day = _day_asked(asked_day) or today
    context: dict[str, Any] = {
        "choices": [(f"{area} {currency}", f"{area} ({currency})") for area, currency in choices],
        "day": day.isoformat(),
        "day_in_words": date_format(day, "l j F Y" if get_language() == "sv" else "l, j F Y"),
        "day_is_wrong": bool(asked_day) and _day_asked(asked_day) is None,
        "has_feed": bool(settings.SPOT_PRICE_FEED_URL),
        "is_ahead": day > today,
    }
    wanted = _area_asked(request.GET.get("area", ""), choices)
    if wanted is None:
        return context
    area, currency = wanted
    slots = spot_day(area=area, currency=currency, day=day)
    context |= {"area": area, "currency": currency, "chosen": f"{area} {currency}"}
    context |= {
        name: "?" + urlencode({"area": f"{area} {currency}", "day": other.isoformat()})
        for name, other in (
            ("day_before", day - timedelta(days=1)),
            ("day_after", day + timedelta(days=1)),
        )
    }
    return context | _facts(slots, currency) if any(slot.revisions for slot in slots) else context


def _day_asked(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None


def _area_asked(text: str, choices: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the area that was asked for, or the first there is."""
    area, _blank, currency = text.partition(" ")
    return (area, currency) if (area, currency) in choices else next(iter(choices), None)


def _facts(slots: Sequence[DaySlot], currency: str) -> dict[str, Any]:
    known = [(slot.price, slot) for slot in slots if slot.price is not None]
    prices = [price for price, _slot in known]
    lowest, highest = min(known, key=_by_price), max(known, key=_by_price)
    mean = (sum(prices, Decimal(0)) / len(prices)).quantize(Decimal("0.0001"))
    missing = [slot for slot in slots if slot.price is None]
    return {
        "unit": f"{currency}/kWh",
        "lowest": _number(lowest[0]),
        "lowest_at": _span(lowest[1]),
        "highest": _number(highest[0]),
        "highest_at": _span(highest[1]),
        "mean": _number(mean),
        "known_count": len(known),
        "slot_count": len(slots),
        "missing": _spans(missing),
        "missing_count": len(missing),
        "revised": [_revised_row(slot) for slot in slots if len(slot.revisions) > 1],
        "rows": [
            (_span(slot), "-" if slot.price is None else _number(slot.price)) for slot in slots
        ],
        "sources": ", ".join(sorted({row.source for slot in slots for row in slot.revisions})),
        "recorded_at": max(row.recorded_at for slot in slots for row in slot.revisions),
        **_chart(slots, currency),
    }


def _by_price(found: tuple[Decimal, DaySlot]) -> Decimal:
    return found[0]


def _number(price: Decimal) -> str:
    return format_decimal(price, get_language() or "sv", 2)


def _span(slot: DaySlot) -> str:
    return f"{slot.starts_at:%H:%M}–{_end(slot.ends_at, slot.starts_at)}"


def _end(ends_at: datetime, starts_at: datetime) -> str:
    return f"{ends_at:%H:%M}" if ends_at.date() == starts_at.date() else "24:00"


def _spans(slots: Sequence[DaySlot]) -> list[str]:
    """Join slots that follow each other: "02:00–03:30"."""
    spans: list[tuple[DaySlot, DaySlot]] = []
    for slot in slots:
        if spans and spans[-1][1].ends_at.timestamp() == slot.starts_at.timestamp():
            spans[-1] = (spans[-1][0], slot)
        else:
            spans.append((slot, slot))
    return [
        f"{first.starts_at:%H:%M}–{_end(last.ends_at, first.starts_at)}" for first, last in spans
    ]


def _revised_row(slot: DaySlot) -> dict[str, Any]:
    return {
        "span": _span(slot),
        "steps": [
            {
                "revision": row.revision,
                "price": _number(row.price),
                "recorded_at": row.recorded_at,
                "source": row.source,
            }
            for row in slot.revisions
        ],
    }


def _chart(slots: Sequence[DaySlot], currency: str) -> dict[str, str]:
    """Bars for Chart.js."""
    labels = [f"{slot.starts_at:%H:%M}" for slot in slots]
    datasets = _datasets(slots)
    return {
        "chart_title": _t("Price per kWh without VAT (%s)") % currency,
        "chart_data": json.dumps({"labels": labels, "datasets": datasets}, ensure_ascii=False),
        "chart_options": json.dumps(_options(shows_legend=len(datasets) > 1)),
    }


def _datasets(slots: Sequence[DaySlot]) -> list[dict[str, Any]]:
    """Return the bars: prices, prices that were revised, and where there is none.

    Prices are handed over as text, which Chart.js reads as numbers.
    """
    prices = [slot.price for slot in slots if slot.price is not None]
    band = [str(min(0, *prices)), str(max(0, *prices))]
    plain: list[str | None] = []
    revised: list[str | None] = []
    gaps: list[list[str] | None] = []
    for slot in slots:
        text = None if slot.price is None else str(slot.price)
        is_revised = len(slot.revisions) > 1
        plain.append(None if is_revised else text)
        revised.append(text if is_revised else None)
        gaps.append(band if text is None else None)
    series: tuple[tuple[str, str, Sequence[object]], ...] = (
        (_t("Price"), "var(--color-primary-600)", plain),
        (_t("Revised price"), "oklch(65% .17 45)", revised),
        (_t("No price: the fallback holds"), "oklch(80% .09 25)", gaps),
    )
    look = {"grouped": False, "barPercentage": 1, "categoryPercentage": 1}
    return [
        {"label": label, "data": values, "backgroundColor": colour, **look}
        for label, colour, values in series
        if any(value is not None for value in values)
    ]


def _options(*, shows_legend: bool) -> dict[str, Any]:
    ticks = {"color": GREY, "maxRotation": 0, "autoSkipPadding": 24, "maxTicksLimit": 12}
    no_border = {"border": {"display": False}}
    return {
        "locale": get_language() or "sv",
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "nearest", "axis": "x", "intersect": False},
        "plugins": {"legend": {"display": shows_legend, "labels": {"color": GREY}}},
        "scales": {
            "x": {"ticks": ticks, "grid": {"display": False}, **no_border},
            "y": {
                "beginAtZero": True,
                "ticks": {"color": GREY, "maxTicksLimit": 6},
                **no_border,
            },
        },
    }
