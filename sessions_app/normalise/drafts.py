"""Collecting the readings of one instant and choosing among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sessions_app.normalise.measures import (
    CURRENT,
    ENERGY,
    OFFERED,
    POWER,
    SOC,
    VOLTAGE,
    Measure,
)
from sessions_app.normalise.readings import Reading
from sessions_app.types import Sample, SampleContext, SampleFlag

_PHASES = ("l1", "l2", "l3")
_IDLE_MA = 1_000


@dataclass(slots=True)
class Draft:
    """The readings of one (time, context), from however many entries of a message."""

    readings: dict[str, list[Reading]] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    rejected: list[str] = field(default_factory=list)

    def add(self, reading: Reading) -> None:
        """Takes a reading in. Raises OutOfRange for one that can not even be written down."""
        shape = reading.shape
        if shape.measure is None:
            self.keep(shape.key, reading.text)
            return
        if reading.flag is not None:
            self.flags.add(reading.flag)
        if shape.unit_ignored:
            self.flags.add(SampleFlag.UNIT_IGNORED)
        self.readings.setdefault(shape.measure.name, []).append(reading)

    def keep(self, key: str, text: str) -> None:
        """Keeps what has no field; of two texts of one name the larger, whatever the order."""
        self.extra[key] = max(self.extra.get(key, ""), text)

    def build(self, at: datetime, context: SampleContext) -> Sample | None:
        """The sample, or None when nothing of it could be used."""
        current = self._choose(CURRENT)
        voltage = self._choose(VOLTAGE)
        offered = self._choose(OFFERED)
        sample = Sample(
            at=at,
            context=context,
            energy_wh=self._total(ENERGY, self._choose(ENERGY)),
            power_w=self._power(current),
            current_ma=self._line_current(current),
            current_l1_ma=current.get("l1"),
            current_l2_ma=current.get("l2"),
            current_l3_ma=current.get("l3"),
            voltage_mv=voltage.get(""),
            voltage_l1_mv=voltage.get("l1"),
            voltage_l2_mv=voltage.get("l2"),
            voltage_l3_mv=voltage.get("l3"),
            current_offered_ma=offered.get("", max(offered.values(), default=None)),
            soc_pct=max(self._choose(SOC).values(), default=None),
            extra=self.extra,
            flags=tuple(sorted(self.flags)),
        )
        return sample if self.extra or sample != Sample(at, context, flags=sample.flags) else None

    def _choose(self, measure: Measure) -> dict[str, int]:
        """Per phase the largest value at the place nearest the outlet; the rest becomes extra."""
        chosen: dict[str, int] = {}
        readings = self.readings.get(measure.name)
        if readings is None:
            return chosen
        nearest = min(reading.shape.place for reading in readings)
        for reading in readings:
            shape, value = reading.shape, reading.value
            if shape.place != nearest or shape.slot == "n":
                self.keep(shape.key, reading.text)
            if shape.place == nearest:
                chosen[shape.slot] = max(chosen.get(shape.slot, value), value)
        return chosen

    def _total(self, measure: Measure, values: dict[str, int]) -> int | None:
        """The unphased value where there is one (never both), else the sum of the phases."""
        if "" in values:
            return values[""]
        phases = [values[phase] for phase in _PHASES if phase in values]
        if not phases:
            return None
        if measure is ENERGY and -1 in phases:
            return -1
        total = sum(phases)
        if measure.low <= total <= measure.high:
            return total
        self.rejected.append(f"{measure.name}: the sum of the phases is too large")
        return None

    def _power(self, current: dict[str, int]) -> int | None:
        power = self._choose(POWER)
        loaded = {phase for phase in _PHASES if abs(current.get(phase, 0)) >= _IDLE_MA}
        if power and "" not in power and loaded - power.keys():
            # A sum without a phase that carries current is not the power of the outlet.
            self.flags.add(SampleFlag.PHASE_MISSING)
            for reading in self.readings[POWER.name]:
                self.keep(reading.shape.key, reading.text)
            return None
        return self._total(POWER, power)

    def _line_current(self, current: dict[str, int]) -> int | None:
        if "n" in current and len(current) == 1:
            # Single-phase models exist that report their only current on the neutral.
            self.flags.add(SampleFlag.CURRENT_FROM_NEUTRAL)
            return current["n"]
        return current.get("")
