"""`manage.py test` uses the cores there are."""

from __future__ import annotations

import os

import pytest

from config.management.commands.test import side_by_side


@pytest.fixture
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("given", [[], ["-q"], ["-x", "--durations=9"]])
def test_the_whole_suite_runs_in_two_processes(given: list[str]) -> None:
    assert side_by_side(given)[:4] == ["-n", "2", "--dist", "loadfile"]


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("given", [["tests/billing"], ["-k", "money"], ["-n", "0"], ["-n0"]])
def test_what_was_chosen_runs_as_it_was_asked_for(given: list[str]) -> None:
    assert side_by_side(given) == []


def test_one_core_gets_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    assert side_by_side([]) == []
