"""Cuts a session where its price can change; inside one segment every price is constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from billing.rating.clock import DAY_S, HOUR_S
from billing.rating.restrictions import Edges, Instant, find_edges, is_active, is_between
from billing.rating.tariff import has_power_fee
from billing.rating.types import LineKind

if TYPE_CHECKING:
    from billing.rating.clock import WallClock
    from billing.rating.meter import Meter
    from billing.rating.spot import SpotPrices
    from billing.rating.tariff import PriceComponent, TariffFacts
    from billing.rating.types import SessionFacts


class Segment(NamedTuple):
    """A stretch of the session from one (second, Wh) to another."""

    from_s: int
    from_wh: int
    to_s: int
    to_wh: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything rating looks at: the tariff and the session's meter, clock and spot prices."""

    tariff: TariffFacts
    meter: Meter
    clock: WallClock
    spot: SpotPrices
    charging_end_s: int
    idle_from_s: int | None
    reserved_s: int | None

    def charged_components(self, now: Instant) -> dict[LineKind, tuple[int, PriceComponent]]:
        """Return for each kind the element number and component that hold at an instant.

        The first matching element that prices a kind wins (OCPI 2.2.1, Tariff object).
        """
        found: dict[LineKind, tuple[int, PriceComponent]] = {}
        for number, element in enumerate(self.tariff.elements, start=1):
            if is_active(element.restrictions, now):
                for component in element.components:
                    found.setdefault(component.kind, (number, component))
        return found

    def judged_at(self, segment: Segment) -> int:
        """Return the second a segment is judged at: its first.

        A segment without duration is energy that came in the second before its end.
        """
        if segment.to_s == segment.from_s:
            return max(segment.from_s - 1, self.meter.start_s)
        return segment.from_s

    def instant_of(self, segment: Segment) -> tuple[int, Instant]:
        """Return the second a segment is judged at, and what restrictions see there."""
        at_s = self.judged_at(segment)
        return at_s, Instant(
            self.clock.wall_time_at(at_s),
            at_s - self.meter.start_s,
            segment.from_wh,
            self.meter.power_at(at_s),
            self.meter.current_at(at_s),
        )

    def is_idle(self, at_s: int, now: Instant) -> bool:
        """Say whether the idle fee runs: after grace, outside quiet hours."""
        fee = self.tariff.idle_fee
        if fee is None or self.idle_from_s is None or at_s < self.idle_from_s:
            return False
        quiet_hours = fee.quiet_hours
        second = now.wall.second_of_day
        return not any(is_between(second, quiet.time_from, quiet.time_to) for quiet in quiet_hours)


def set_scene(
    session: SessionFacts, tariff: TariffFacts, meter: Meter, clock: WallClock, spot: SpotPrices
) -> Scene:
    """Join what is rated; idle time counts only where the end of charging is known."""
    end_s, fee = meter.charging_end_s, tariff.idle_fee
    return Scene(
        tariff,
        meter,
        clock,
        spot,
        charging_end_s=meter.end_s if end_s is None else end_s,
        idle_from_s=None if fee is None or end_s is None else end_s + fee.grace_s,
        reserved_s=session.reserved_s,
    )


class Cuts(NamedTuple):
    """A session in segments (at least one), and which of its cuts interpolation placed."""

    segments: list[Segment]
    price_times_s: set[int]
    energies_wh: set[int]


def cut_session(scene: Scene) -> Cuts:
    """Cut a session at every instant and every Wh where a price may change."""
    meter = scene.meter
    edges = find_edges(scene.tariff)
    price_times = _price_times(scene, edges)
    other_times = {scene.charging_end_s} | set(meter.seconds if edges.at_every_reading else ())
    if has_power_fee(scene.tariff):
        other_times |= scene.clock.crossings(range(0, DAY_S, HOUR_S))
    if scene.idle_from_s is not None:
        other_times.add(scene.idle_from_s)
    points = {
        (at_s, meter.energy_at(at_s))
        for at_s in price_times | other_times
        if meter.start_s < at_s < meter.end_s
    }
    reached = {energy_wh for energy_wh in edges.energies_wh if energy_wh <= meter.total_wh}
    points |= {(meter.second_at(energy_wh), energy_wh) for energy_wh in reached}
    points.add((meter.end_s, meter.total_wh))
    segments = []
    from_s, from_wh = meter.start_s, 0
    for to_s, to_wh in sorted(points):
        segments.append(Segment(from_s, from_wh, to_s, to_wh))
        from_s, from_wh = to_s, to_wh
    return Cuts(segments, price_times, reached)


def _price_times(scene: Scene, edges: Edges) -> set[int]:
    start_s = scene.meter.start_s
    times = scene.clock.crossings(edges.seconds_of_day) | scene.spot.edges()
    return times | {start_s + duration_s for duration_s in edges.durations_s}
