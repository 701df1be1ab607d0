"""The campaign: healthy and broken sessions at each sampling interval, and their scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random

from bench.anomalies.play import play
from bench.anomalies.score import Board
from bench.anomaly_traces.faults import FAULTS, Fault, scale_power
from bench.anomaly_traces.physics import Flow
from bench.anomaly_traces.sessions import draw_flow, write_fault, write_session

# T7: sessions with these faults never go to billing unseen.
HELD = ("M1", "M2", "M3", "M8", "M9")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is played per interval."""

    clean: int
    events: int


FULL = Size(clean=1_200, events=36)
QUICK = Size(clean=40, events=6)


def run_interval(
    seed: int, interval_s: int, size: Size, kinds: Sequence[str], progress: Progress
) -> Board:
    """Synthetic sessions at one sampling interval."""
    board = Board()
    rng = Random(f"{seed}:{interval_s}")
    for number in range(size.clean):
        board.add_clean(play(write_session(rng, draw_flow(rng), interval_s)))
        if number % 100 == 99:
            progress(f"{interval_s} s: {number + 1} of {size.clean} clean sessions")
    for fault in chosen_faults(kinds):
        _play_events(board, rng, fault, size.events, interval_s, _synthetic(rng, fault))
        progress(f"{interval_s} s: {fault.kind} {fault.name}")
    return board


def run_traces(
    flows: Sequence[Flow],
    seed: int,
    interval_s: int,
    size: Size,
    kinds: Sequence[str],
    progress: Progress,
) -> Board:
    """External traces: each one as a clean session, then faults put into them."""
    board = Board()
    rng = Random(f"{seed}:{interval_s}:traces")
    for number, flow in enumerate(flows):
        board.add_clean(play(write_session(rng, deepcopy(flow), interval_s)))
        if number % 100 == 99:
            progress(f"{interval_s} s: {number + 1} of {len(flows)} traces")
    for fault in chosen_faults(kinds):
        fitting = [flow for flow in flows if _fits(flow, fault)]
        if fitting:
            _play_events(board, rng, fault, size.events, interval_s, _drawn(rng, fitting))
            progress(f"{interval_s} s: {fault.kind} {fault.name}")
    return board


def chosen_faults(kinds: Sequence[str]) -> list[Fault]:
    """The faults of these kinds, all for none."""
    return [fault for fault in FAULTS if not kinds or fault.kind in kinds]


def _play_events(
    board: Board,
    rng: Random,
    fault: Fault,
    events: int,
    interval_s: int,
    flows: Iterator[Flow],
) -> None:
    """Sizes in turn, until there are enough events or no charge has a place for them."""
    done = tries = 0
    while done < events and tries < events * 60:
        tries += 1
        size = fault.sizes[done % len(fault.sizes)]
        made = write_fault(rng, next(flows), interval_s, fault, size)
        if made is None:
            continue
        script, truth = made
        holds = fault.kind in HELD and fault.spoil is not scale_power
        board.add_event(play(script), truth, holds)
        done += 1


def _synthetic(rng: Random, fault: Fault) -> Iterator[Flow]:
    while True:
        yield draw_flow(rng, fault.needs)


def _drawn(rng: Random, flows: Sequence[Flow]) -> Iterator[Flow]:
    while True:
        yield deepcopy(rng.choice(flows))


def _fits(flow: Flow, fault: Fault) -> bool:
    if fault.needs == "3":
        return False
    if fault.needs == "ac":
        return not flow.is_dc
    return fault.needs != "dc" or flow.is_dc
