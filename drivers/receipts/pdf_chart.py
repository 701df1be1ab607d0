"""Power over time with the price windows behind it, drawn for the PDF."""

from __future__ import annotations

from typing import Final

from reportlab.graphics.shapes import Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import Color
from reportlab.lib.units import mm

from billing.documents.style import ACCENT, GREY, LINE, WARNING, printable
from drivers import wording
from drivers.receipts.curve import Curve

_HEIGHT: Final = 46 * mm
_FLOOR: Final = 5 * mm
_GRID_LINES: Final = 4


def chart(curve: Curve, width: float) -> Drawing:
    """Draw the chart; darker windows have a higher price, fallback prices another colour."""
    drawing = Drawing(width, _HEIGHT)
    plot_height = _HEIGHT - _FLOOR
    for window in curve.windows:
        colour = WARNING if window.is_fallback else ACCENT
        strength = 0.06 + 0.22 * window.level
        fill = Color(colour.red, colour.green, colour.blue, alpha=strength)
        x, end = (at_s * width / curve.length_s for at_s in (window.from_s, window.to_s))
        drawing.add(Rect(x, _FLOOR, end - x, plot_height, fillColor=fill, strokeColor=None))
    for number in range(_GRID_LINES + 1):
        y = _FLOOR + plot_height * number / _GRID_LINES
        drawing.add(Line(0, y, width, y, strokeColor=LINE, strokeWidth=0.4))
        if number:
            label = printable(wording.power(curve.top_w * number // _GRID_LINES))
            drawing.add(String(2, y - 8, label, fontName="Helvetica", fontSize=7, fillColor=GREY))
    _draw_power(drawing, curve, width, plot_height)
    for at_s, label in curve.ticks:
        x = at_s * width / curve.length_s
        anchor = "start" if x < 12 else "end" if x > width - 12 else "middle"
        text = String(x, 1 * mm, label, fontName="Helvetica", fontSize=7, fillColor=GREY)
        text.textAnchor = anchor
        drawing.add(text)
    return drawing


def _draw_power(drawing: Drawing, curve: Curve, width: float, plot_height: float) -> None:
    points: list[float] = []
    for step in curve.steps:
        y = _FLOOR + step.power_w * plot_height / curve.top_w
        points += (step.from_s * width / curve.length_s, y, step.to_s * width / curve.length_s, y)
    shade = Color(ACCENT.red, ACCENT.green, ACCENT.blue, alpha=0.18)
    under = [points[0], _FLOOR, *points, points[-2], _FLOOR]
    drawing.add(Polygon(under, fillColor=shade, strokeColor=None))
    drawing.add(PolyLine(points, strokeColor=ACCENT, strokeWidth=1.2))
