"""The money checks at the end of a session: M9, and M2 for the session as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from anomalies.detectors import Facts, finish
from anomalies.types import Action
from tests.anomalies.traces import (
    AC,
    START,
    ac,
    at,
    begin,
    changed,
    ending,
    registers,
    shifted,
    watch,
)

HOUR = ac([16] * 60)
LAST = HOUR[-1].energy_wh or 0


def test_a_whole_session_ends_in_silence() -> None:
    assert ending(HOUR, 1003, LAST, 3600) == []
    assert ending(HOUR, 1003, LAST + 180, 3660) == []


def test_a_session_without_samples_ends_in_silence() -> None:
    assert ending([], 1003, 6003, 3600) == []
    assert ending([], 1234, 1234, 30) == []
    assert ending([], 0, 0, 30) == []


def test_a_stop_that_was_never_sent_is_no_finding() -> None:
    assert ending(HOUR, None, None, 3600) == []


@pytest.mark.parametrize(("stop", "cause"), [(-1, "stop_unknown"), (0, "stop_unknown")])
def test_a_placeholder_for_a_stop_is_held(stop: int, cause: str) -> None:
    assert ending(HOUR, 1003, stop, 3600) == [("M9", cause)]
    assert ending([], 1003, stop, 3600) == [("M9", cause)]


def test_a_stop_of_zero_after_samples_that_reached_547_is_held() -> None:
    assert ending(registers(0, 120, 547, step_s=300), 0, 0, 900) == [("M9", "stop_unknown")]


def test_a_stop_below_the_start_is_held() -> None:
    assert ending([], 5003, 4901, 3600) == [("M9", "stop_below_start")]
    assert ending(HOUR, 1003, 901, 3600) == [("M9", "stop_below_start")]


def test_a_stop_a_few_wh_below_the_start_is_jitter() -> None:
    assert ending(registers(1003, 1003, 1004), 1003, 1000, 180) == []


def test_a_stop_below_the_samples_is_held() -> None:
    assert ending(HOUR, 1003, LAST - 3001, 3600) == [("M9", "stop_below_samples")]


def test_samples_after_the_stop_allow_for_their_energy() -> None:
    assert ending(HOUR, 1003, LAST - 900, 3300) == []
    assert ending([*HOUR, *registers(LAST + 4)], 1003, LAST, 3600) == []


def test_a_stop_far_above_the_samples_is_held() -> None:
    seen = HOUR[29].energy_wh or 0
    assert ending(HOUR[:30], 1003, seen + 900, 1860) == [("M9", "stop_far_above")]


def test_lost_samples_do_not_make_a_stop_far() -> None:
    assert ending(HOUR[:3], 1003, LAST, 3600) == []
    assert ending(HOUR[57:], 1003, LAST, 3600) == []
    assert ending([HOUR[0], HOUR[-1]], 1003, LAST, 3600) == []


def test_a_session_above_the_rating_is_held() -> None:
    assert ending([], 1003, 31_003, 3600) == [("M2", "above_rated")]
    assert ending([], 1003, 13_003, 3600) == []


def test_an_end_before_the_start_is_a_session_of_no_time() -> None:
    found = [("M2", "above_rated"), ("S2", "ends_before_start")]
    assert ending([], 1003, 6003, -60) == found


def test_910_kwh_for_83_wh_are_held() -> None:
    """citrineos-core pull request 1060: a begin of 0, then the odometer."""
    samples = [begin(0, 0), *registers(909_948, 909_990, 910_031, step_s=600)]
    assert ending(samples, 0, 910_031, 1800, replace(AC, meter_start_wh=0)) == [
        ("M2", "begin_placeholder")
    ]


def test_a_small_odometer_behind_a_placeholder_is_held_too() -> None:
    """6 kWh in an hour would be plausible for the rating: only the first sample tells."""
    samples = registers(6003, 6044, 6081, step_s=60)
    assert ending(samples, 0, 6090, 3600) == [("M2", "begin_placeholder")]


def test_a_coarse_register_may_take_its_whole_step_before_the_first_sample() -> None:
    samples = registers(1000, 1000, 2000, step_s=180)
    assert ending(samples, 0, 2000, 540) == []


def test_a_placeholder_seen_as_a_jump_is_not_said_twice_by_another_kind() -> None:
    facts = replace(AC, meter_start_wh=0)
    state_kinds = [f.kind for _, f in watch(registers(0, 909_948, 910_031), facts)[1]]
    assert state_kinds == ["M2"]
    assert ending(registers(0, 909_948, 910_031), 0, 910_031, 180, facts) == [("M2", "above_rated")]


def test_begin_and_stop_may_count_per_session_while_samples_have_the_odometer() -> None:
    samples = shifted(HOUR, 0, 900_000)
    assert ending(samples, 0, LAST - 1003, 3600) == []


def test_samples_may_count_per_session_while_begin_and_stop_have_the_odometer() -> None:
    assert ending(HOUR, 500_000, 500_000 + LAST - 1003, 3600) == []


def test_without_a_begin_the_stop_is_checked_against_the_samples() -> None:
    assert ending(HOUR, None, LAST, 3600) == []
    assert ending(HOUR, None, LAST + 9000, 3660) == [("M9", "stop_far_above")]


def test_after_a_step_in_the_session_the_end_does_not_repeat_it() -> None:
    assert ending(shifted(HOUR, 30, 9001), 1003, LAST + 9001, 3600, AC) == [("M2", "above_rated")]
    assert ending(shifted(HOUR, 30, -2001), 1003, LAST - 2001, 3600, AC) == []


def test_zeros_before_the_end_are_no_reason_to_hold() -> None:
    assert ending(changed(HOUR, [58, 59], energy_wh=0), 1003, LAST, 3600) == []


def test_an_unknown_connector_is_checked_against_the_absurd() -> None:
    assert ending([], 0, 390_000, 3600, Facts()) == []
    assert ending([], 0, 910_031, 3600, Facts()) == [("M2", "above_rated")]


def test_the_finding_names_the_session_and_what_was_measured() -> None:
    state, _ = watch(HOUR)
    [finding], _ = finish(
        state, meter_start_wh=1003, meter_stop_wh=-1, started_at=START, ended_at=at(3600), facts=AC
    )
    assert (finding.signal, finding.observed, finding.expected) == ("meterStop", -1, LAST)
    assert (finding.since_at, finding.at, finding.holds_billing) == (START, at(3600), True)
    assert finding.action is Action.REBUILD_ENERGY
    assert finding.params == {"measured_wh": LAST - (HOUR[0].energy_wh or 0)}
