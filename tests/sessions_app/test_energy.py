"""The energy of sessions whose registers are whole, and of those that are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.energy import EnergyEvidence, EnergySource, running_energy_wh, session_energy
from sessions_app.types import Sample, SampleContext

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def sample(minute: int, wh: int | None, context: str = "periodic") -> Sample:
    at = START + timedelta(minutes=minute)
    return Sample(at=at, context=SampleContext(context), energy_wh=wh)


def series(*registers: int | None) -> list[Sample]:
    """One sample a minute, from the first minute on."""
    return [sample(minute, wh) for minute, wh in enumerate(registers, start=1)]


def energy(
    start: int | None, stop: int | None, samples: list[Sample], **more: Any
) -> EnergyEvidence:
    return session_energy(meter_start_wh=start, meter_stop_wh=stop, samples=samples, **more)


def test_a_whole_session_is_stop_minus_start() -> None:
    assert energy(1000, 6000, series(1100, 3000, 5900)) == EnergyEvidence(
        5000, 1000, 6000, EnergySource.REGISTERS
    )


def test_a_session_without_samples_is_stop_minus_start() -> None:
    assert energy(1000, 6000, []) == EnergyEvidence(5000, 1000, 6000, EnergySource.REGISTERS)


def test_a_session_without_energy_is_zero_without_flags() -> None:
    assert energy(1234, 1234, series(1234, None)).energy_wh == 0
    assert energy(1234, 1234, series(1234)).flags == ()
    assert energy(0, 0, []) == EnergyEvidence(0, 0, 0, EnergySource.REGISTERS)


@pytest.mark.parametrize(
    ("stop", "flag"),
    [(None, "stop_missing"), (0, "stop_unknown"), (-1, "stop_unknown"), (500, "stop_below_start")],
)
def test_without_a_usable_stop_the_last_sample_counts(stop: int | None, flag: str) -> None:
    assert energy(1000, stop, series(1100, 3000, 5900)) == EnergyEvidence(
        4900, 1000, 5900, EnergySource.BEGIN_AND_SAMPLES, (flag,)
    )


def test_a_stop_below_the_start_without_samples_is_no_energy() -> None:
    evidence = energy(1234, 100, [])
    assert (evidence.energy_wh, evidence.stop_wh) == (0, None)
    assert evidence.flags == ("register_missing", "stop_below_start")


def test_a_stop_of_zero_after_samples_that_reached_547() -> None:
    assert energy(0, 0, series(100, 547)).energy_wh == 547


def test_without_a_begin_the_first_register_counts() -> None:
    assert energy(None, 6000, series(1100, 5900)) == EnergyEvidence(
        4900, 1100, 6000, EnergySource.SAMPLES_AND_STOP, ("begin_missing",)
    )
    assert energy(-1, None, series(1100, 5900)).energy_wh == 4800


def test_a_begin_sample_stands_in_for_the_begin_and_is_no_step_back() -> None:
    begin_again = [*series(1100, 5900), sample(0, 1000, "begin"), sample(3, 1000, "begin")]
    evidence = energy(None, 6000, begin_again)
    assert (evidence.energy_wh, evidence.flags) == (5000, ())


def test_nothing_at_all_is_no_energy() -> None:
    assert energy(None, None, []) == EnergyEvidence(
        0, None, None, EnergySource.NONE, ("begin_missing", "register_missing", "stop_missing")
    )


def test_a_begin_placeholder_of_zero_is_not_910_kwh() -> None:
    """citrineos-core pull request 1060: 910 kWh billed for 83 Wh."""
    samples = [sample(0, 0, "begin"), *series(909_948, 909_990), sample(3, 910_031, "end")]
    for start in (None, 0):
        evidence = energy(start, 910_031, samples, started_at=START, max_power_w=22_000)
        assert (evidence.energy_wh, evidence.start_wh) == (83, 909_948)
        assert evidence.flags == ("begin_implausible",)


def test_a_small_odometer_behind_a_placeholder_is_not_energy_either() -> None:
    times = {"started_at": START, "ended_at": START + timedelta(hours=1), "max_power_w": 11_000}
    evidence = energy(0, 6090, series(6003, 6044, 6081), **times)
    assert (evidence.energy_wh, evidence.source) == (87, EnergySource.SAMPLES_AND_STOP)
    assert evidence.flags == ("begin_implausible",)


def test_a_placeholder_among_the_samples_is_not_energy_either() -> None:
    samples = series(0, 909_948, 910_031)
    assert energy(0, 910_031, samples, started_at=START, max_power_w=22_000).energy_wh == 83
    assert energy(0, None, samples).energy_wh == 83


def test_the_first_sample_may_be_late_when_the_power_allows_it() -> None:
    evidence = energy(0, 12_000, [sample(60, 11_000)], started_at=START, max_power_w=11_000)
    assert (evidence.energy_wh, evidence.source) == (12_000, EnergySource.REGISTERS)


def test_a_register_that_drops_to_zero_for_some_samples_counts_on() -> None:
    """Wallbox Pulsar Plus, ABB."""
    evidence = energy(5000, None, series(5100, 0, 0, -1, 5400))
    assert (evidence.energy_wh, evidence.flags) == (400, ("stop_missing",))


def test_zeros_at_the_end_do_not_lose_the_energy() -> None:
    evidence = energy(5000, 0, series(5100, 5400, 0, 0))
    assert (evidence.energy_wh, evidence.stop_wh) == (400, 5400)


def test_a_low_value_for_once_counts_on() -> None:
    assert energy(5000, None, series(5100, 77, 5300, 5400)).energy_wh == 400


def test_a_high_value_for_once_is_not_energy() -> None:
    evidence = energy(5000, None, series(5100, 999_999, 5300, 5400), max_power_w=22_000)
    assert (evidence.energy_wh, evidence.flags) == (400, ("stop_missing",))


def test_a_register_that_starts_again_gives_the_sum_of_its_parts() -> None:
    samples = series(1100, 5000, 20, 300, 900)
    assert energy(1000, 950, samples) == EnergyEvidence(
        4930,
        1000,
        950,
        EnergySource.BEGIN_SAMPLES_AND_STOP,
        ("register_rebased", "stop_below_start"),
    )


def test_a_jump_that_stays_is_not_energy() -> None:
    samples = series(1100, 1400, 51_400, 51_700)
    evidence = energy(1000, 51_800, samples, started_at=START, max_power_w=22_000)
    assert evidence.energy_wh == 800
    assert evidence.flags == ("register_rebased", "stop_implausible")


def test_samples_on_a_base_of_their_own_do_not_disturb_begin_and_stop() -> None:
    evidence = energy(123_456, 128_456, series(0, 1000, 5000))
    assert (evidence.energy_wh, evidence.source) == (5000, EnergySource.REGISTERS)
    assert evidence.flags == ()


def test_samples_on_a_base_of_their_own_count_when_the_stop_is_missing() -> None:
    evidence = energy(123_456, None, series(10, 1000, 5000))
    assert (evidence.energy_wh, evidence.source) == (4990, EnergySource.SAMPLES)
    assert evidence.flags == ("begin_implausible", "stop_missing")


def test_a_stop_below_later_samples_is_billed_as_stated_and_flagged() -> None:
    evidence = energy(1000, 3000, series(2001, 5017))
    assert (evidence.energy_wh, evidence.flags) == (2000, ("stop_below_samples",))


def test_begin_and_stop_in_rounded_kwh_do_not_contradict_samples_in_wh() -> None:
    assert energy(1000, 6400, series(1040, 6437)).flags == ()


def test_running_energy_follows_the_samples_and_is_never_negative() -> None:
    assert running_energy_wh(meter_start_wh=1000, samples=series(1100, 1500)) == 500
    assert running_energy_wh(meter_start_wh=None, samples=series(1100, 1500)) == 400
    assert running_energy_wh(meter_start_wh=1000, samples=[]) == 0
    assert running_energy_wh(meter_start_wh=1000, samples=series(900)) == 0


REGISTERS = st.none() | st.integers(-2, 20_000) | st.sampled_from([0, -1, 2**63 - 1])
SAMPLES = st.lists(
    st.builds(sample, st.integers(0, 30), REGISTERS, st.sampled_from(list(SampleContext)))
)


@settings(max_examples=200, deadline=None)
@given(REGISTERS, REGISTERS, SAMPLES, st.randoms(use_true_random=False), st.booleans())
def test_energy_is_never_negative_and_does_not_know_the_order(
    start: int | None, stop: int | None, samples: list[Sample], random: Any, timed: bool
) -> None:
    times = {"started_at": START, "ended_at": START + timedelta(minutes=30)} if timed else {}
    evidence = energy(start, stop, samples, **times)
    shuffled = [*samples, *samples]
    random.shuffle(shuffled)
    assert energy(start, stop, shuffled, **times) == evidence
    assert evidence.energy_wh >= 0


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=1), st.integers(0, 10**9), st.sets(st.integers(0, 99))
)
def test_lost_samples_never_change_the_energy_of_a_whole_session(
    steps: list[int], start: int, lost: set[int]
) -> None:
    registers = [start + sum(steps[: i + 1]) for i in range(len(steps))]
    kept = [s for i, s in enumerate(series(*registers)) if i not in lost]
    evidence = energy(start, registers[-1], kept, started_at=START, max_power_w=22_000)
    assert (evidence.energy_wh, evidence.flags) == (registers[-1] - start, ())
