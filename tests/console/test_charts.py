"""What is handed to the browser to draw."""

from __future__ import annotations

import json
from datetime import timedelta

from django.utils import translation

from console.charts import PLACES, bar_chart, line_chart
from tests.cast import NOON


def minutes(*values: tuple[int, float | None]) -> list[tuple[object, float | None]]:
    return [(NOON + timedelta(minutes=minute), value) for minute, value in values]


def test_a_pause_is_as_long_on_the_axis_as_it_was() -> None:
    chart = line_chart("Power", minutes((0, 1.0), (1, 2.0), (100, 3.0)), unit="kW")
    data = json.loads(chart.data)
    places = [n for n, value in enumerate(data["datasets"][0]["data"]) if value is not None]
    assert places == [0, PLACES // 100, PLACES]
    assert (data["labels"][0], data["labels"][-1]) == ("12:00", "13:40")


def test_a_short_session_shows_seconds() -> None:
    chart = line_chart("Power", minutes((0, 1.0), (1, 2.0)), unit="kW")
    assert json.loads(chart.data)["labels"][-1] == "12:01:00"


def test_a_single_measurement_is_shown_as_a_point() -> None:
    alone = line_chart("Power", minutes((0, None), (5, 7.0)), unit="kW")
    several = line_chart("Power", minutes((0, 6.0), (5, 7.0)), unit="kW")
    assert json.loads(alone.data)["datasets"][0]["pointRadius"] == 3
    assert json.loads(several.data)["datasets"][0]["pointRadius"] == 0


def test_the_browser_is_told_the_readers_language() -> None:
    with translation.override("en"):
        assert json.loads(bar_chart("Energy", ["1"], [2.5], unit="kWh").options)["locale"] == "en"
    with translation.override("sv"):
        assert json.loads(bar_chart("Energy", ["1"], [2.5], unit="kWh").options)["locale"] == "sv"
