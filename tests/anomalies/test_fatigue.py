"""A hundred real days: failures in a row are told at most once in 100 connector-days."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from bench.fatigue import (
    MOST_PER_100_DAYS,
    Fatigue,
    as_recorded,
    first_days,
    play,
    with_failures,
)
from config.devstack.simulator.replay import RealSession, read_sessions
from tests.cast import NOON
from tests.simulator.makers import shared_data

HOUR = timedelta(hours=1)
DAYS = 100


@pytest.fixture(scope="module")
def connectors() -> list[list[RealSession]]:
    """The connectors of all files with their first hundred days; skipped where there are none."""
    files = sorted(shared_data().glob("*.csv.gz"))
    return [rows for file in files for rows in first_days(read_sessions(file), DAYS)]


def test_real_history_as_it_is_recorded_is_silence(connectors: list[list[RealSession]]) -> None:
    seen = play([as_recorded(rows) for rows in connectors], DAYS)
    assert (seen.connector_days > 30_000, seen.incidents, dict(seen.other_kinds)) == (True, 0, {})


def test_with_failures_as_often_as_measured_it_is_told_once_in_100_days_at_most(
    connectors: list[list[RealSession]],
) -> None:
    dice = random.Random(1)
    seen = play([with_failures(rows, dice) for rows in connectors], DAYS)
    # As measured: 20.7 % of all sessions, and runs of two drivers 1.02 times in 100 days.
    assert 0.15 < seen.failed / seen.sessions < 0.35
    assert 0.7 < 100 * seen.runs_of_two / seen.connector_days < 1.4
    assert 0 < seen.per_100_days <= MOST_PER_100_DAYS


def a_history(outcomes: str) -> Fatigue:
    """One session an hour: a capital is a driver who got energy, a small letter one who did not."""
    from_at = [NOON + n * HOUR for n in range(len(outcomes))]
    real = [
        RealSession("C", at, at + HOUR / 2, 9_000 if who.isupper() else 0, who.lower() + f"{n}", ())
        for n, (at, who) in enumerate(zip(from_at, outcomes, strict=True))
    ]
    return play([as_recorded(real)], 1)


@pytest.mark.parametrize(
    ("outcomes", "incidents"),
    [("AB" * 20, 0), ("AB" * 20 + "c", 0), ("AB" * 20 + "cdefg", 1), ("AB" * 20 + "cdeAcde", 2)],
)
def test_a_run_of_failures_is_told_once(outcomes: str, incidents: int) -> None:
    assert a_history(outcomes).incidents == incidents


def test_it_is_told_before_the_fourth_driver() -> None:
    seen = a_history("AB" * 20 + "cdefgh")
    assert (seen.long_runs, seen.late_runs) == (1, 0)
