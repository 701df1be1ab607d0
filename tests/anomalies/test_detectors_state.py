"""State between samples: its JSON, its version, its size, and the rules of the catalogue."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import anomalies.detectors as package
from anomalies.detectors import (
    CATALOGUE,
    Facts,
    State,
    ThresholdOutOfBounds,
    ThresholdUnknown,
    finish,
    from_json,
    load_thresholds,
    step,
    to_json,
)
from anomalies.detectors.kinds import KINDS
from anomalies.detectors.register import RegisterThresholds
from anomalies.detectors.thresholds import bounds_of
from anomalies.types import Finding
from sessions_app.types import Sample, SampleContext, SampleFlag
from tests.anomalies.traces import AC, DC, START, ac, at, changed, dc, watch

MAYBE_MA = st.none() | st.sampled_from([0, 500, 6_000, 16_000, 20_000, 125_000])
SAMPLES = st.lists(
    st.builds(
        Sample,
        at=st.integers(0, 3000).map(at),
        context=st.sampled_from(list(SampleContext)),
        energy_wh=st.none() | st.integers(-2, 9000),
        power_w=st.none() | st.sampled_from([0, 100, 2_000, 11_000, -5_000, 90_000]),
        current_ma=MAYBE_MA,
        current_l1_ma=MAYBE_MA,
        current_l3_ma=MAYBE_MA,
        voltage_mv=st.none() | st.sampled_from([0, 230_000, 400_000]),
        voltage_l1_mv=st.none() | st.just(231_000),
        current_offered_ma=MAYBE_MA,
        soc_pct=st.none() | st.integers(0, 100),
        extra=st.sampled_from([{}, {"Power.Factor": "0.9"}, {"Power.Factor": "?"}]),
    ),
    max_size=30,
).map(lambda samples: sorted(samples, key=lambda sample: sample.at))
FACTS = st.sampled_from([AC, DC, Facts()])


def revived(state: State) -> State:
    return from_json(json.loads(json.dumps(to_json(state))))


def end(state: State, facts: Facts, stop: int | None) -> tuple[tuple[Finding, ...], frozenset[str]]:
    return finish(
        state,
        meter_start_wh=5,
        meter_stop_wh=stop,
        started_at=START,
        ended_at=at(3000),
        facts=facts,
    )


@settings(max_examples=150, deadline=None)
@given(SAMPLES, FACTS, st.none() | st.integers(-1, 9000))
def test_a_restart_at_any_point_changes_no_finding(
    samples: list[Sample], facts: Facts, stop: int | None
) -> None:
    living, asleep = State(), State()
    for sample in samples:
        living, findings = step(living, sample, facts)
        asleep, findings_too = step(revived(asleep), sample, facts)
        assert findings_too == findings
        assert asleep == living
    assert end(revived(asleep), facts, stop) == end(living, facts, stop)


@settings(max_examples=50, deadline=None)
@given(SAMPLES, FACTS)
def test_step_changes_nothing_it_was_given(samples: list[Sample], facts: Facts) -> None:
    state, _ = watch(samples, facts)
    before = json.dumps(to_json(state))
    step(state, Sample(at=at(9000), power_w=7, energy_wh=1), facts)
    assert json.dumps(to_json(state)) == before


def test_a_new_state_survives_its_json() -> None:
    state, _ = watch(ac([16] * 3))
    assert revived(state) == state
    assert revived(State()) == State()


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        "x",
        {"version": 0, "last_at_ms": 1, "last_order": 1, "memories": {}},
        {"version": 2, "last_at_ms": 1, "last_order": 1, "memories": {}},
        {"version": 1, "last_at_ms": "1", "last_order": 1, "memories": {}},
        {"version": 1, "last_at_ms": 1, "last_order": 1, "memories": []},
    ],
)
def test_an_unknown_version_or_a_broken_state_is_a_fresh_one(data: Any) -> None:
    assert from_json(data) == State()


@pytest.mark.parametrize(
    "memory",
    [{"gone": 1}, {"bad": "3"}, {"bad": None}, {"bad": True}, {"is_reported": 1}, [], None],
)
def test_a_memory_that_does_not_fit_is_a_fresh_one(memory: Any) -> None:
    state, _ = watch(ac([16] * 3))
    data = to_json(state) | {"memories": {"E1": memory, "E99": {}}}
    assert from_json(data).memories["E1"] == state.memories["E1"]
    assert from_json(data).memories.keys() == state.memories.keys()


def test_the_state_stays_small() -> None:
    offers = [{"current_offered_ma": 6000 + 100 * i} for i in range(40)]
    samples = dc([100] * 40)
    for index, offer in enumerate(offers):
        samples = changed(samples, [index], **offer)
    state, _ = watch(samples, DC)
    assert len(json.dumps(to_json(state))) < 2000


def test_a_late_sample_is_passed_over() -> None:
    state, _ = watch(ac([16] * 3))
    late = Sample(at=at(90), energy_wh=1)
    assert step(state, late, AC) == (state, ())


def test_a_clock_years_ahead_does_not_blind_the_detectors() -> None:
    ahead = Sample(at=at(10**9), energy_wh=1, flags=(SampleFlag.CLOCK_AHEAD,))
    assert step(State(), ahead, AC) == (State(), ())


def test_the_end_of_an_instant_comes_after_its_periodic_sample() -> None:
    both = [
        Sample(at=at(60), energy_wh=9),
        Sample(at=at(60), context=SampleContext.END, energy_wh=9),
    ]
    state, _ = watch(both)
    assert state.register.readings == 2


def test_every_kind_has_one_file_and_is_in_the_catalogue() -> None:
    folder = Path(package.__file__).parent
    files = {path.name.split("_")[0].upper() for path in folder.glob("[a-z][0-9]*_*.py")}
    assert [detector.kind for detector in CATALOGUE] == [k for k in KINDS if k in files]
    assert files <= KINDS.keys()


@pytest.mark.parametrize(
    "kind", [RegisterThresholds, *(detector.thresholds for detector in CATALOGUE)]
)
def test_every_default_lies_within_its_bounds(kind: Any) -> None:
    for threshold in fields(kind):
        low, high = bounds_of(threshold)
        assert low <= threshold.default <= high


def test_thresholds_are_checked_when_they_are_loaded() -> None:
    with pytest.raises(ThresholdOutOfBounds, match="samples 99"):
        load_thresholds({"E1": {"samples": 99}})
    with pytest.raises(ThresholdOutOfBounds):
        load_thresholds({"E1": {"samples": True}})
    with pytest.raises(ThresholdUnknown, match="sampels"):
        load_thresholds({"E1": {"sampels": 4}})
    with pytest.raises(ThresholdUnknown, match="E99"):
        load_thresholds({"E99": {}})
