"""Virtual time: leaps keep the order of time stamps, pace can be cut short."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from datetime import timedelta

import pytest

from config.devstack.simulator.clock import LeapClock, PacedClock
from tests.simulator.makers import ARRIVAL


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


async def tick(clock, every_min, until_min, seen):
    for minute in range(every_min, until_min + 1, every_min):
        await clock.sleep_until(ARRIVAL + minutes(minute))
        seen.append((clock.now() - ARRIVAL) // minutes(1))


async def leave_after(work, scope):
    with scope:
        await work


async def test_a_leaping_clock_lets_activities_act_in_the_order_of_time():
    clock, seen = LeapClock(ARRIVAL), []
    scopes = [ExitStack(), ExitStack()]
    for scope in scopes:
        scope.enter_context(clock.sleeper())
    ticks = [tick(clock, every, 60, seen) for every in (20, 30)]
    await asyncio.gather(*map(leave_after, ticks, scopes))
    assert seen == [20, 30, 40, 60, 60]


async def test_a_leaping_clock_stands_still_while_one_activity_is_busy():
    clock, seen = LeapClock(ARRIVAL), []
    with clock.sleeper():
        async with asyncio.TaskGroup() as group:
            with clock.sleeper():
                group.create_task(tick(clock, 10, 10, seen))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                assert clock.now() == ARRIVAL
    assert seen == [10]


async def test_a_cancelled_sleeper_does_not_hold_up_the_others():
    clock, seen = LeapClock(ARRIVAL), []
    with clock.sleeper(), clock.sleeper():
        sleeper = asyncio.create_task(tick(clock, 5, 5, seen))
        await asyncio.sleep(0)
        sleeper.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeper
    with clock.sleeper():
        await tick(clock, 20, 20, seen)
    assert seen == [20]


async def test_the_past_needs_no_waiting():
    clock = LeapClock(ARRIVAL)
    await clock.sleep_until(ARRIVAL - minutes(5))
    assert clock.now() == ARRIVAL


async def test_a_paced_clock_runs_faster_than_real_time():
    clock = PacedClock(ARRIVAL, speed=60_000.0)
    await clock.sleep_until(ARRIVAL + minutes(10))
    assert minutes(10) <= clock.now() - ARRIVAL < minutes(600)


async def test_a_paced_sleep_ends_when_it_is_woken():
    clock, wake = PacedClock(ARRIVAL, speed=1.0), asyncio.Event()
    wake.set()
    await clock.sleep_until(ARRIVAL + minutes(10), wake=wake)
    assert clock.now() - ARRIVAL < minutes(1)
