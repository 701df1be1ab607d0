"""Data for the charts; only here, on the way to the eye, numbers may lose their last digits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language

COLOURS = ("var(--color-primary-600)", "oklch(60% .15 250)", "oklch(65% .17 45)")
GREY = "#9ca3af"
# So many places has the time axis: more than the points of a session's curve.
PLACES = 1000
SECONDS_ARE_SHOWN_UP_TO = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's title, and its data and options as JSON for Chart.js."""

    title: str
    data: str
    options: str


def bar_chart(title: str, labels: Sequence[str], values: Sequence[float], *, unit: str) -> Chart:
    """One series of bars."""
    dataset = {
        "label": unit,
        "data": list(values),
        "backgroundColor": COLOURS[0],
        "borderRadius": 3,
        "maxBarThickness": 24,
    }
    return _chart(title, labels, dataset, from_zero=True)


def line_chart(
    title: str,
    points: Sequence[tuple[datetime, float | None]],
    *,
    unit: str,
    colour: int = 0,
    from_zero: bool = True,
) -> Chart:
    """One line over time, in the time zone of the points; None where nothing was measured."""
    labels, values = _on_time_axis(points)
    dataset = {
        "label": unit,
        "data": values,
        "borderColor": COLOURS[colour],
        "backgroundColor": COLOURS[colour],
        "borderWidth": 2,
        # A line needs two points; one alone is shown as such.
        "pointRadius": 3 if len(values) - values.count(None) == 1 else 0,
        "tension": 0,
        "spanGaps": True,
    }
    return _chart(title, labels, dataset, from_zero=from_zero)


def share_chart(title: str, labels: Sequence[str], values: Sequence[float | None]) -> Chart:
    """One line of percentages, a point for each label; None where there was nothing to count."""
    dataset = {
        "label": "%",
        "data": list(values),
        "borderColor": COLOURS[0],
        "backgroundColor": COLOURS[0],
        "borderWidth": 2,
        "pointRadius": 2,
        "tension": 0,
        "spanGaps": False,
    }
    return _chart(title, labels, dataset, from_zero=False)


def _on_time_axis(
    points: Sequence[tuple[datetime, float | None]],
) -> tuple[list[str], list[float | None]]:
    """Labels and values at equal steps of time, so that a pause is as long as it was."""
    begin, end = points[0][0], points[-1][0]
    step = max((end - begin) / PLACES, timedelta(seconds=1))
    count = round((end - begin) / step) + 1
    values: list[float | None] = [None] * count
    for at, value in points:
        if value is not None:
            values[round((at - begin) / step)] = value
    clock = "%H:%M:%S" if end - begin <= SECONDS_ARE_SHOWN_UP_TO else "%H:%M"
    return [f"{begin + step * place:{clock}}" for place in range(count)], values


def _chart(title: str, labels: Sequence[str], dataset: dict[str, Any], *, from_zero: bool) -> Chart:
    ticks = {"color": GREY, "maxRotation": 0, "autoSkipPadding": 24}
    options = {
        "locale": get_language() or "sv",
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "nearest", "axis": "x", "intersect": False},
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {"ticks": ticks, "grid": {"display": False}, "border": {"display": False}},
            "y": {
                "beginAtZero": from_zero,
                "ticks": {"color": GREY, "maxTicksLimit": 6},
                "grid": {},
                "border": {"display": False},
            },
        },
    }
    data = {"labels": list(labels), "datasets": [dataset]}
    return Chart(title, json.dumps(data, ensure_ascii=False), json.dumps(options))
