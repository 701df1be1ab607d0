"""One commit for many: nobody is answered before it, and nobody suffers for another's row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from chargepoints import group_commit
from chargepoints.group_commit import GroupCommit
from chargepoints.services.together import Entry, Outcome

POISON = "7"
Writer = Callable[[Sequence[Entry]], list[Outcome]]


def entry(number: int) -> Entry:
    return Entry(str(number), 1, None, ())


def written(entries: Sequence[Entry]) -> list[Outcome]:
    return [Outcome.WRITTEN] * len(entries)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what was written together; a batch with the poison in it fails."""
    sizes: list[int] = []

    def write(entries: Sequence[Entry]) -> list[Outcome]:
        sizes.append(len(entries))
        if any(each.charge_point_id == POISON for each in entries):
            raise IntegrityError("poison")
        return written(entries)

    monkeypatch.setattr(group_commit, "write_together", write)
    return sizes


async def write_all(count: int) -> list[Outcome]:
    group = GroupCommit(asyncio.get_running_loop())
    try:
        return await asyncio.gather(*(group.write(entry(n)) for n in range(count)))
    finally:
        await asyncio.to_thread(group.database.stop)


async def test_what_comes_at_once_is_written_at_once(batches: list[int]) -> None:
    assert await write_all(6) == [Outcome.WRITTEN] * 6
    assert batches == [6]


async def test_a_poisoned_row_is_left_to_its_handler_and_the_rest_lives(batches: list[int]) -> None:
    outcomes = await write_all(8)
    assert [n for n, outcome in enumerate(outcomes) if outcome is Outcome.NOT_PLAIN] == [7]
    assert outcomes.count(Outcome.WRITTEN) == 7
    assert batches == [8, 4, 4, 2, 2, 1, 1]


async def test_a_full_queue_holds_back_whoever_comes(
    batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MOST_WAITING", 3)
    monkeypatch.setattr(group_commit, "MOST_TOGETHER", 2)
    assert await write_all(6) == [Outcome.WRITTEN] * 6
    assert max(batches) == 2


@pytest.mark.parametrize(("held_s", "outcome"), [(5.0, Outcome.WRITTEN), (0.0, Outcome.AWAY)])
async def test_answers_are_held_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, held_s: float, outcome: Outcome
) -> None:
    failures: list[Any] = [OperationalError("gone"), OperationalError("starting up")]

    def write(entries: Sequence[Entry]) -> list[Outcome]:
        if failures:
            raise failures.pop()
        return written(entries)

    monkeypatch.setattr(group_commit, "write_together", write)
    monkeypatch.setattr(group_commit, "HELD_S", held_s)
    monkeypatch.setattr(group_commit, "RETRY_S", 0.0)
    assert await write_all(2) == [outcome] * 2
