"""Where things lie in the charts: shares of the width in percent, heights in pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers import wording
from drivers.receipts.curve import Curve

TOP: Final = 14
BOTTOM: Final = 186
HEIGHT: Final = 210
_GRID_LINES: Final = 4
_NEAR_EDGE_PCT: Final = 4.0


@dataclass(frozen=True, slots=True)
class Band:
    """A price window behind the curve."""

    x_pct: str
    width_pct: str
    strength: str
    is_fallback: bool
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A label at a place on an axis; `anchor` keeps it inside the picture."""

    place: str
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart ready for the template; `path` is in a box of 1000 by 1000."""

    bands: tuple[Band, ...]
    path: str
    area: str
    grid: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    height: int = HEIGHT
    top: int = TOP
    bottom: int = BOTTOM
    plot_height: int = BOTTOM - TOP


def draw_curve(curve: Curve, currency: str) -> Drawing:
    """Lay out a session's power and the prices behind it."""
    points = [
        (at_s * 1000 / curve.length_s, 1000 - step.power_w * 1000 / curve.top_w)
        for step in curve.steps
        for at_s in (step.from_s, step.to_s)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    area = f"{points[0][0]:.1f},1000 {path} {points[-1][0]:.1f},1000"
    return Drawing(
        bands=tuple(
            Band(
                x_pct=share(window.from_s, curve.length_s),
                width_pct=share(window.to_s - window.from_s, curve.length_s),
                strength=f"{0.10 + 0.35 * window.level:.2f}",
                is_fallback=window.is_fallback,
                title=wording.price_per(window.price, currency, "Wh", 1000),
            )
            for window in curve.windows
        ),
        path=path,
        area=area,
        grid=tuple(_grid_lines(curve.top_w)),
        ticks=tuple(place_tick(at_s, curve.length_s, label) for at_s, label in curve.ticks),
    )


def share(part: float, whole: float) -> str:
    """A share of the width in percent."""
    return f"{100 * part / whole:.3f}%"


def place_tick(at_s: float, length_s: float, label: str) -> Mark:
    """A label under the time axis."""
    pct = 100 * at_s / length_s
    anchor = "middle"
    if pct < _NEAR_EDGE_PCT:
        anchor = "start"
    elif pct > 100 - _NEAR_EDGE_PCT:
        anchor = "end"
    return Mark(share(at_s, length_s), label, anchor)


def _grid_lines(top_w: int) -> list[Mark]:
    height = BOTTOM - TOP
    return [
        Mark(
            f"{BOTTOM - height * number / _GRID_LINES:.1f}",
            wording.power(top_w * number // _GRID_LINES),
        )
        for number in range(1, _GRID_LINES + 1)
    ]
