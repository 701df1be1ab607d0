"""Sites, firmware, tokens and bills."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from anomalies.detectors import (
    Bill,
    CohortState,
    TagState,
    TagUse,
    cohort_step,
    price_mismatch,
    site_balance,
    site_storm,
    start_cohort,
    tag_step,
    unbilled,
)
from bench.anomalies.probe import Findings
from bench.anomaly_traces.frames import EPOCH
from bench.anomaly_traces.histories import DAY_S


def cut_power(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    stations = rng.randint(4, 20)
    share = 0.0 if size is None else size
    lost = [
        EPOCH + timedelta(seconds=rng.uniform(0, 60)) if number < share * stations else None
        for number in range(stations)
    ]
    if size is None:
        lost[0] = EPOCH
    storm = site_storm(lost, EPOCH + timedelta(minutes=5))
    return [() if storm is None else (storm.finding,)], 0


def unbalance(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    connectors = [rng.randint(500, 6_000) for _ in range(8)]
    share = rng.gauss(1.01, 0.006) if size is None else 1 + size
    end = EPOCH + timedelta(minutes=15)
    found = site_balance(round(sum(connectors) * share), connectors, EPOCH, end)
    return [() if found is None else (found,)], 0


def worsen_firmware(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    before = rng.uniform(0.05, 0.2)
    rate = before * (1.0 if size is None else size)
    state: CohortState = start_cohort(round(500 * (1 - before)), round(500 * before))
    steps: list[Findings] = []
    for number in range(150):
        at = EPOCH + timedelta(hours=number)
        state, found = cohort_step(
            state, station=rng.randrange(12), is_good=rng.random() >= rate, at=at
        )
        steps.append(() if found is None else (found,))
    return steps, 0


def copy_token(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    state, steps, at, last = TagState(), [], 0.0, 0.0
    onset = 25
    for number in range(30):
        north = 59_300_000 + rng.randint(-20_000, 20_000)
        start = EPOCH + timedelta(seconds=at)
        stop = start + timedelta(hours=2)
        use = TagUse(start, stop, north, 18_000_000, rng.randint(5_000, 40_000))
        if size is not None and number == onset:
            away = 59_300_000 + round(size * 9_000)
            soon = EPOCH + timedelta(seconds=last + 3_600)
            use = TagUse(soon, None, away, 18_000_000, 20_000)
        state, findings = tag_step(state, use)
        steps.append(findings)
        last = at
        at += rng.uniform(0.5, 2.0) * DAY_S
    return steps, onset if size is not None else 0


def overuse_token(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    state, steps = TagState(), []
    onset = 0 if size is None else 30
    for number in range(36):
        wh = rng.randint(5_000, 60_000)
        times = 6 if size is not None and number >= onset else 1
        for part in range(times):
            start = EPOCH + timedelta(days=number, hours=2 * part)
            much = wh if times == 1 else round(size or 0)
            use = TagUse(start, start + timedelta(hours=1), 59_300_000, 18_000_000, much)
            state, findings = tag_step(state, use)
            steps.append(findings)
    return steps, onset


def forget_bills(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    wh = rng.randint(600, 60_000)
    now = EPOCH + timedelta(hours=30)
    bill = Bill(EPOCH, wh, billed_minor=wh // 3, replayed_minor=wh // 3, paid_minor=wh // 3)
    if size == 1:
        bill = Bill(EPOCH, wh, is_prepaid=rng.random() < 0.5)
    elif size == 2:
        bill = Bill(EPOCH, 0, paid_minor=5_000)
    found = unbilled(bill, now)
    return [() if found is None else (found,)], 0


def change_amounts(rng: Random, size: float | None) -> tuple[list[Findings], int]:
    wh = rng.randint(600, 60_000)
    minor = wh // 3
    off = 0 if size is None else round(size)
    bill = Bill(EPOCH, wh, billed_minor=minor + off, replayed_minor=minor)
    found = price_mismatch(bill, EPOCH)
    return [() if found is None else (found,)], 0
