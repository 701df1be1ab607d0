"""Data for the charts; only here, on the way to the eye, numbers may lose their last digits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

GREEN = "var(--color-primary-600)"
SERIES = ("var(--color-primary-600)", "oklch(60% .15 250)", "oklch(65% .17 45)")


def bar_chart(labels: Sequence[str], values: Sequence[float], *, label: str) -> str:
    """JSON for one series of bars."""
    return json.dumps(
        {
            "labels": list(labels),
            "datasets": [
                {
                    "label": label,
                    "data": list(values),
                    "backgroundColor": GREEN,
                    "borderRadius": 3,
                    "displayYAxis": True,
                    "maxTicksXLimit": 7,
                }
            ],
        },
        ensure_ascii=False,
    )


def line_chart(
    labels: Sequence[str], values: Sequence[float | None], *, label: str, series: int = 0
) -> str:
    """JSON for one line; gaps where nothing was measured."""
    dataset: dict[str, Any] = {
        "label": label,
        "data": list(values),
        "borderColor": SERIES[series],
        "backgroundColor": SERIES[series],
        "borderWidth": 2,
        "pointRadius": 0,
        "tension": 0,
        "spanGaps": True,
        "displayYAxis": True,
        "maxTicksXLimit": 8,
    }
    return json.dumps({"labels": list(labels), "datasets": [dataset]}, ensure_ascii=False)
