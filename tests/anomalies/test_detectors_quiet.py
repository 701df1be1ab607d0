"""Healthy sessions, as raw OCPP frames through the normaliser: the detectors stay silent."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalies.detectors import (
    Activity,
    CurrentType,
    Facts,
    LimitChange,
    State,
    StatusChange,
    finish,
    step,
)
from sessions_app.normalise import normalise
from sessions_app.types import sample_order
from tests.anomalies.traces import AC, DC, START, at

Frame = dict[str, Any]
REGISTER = "Energy.Active.Import.Register"


def value(measurand: str, number: float, **rest: str) -> Frame:
    return {"measurand": measurand, "value": str(number), **rest}


def frame(second: int, *values: Frame) -> Frame:
    return {"timestamp": at(second).isoformat().replace("+00:00", "Z"), "sampledValue": [*values]}


def findings(
    frames: Iterable[Frame], facts: Facts = AC, start: int | None = 1003, stop: int | None = None
) -> list[tuple[str, str]]:
    """All that is said of a session: its frames in one batch, then its end."""
    samples = normalise(list(frames), received_at=at(99_999)).samples
    state, found = State(), []
    for sample in sorted(samples, key=sample_order):
        state, new = step(state, sample, facts)
        found += new
    final, excused = finish(
        state,
        meter_start_wh=start,
        meter_stop_wh=stop,
        started_at=START,
        ended_at=samples[-1].at,
        facts=facts,
    )
    found = [finding for finding in found if finding.kind not in excused]
    found += final
    return [(finding.kind, finding.cause) for finding in found]


def ac_frame(minute: int, wh: int, amps: float = 15, lines: int = 3, **rest: str) -> Frame:
    """A frame of a three-phase station with `lines` phases in use."""
    values = [value(REGISTER, wh, unit="Wh"), value("Power.Active.Import", lines * amps * 227)]
    for line in (1, 2, 3):
        values.append(value("Current.Import", amps if line <= lines else 0, phase=f"L{line}"))
        values.append(value("Voltage", 230, phase=f"L{line}-N", **rest))
    return frame(60 * minute, *values)


def steady(count: int = 20) -> list[Frame]:
    return [ac_frame(minute, 1003 + 170 * minute) for minute in range(1, count + 1)]


def test_a_steady_session() -> None:
    assert findings(steady(), stop=1003 + 170 * 20) == []


def test_a_begin_inside_every_periodic_frame() -> None:
    frames = steady()
    for one in frames:
        one["sampledValue"].append(value(REGISTER, 1003, context="Transaction.Begin"))
    assert findings(frames, stop=4403) == []


def test_missing_units_and_measurands() -> None:
    frames = steady()
    for one in frames:
        one["sampledValue"][0].pop("unit")
        one["sampledValue"][0].pop("measurand")
    assert findings(frames, stop=4403) == []


def test_wh_in_frames_and_rounded_kwh_at_both_ends() -> None:
    frames = steady()
    frames.append(frame(1201, value(REGISTER, 4.4, unit="kWh", context="Transaction.End")))
    assert findings(frames, start=1000, stop=4400) == []


def test_l3_missing_and_soc_always_zero() -> None:
    frames = steady()
    for one in frames:
        one["sampledValue"].pop()
        one["sampledValue"].append(value("SoC", 0))
    assert findings(frames, stop=4403) == []


@pytest.mark.parametrize("lines", [1, 2])
def test_one_and_two_phase_cars_on_three_phases(lines: int) -> None:
    frames = [ac_frame(minute, 1003 + 56 * lines * minute, lines=lines) for minute in range(1, 20)]
    assert findings(frames, stop=1003 + 56 * lines * 19) == []


def test_duplicates_reordered_frames_and_another_offset() -> None:
    summer = timezone(timedelta(hours=2))
    local = [
        one | {"timestamp": at(60 * minute).astimezone(summer).isoformat()}
        for minute, one in enumerate(steady(), start=1)
    ]
    frames = [*steady(), *local, *steady()]
    random.Random(7).shuffle(frames)
    assert findings(frames, stop=4403) == []


def test_clock_aligned_frames_between_the_periodic_ones() -> None:
    clock = [
        frame(60 * m + 30, value(REGISTER, 1003 + 170 * m + 85, context="Sample.Clock"))
        for m in range(1, 20)
    ]
    assert findings([*steady(), *clock], stop=4403) == []


@pytest.mark.parametrize("glitch", ["0", "-1"])
def test_a_register_that_drops_out_for_three_samples(glitch: str) -> None:
    frames = steady()
    for one in frames[8:11]:
        one["sampledValue"][0]["value"] = glitch
    assert findings(frames, stop=4403) == []


def test_a_register_of_the_session_alone() -> None:
    frames = [ac_frame(minute, 170 * minute) for minute in range(20)]
    assert findings(frames, start=0, stop=170 * 19) == []
    assert findings(frames, start=123_456, stop=123_456 + 170 * 19) == []


def test_four_wh_after_the_stop() -> None:
    assert findings([*steady(), ac_frame(21, 4407, amps=0)], stop=4403) == []


def test_our_profile_of_zero_and_back() -> None:
    amps = [15] * 6 + [0] * 10 + [15] * 4
    frames, wh = [], 1003
    for minute, one in enumerate(amps, start=1):
        wh += 170 if one else 0
        frames.append(ac_frame(minute, wh, amps=one))
    limits = (LimitChange(at(361), 0), LimitChange(at(950), 16_000))
    assert findings(frames, replace(AC, limits=limits), stop=wh) == []


def test_a_car_that_gives_back() -> None:
    frames = []
    for minute in range(1, 20):
        values = [value(REGISTER, 5003), value("Current.Import", -25), value("Voltage", 400)]
        values.append(value("Power.Active.Import", -10_000))
        frames.append(frame(60 * minute, *values, value("SoC", 80 - minute)))
    assert findings(frames, DC, start=5003, stop=5003) == []


def test_frames_with_soc_alone() -> None:
    frames = [frame(60 * minute, value("SoC", 20)) for minute in range(1, 40)]
    assert findings(frames, DC, start=5003, stop=5003) == []


@dataclass(frozen=True)
class Healthy:
    """A healthy session as drawn: what the car takes, how the station measures it."""

    is_dc: bool
    lines: int
    amps: tuple[float, ...]
    interval_s: int
    resolution_wh: int
    factor: float
    volts: float
    base_wh: int
    per_session: bool
    seed: int
    lost: frozenset[int]


HEALTHY = st.builds(
    Healthy,
    is_dc=st.booleans(),
    lines=st.integers(1, 3),
    amps=st.lists(st.sampled_from([0.0, 6.0, 10.3, 16.0, 8.0, 13.7]), min_size=1, max_size=6).map(
        tuple
    ),
    interval_s=st.sampled_from([15, 30, 60, 300]),
    resolution_wh=st.sampled_from([1, 10, 100, 1000]),
    factor=st.floats(0.967, 1.006),
    volts=st.floats(200, 900),
    base_wh=st.integers(0, 50_000_000),
    per_session=st.booleans(),
    seed=st.integers(0, 2**16),
    lost=st.frozensets(st.integers(0, 60), max_size=20),
)


def play(car: Healthy) -> tuple[list[Frame], Facts, int, int]:
    """Frames, facts, begin and stop of the session, with noise of half a percent."""
    noise = random.Random(car.seed)
    scale = 7.5 if car.is_dc else 1.0
    facts = replace(DC if car.is_dc else AC, statuses=())
    volts = car.volts if car.is_dc else 230.0
    if car.is_dc:
        facts = replace(facts, max_power_w=120_000)
    exact, statuses, frames = float(0 if car.per_session else car.base_wh), [], []
    begin = int(exact) // car.resolution_wh * car.resolution_wh
    levels = [level for level in car.amps for _ in range(10)]
    for index, level in enumerate(levels):
        amps, u = level * scale, volts * (1 + noise.uniform(-0.02, 0.02))
        lines = 1 if car.is_dc else car.lines
        watts = lines * amps * u * car.factor
        exact += watts * car.interval_s / 3600
        activity = Activity.CHARGING if level else Activity.SUSPENDED_EV
        statuses.append(StatusChange(at(index * car.interval_s), activity))
        if index in car.lost:
            continue
        register = int(exact) // car.resolution_wh * car.resolution_wh
        values = [value(REGISTER, register)]
        values.append(value("Power.Active.Import", watts * (1 + noise.uniform(-0.005, 0.005))))
        if car.is_dc:
            values += [value("Current.Import", amps), value("Voltage", u)]
        else:
            for line in (1, 2, 3):
                load = amps if line <= lines else 0.0
                values.append(value("Current.Import", load, phase=f"L{line}"))
                values.append(value("Voltage", u, phase=f"L{line}"))
        frames.append(frame((index + 1) * car.interval_s, *values))
    stop = int(exact) // car.resolution_wh * car.resolution_wh
    return frames, replace(facts, statuses=tuple(statuses)), begin, stop


@settings(max_examples=150, deadline=None)
@given(HEALTHY)
def test_no_healthy_session_raises_anything(car: Healthy) -> None:
    frames, facts, begin, stop = play(car)
    if frames:
        known = replace(facts, started_at=START, meter_start_wh=begin)
        assert findings(frames, known, begin, stop) == []
        assert facts.current_type is (CurrentType.DC if car.is_dc else CurrentType.AC)
