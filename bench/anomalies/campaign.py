"""The campaign: healthy and broken sessions at each sampling interval, and their scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bench.anomalies.heard import Heard
from bench.anomalies.negatives import run_negatives
from bench.anomalies.play import Outcome, facts_of, play
from bench.anomalies.rivals import Crowd, measure_rivals, see
from bench.anomalies.score import Board
from bench.anomaly_traces.external import Trace
from bench.anomaly_traces.faults import FAULTS, Fault, scale_power
from bench.anomaly_traces.frames import Script
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

    negatives: int = 0

    @property
    def learnt(self) -> int:
        """Sessions that the rivals learn from, which are judged by nobody."""
        return self.clean // 4


FULL = Size(clean=1_200, events=36, negatives=12)
QUICK = Size(clean=40, events=6, negatives=2)


def run_interval(
    seed: int, interval_s: int, size: Size, kinds: Sequence[str], progress: Progress
) -> Board:
    """Synthetic sessions at one sampling interval."""
    board, crowd = Board(), Crowd()
    rng = Random(f"{seed}:{interval_s}:learnt")
    for _ in range(size.learnt):
        script = write_session(rng, draw_flow(rng), interval_s)
        crowd.learnt.append(see(play(script).samples, facts_of(script)))
    rng = Random(f"{seed}:{interval_s}")
    for number in range(size.clean):
        _play_clean(board, crowd, write_session(rng, draw_flow(rng), interval_s))
        if number % 100 == 99:
            progress(f"{interval_s} s: {number + 1} of {size.clean} clean sessions")
    for fault in chosen_faults(kinds):
        flows = _synthetic(rng, fault)
        _play_events(board, crowd, rng, fault, size.events, interval_s, flows)
        progress(f"{interval_s} s: {fault.kind} {fault.name}")
    if not kinds:
        board.silences = run_negatives(seed, interval_s, size.negatives)
        progress(f"{interval_s} s: hard negatives")
        if crowd.learnt:
            board.rivals = measure_rivals(crowd, seed)
            progress(f"{interval_s} s: other detectors")
    return board


def run_traces(
    traces: Sequence[Trace],
    seed: int,
    interval_s: int,
    size: Size,
    kinds: Sequence[str],
    progress: Progress,
) -> Board:
    """External traces: each one as a clean session, then faults put into them.

    Where the file has a gap, readings are truly missing: S1 is no false alarm there.
    """
    board, crowd = Board(), Crowd()
    rng = Random(f"{seed}:{interval_s}:traces")
    playable: dict[bool, list[Trace]] = {True: [], False: []}
    for number, trace in enumerate(traces):
        flow = trace.flow()
        if flow is None:
            continue
        playable[flow.is_dc].append(trace)
        script = write_session(rng, flow, interval_s)
        outcome = play(script)
        if trace.has_gaps:
            outcome.said = [one for one in outcome.said if one.finding.kind != "S1"]
        board.add_clean(outcome)
        board.heard.append(_hear(trace, script, outcome))
        if number % 100 == 99:
            progress(f"{interval_s} s: {number + 1} of {len(traces)} traces")
    for fault in chosen_faults(kinds):
        fitting = [one for is_dc, them in playable.items() if _fits(is_dc, fault) for one in them]
        if fitting:
            drawn = _drawn(rng, fitting)
            _play_events(board, crowd, rng, fault, size.events, interval_s, drawn)
            progress(f"{interval_s} s: {fault.kind} {fault.name}")
    return board


def chosen_faults(kinds: Sequence[str]) -> list[Fault]:
    """The faults of these kinds, all for none."""
    return [fault for fault in FAULTS if not kinds or fault.kind in kinds]


def _play_clean(board: Board, crowd: Crowd, script: Script) -> None:
    outcome = play(script)
    board.add_clean(outcome)
    crowd.clean.append(see(outcome.samples, facts_of(script)))


def _play_events(
    board: Board,
    crowd: Crowd,
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
        outcome = play(script)
        board.add_event(outcome, truth, holds)
        if not truth.is_hidden:
            crowd.broken.append(see(outcome.samples, facts_of(script), truth.from_s))
        done += 1


def _synthetic(rng: Random, fault: Fault) -> Iterator[Flow]:
    while True:
        yield draw_flow(rng, fault.needs)


def _drawn(rng: Random, traces: Sequence[Trace]) -> Iterator[Flow]:
    while True:
        flow = rng.choice(traces).flow()
        if flow is not None:
            yield flow


def _fits(is_dc: bool, fault: Fault) -> bool:
    """Whether it can be put into a real charge: one conductor, and no known type of car."""
    if fault.needs == "3" or fault.kind == "E11":
        return False
    return is_dc == (fault.needs == "dc") if fault.needs else True


def _hear(trace: Trace, script: Script, outcome: Outcome) -> Heard:
    return Heard(
        trace.session,
        "DC" if script.flow.is_dc else "AC",
        len(outcome.times),
        script.ends_s,
        ((script.stop_wh or 0.0) - (script.begin_wh or 0.0)) / 1_000,
        outcome.said,
        list(trace.notes),
    )
