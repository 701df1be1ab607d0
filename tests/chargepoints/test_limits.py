"""The arithmetic of being made to wait, and what happens when Redis is away."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from chargepoints.limits import (
    PAIR,
    ConnectLimits,
    CountsInMemory,
    CountsInRedis,
    Rule,
    attempt_of,
)

HERE = attempt_of("192.0.2.1", "volt/CP-1", "wrong")
RIGHT = attempt_of("192.0.2.1", "volt/CP-1", "right")
THERE = attempt_of("192.0.2.2", "volt/CP-1", "new")


class Clock:
    """Seconds that pass only when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.integers(0, 500))
def test_the_wait_grows_and_has_an_end(failures: int) -> None:
    waits = [PAIR.wait_s(failures), PAIR.wait_s(failures + 1)]
    assert waits == sorted(waits)
    assert waits[1] <= PAIR.longest_s
    assert (waits[0] > 0) == (failures > PAIR.free)


def test_the_wait_doubles() -> None:
    rule = Rule(free=2, first_s=1, longest_s=5)
    assert [rule.wait_s(n) for n in range(7)] == [0, 0, 0, 1, 2, 4, 5]


def test_a_wait_is_over_when_it_is_over() -> None:
    clock = Clock()
    counts = CountsInMemory(clock)

    async def knock_and_wait() -> list[float]:
        for _ in range(6):
            await counts.fail(HERE)
        waits = []
        for clock.now in (0.0, 1.5, 2.0):
            waits.append((await counts.judge(HERE, 60)).wait_s)
        return waits

    assert asyncio.run(knock_and_wait()) == [2.0, 0.5, 0.0]


def test_the_right_key_and_other_addresses_need_not_wait() -> None:
    counts = CountsInMemory(Clock())

    async def judge() -> list[bool]:
        await counts.succeed(RIGHT)
        for _ in range(40):
            await counts.fail(HERE)
        return [(await counts.judge(who, 60)).wait_s > 0 for who in (HERE, RIGHT, THERE)]

    assert asyncio.run(judge()) == [True, False, False]


def test_without_redis_the_process_counts_by_itself() -> None:
    nowhere = CountsInRedis("redis://127.0.0.1:1/0", "test")
    limits = ConnectLimits(nowhere, CountsInMemory(Clock()), 60)

    async def knock() -> list[float]:
        for _ in range(6):
            await limits.fail(HERE)
        waits = [(await limits.judge(who)).wait_s for who in (HERE, THERE)]
        await limits.close()
        return waits

    assert asyncio.run(knock()) == [2.0, 0.0]


def test_memory_is_bounded() -> None:
    counts = CountsInMemory(Clock())

    async def spray() -> int:
        for number in range(8_000):
            await counts.fail(attempt_of("192.0.2.9", f"volt/{number}", ""))
        return len(counts._values)

    assert asyncio.run(spray()) <= 20_000
