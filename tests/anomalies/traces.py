"""Sessions for detector tests: plain physics, with a hand on every sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from anomalies.detectors import (
    Activity,
    CurrentType,
    Facts,
    State,
    StatusChange,
    Thresholds,
    finish,
    step,
)
from anomalies.types import Finding
from sessions_app.types import Sample, SampleContext

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
Change = Callable[[int, Sample], Sample]


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


CHARGING = (StatusChange(START, Activity.CHARGING),)
AC = Facts(
    current_type=CurrentType.AC,
    phases=3,
    nominal_voltage_mv=230_000,
    max_current_ma=16_000,
    max_power_w=11_040,
    started_at=START,
    statuses=CHARGING,
)
DC = Facts(
    current_type=CurrentType.DC, max_current_ma=125_000, max_power_w=50_000, statuses=CHARGING
)


def ac(
    amps: Sequence[int | float],
    *,
    phases: int = 3,
    step_s: int = 60,
    start_wh: int = 1003,
    resolution_wh: int = 1,
) -> list[Sample]:
    """An AC session, one current per sample on `phases` conductors, power factor 0.986."""
    samples, energy_mwh = [], start_wh * 1000
    for index, value in enumerate(amps):
        current_ma, voltage_mv = int(value * 1000), 230_000 + 500 * (index % 3)
        power_w = phases * current_ma * voltage_mv * 986 // 10**9
        energy_mwh += power_w * step_s * 1000 // 3600
        lines = [current_ma if line < phases else 0 for line in range(3)]
        samples.append(
            Sample(
                at=at((index + 1) * step_s),
                energy_wh=energy_mwh // 1000 // resolution_wh * resolution_wh,
                power_w=power_w,
                current_l1_ma=lines[0],
                current_l2_ma=lines[1],
                current_l3_ma=lines[2],
                voltage_l1_mv=voltage_mv,
                voltage_l2_mv=voltage_mv,
                voltage_l3_mv=voltage_mv,
            )
        )
    return samples


def dc(amps: Sequence[int | float], *, volts: int = 400, soc: int = 20) -> list[Sample]:
    """A DC session, one sample a minute, 1 % of charge every other sample."""
    samples, energy_mwh = [], 5_000_000
    for index, value in enumerate(amps):
        power_w = int(value * (volts + index % 5))
        energy_mwh += power_w * 60_000 // 3600
        samples.append(
            Sample(
                at=at((index + 1) * 60),
                energy_wh=energy_mwh // 10_000 * 10,
                power_w=power_w,
                current_ma=int(value * 1000),
                voltage_mv=(volts + index % 5) * 1000,
                soc_pct=soc + index // 2,
            )
        )
    return samples


def registers(*values: int | None, step_s: int = 60) -> list[Sample]:
    return [Sample(at=at(i * step_s), energy_wh=wh) for i, wh in enumerate(values, start=1)]


def changed(samples: Iterable[Sample], indexes: Iterable[int], **fields: Any) -> list[Sample]:
    """The samples with the same fields set in some of them."""
    chosen = set(indexes)
    return [replace(s, **fields) if i in chosen else s for i, s in enumerate(samples)]


def shifted(samples: Sequence[Sample], first: int, wh: int) -> list[Sample]:
    """The samples with the register moved by `wh` from one on."""
    return [
        replace(s, energy_wh=s.energy_wh + wh) if i >= first and s.energy_wh is not None else s
        for i, s in enumerate(samples)
    ]


def begin(wh: int, second: int) -> Sample:
    return Sample(at=at(second), context=SampleContext.BEGIN, energy_wh=wh)


def watch(
    samples: Iterable[Sample], facts: Facts = AC, thresholds: Thresholds | None = None
) -> tuple[State, list[tuple[int, Finding]]]:
    """The state after the samples, and the findings with the index of their sample."""
    state, found = State(), []
    for index, sample in enumerate(samples):
        state, findings = step(state, sample, facts, thresholds or Thresholds())
        found += [(index, finding) for finding in findings]
    return state, found


# Those that say what one sample or two show; the others come on top of them.
PLAIN = frozenset({"E1", "E3", "E9", "M1", "M2", "M3", "M8", "M9", "S2"})


def kinds(
    samples: Iterable[Sample], facts: Facts = AC, only: frozenset[str] = PLAIN
) -> list[tuple[int, str]]:
    """Which of these kinds was found at which sample."""
    found = watch(samples, facts)[1]
    return [(index, finding.kind) for index, finding in found if finding.kind in only]


def ending(
    samples: Iterable[Sample], start: int | None, stop: int | None, seconds: int, facts: Facts = AC
) -> list[tuple[str, str]]:
    """Kind and cause of what the end of the session shows."""
    state, _ = watch(samples, facts)
    findings, _ = finish(
        state,
        meter_start_wh=start,
        meter_stop_wh=stop,
        started_at=START,
        ended_at=at(seconds),
        facts=facts,
    )
    return [(finding.kind, finding.cause) for finding in findings]
