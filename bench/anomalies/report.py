"""The tables that the benchmark prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.utils.translation import override

from anomalies.detectors import KINDS
from anomalies.titles import TITLES
from bench.anomalies.heard import as_plain, tell
from bench.anomalies.negatives import Silence
from bench.anomalies.probe import Tally
from bench.anomalies.score import Board, Row, percentile
from bench.anomalies.targets import INVARIANTS, as_lines, at_prevalence, targets_beyond, targets_of

_SESSIONS_PER_DAY = (1, 8)
_HEAD = (
    f"{'id':4} {'fault':28} {'events':>6} {'recall':>7} {'samples':>11} {'seconds':>13} {'held':>9}"
)


def table(interval_s: int, board: Board) -> Iterator[str]:
    """One interval: clean sessions, then each fault, then each kind."""
    yield f"=== a sample every {interval_s} s"
    if board.heard:
        yield from tell(board.heard)
    yield from _clean(board)
    yield ""
    yield _HEAD + "      (delays: median, p95)"
    yield from (_line(name, row) for name, row in board.faults.items())
    yield ""
    yield f"{'id':4} {'recall':>7} {'precision':>10} {'at 1 % prevalence':>18}"
    for kind, row in sorted(board.rows.items(), key=lambda pair: _order(pair[0])):
        share = board.clean.kinds.get(kind, 0) / max(1, board.clean.sessions)
        at_one = at_prevalence(row.recall, share)
        told = f"{row.recall:7.3f} {row.precision:10.3f} {at_one:18.3f}"
        yield f"{kind:4} {told if row.events else 'no events, ' + str(row.false) + ' false'}"
    yield ""
    yield from silences("hard negative", board.silences)
    yield from others(board)
    yield from as_lines(list(targets_of(board, interval_s)))


def rules_table() -> Iterator[str]:
    """The catalogue as Markdown, for docs/anomalies.md."""
    yield "| id | what | severity | holds | runs over | rule and its basis |"
    yield "|---|---|---|---|---|---|"
    with override("en"):
        for kind, row in KINDS.items():
            held = "evidence" if row.is_evidence else "yes" if row.holds else ""
            title = TITLES[kind]
            yield f"| {kind} | {title} | {int(row.severity)} | {held} | {row.where} | {row.basis} |"


def beyond(tallies: Sequence[Tally]) -> Iterator[str]:
    """The kinds that no single sample shows."""
    yield "=== beyond one session (steps: from the onset until it was said; median, p95)"
    yield (
        f"{'id':4} {'fault':26} {'events':>6} {'recall':>7} {'steps':>11} {'of':12}"
        f" {'false':>5} {'in healthy':>10} {'per 1000':>9}"
    )
    for one in tallies:
        middle, late = percentile(one.steps, 0.5), percentile(one.steps, 0.95)
        share = 1_000 * one.false / max(1, one.clean)
        yield (
            f"{one.kind:4} {one.name:26} {one.events:6} {one.hits / max(1, one.events):7.3f}"
            f" {f'{middle:.0f} ({late:.0f})':>11} {one.unit:12} {one.false:5} {one.clean:10}"
            f" {share:9.2f}"
        )


def others(board: Board) -> Iterator[str]:
    """The typed rules beside detectors of other kinds, on the same sessions."""
    if not board.rivals:
        return
    hits = sum(row.hits for row in board.rows.values())
    events = sum(row.events for row in board.rows.values())
    cost = 1e6 * board.clean.seconds / max(1, board.clean.samples)
    yield f"{'detector':36} {'features':10} {'clean, alarmed':>15} {'events hit':>11} {'us':>6}"
    alarmed = f"{100 * board.clean.alarm_share:.2f} %"
    hit = f"{100 * hits / max(1, events):.1f} %"
    yield f"{'typed rules (a hit: the right kind)':36} {'-':10} {alarmed:>15} {hit:>11} {cost:6.0f}"
    for one in board.rivals:
        if one.note:
            yield f"{one.name:36} {one.features:10} {one.note}"
            continue
        alarmed, hit = f"{100 * one.clean_share:.2f} %", f"{100 * one.event_share:.1f} %"
        figures = f"{alarmed:>15} {hit:>11} {one.us_per_sample:6.0f}"
        yield f"{one.name:36} {one.features:10} {figures}"
    yield ""


def silences(title: str, found: Sequence[Silence]) -> Iterator[str]:
    """The hard negatives one by one."""
    if not found:
        return
    yield f"{title:48} {'played':>6} {'incidents':>9}"
    for one in found:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(one.kinds.items()))
        yield f"{one.name:48} {one.played:6} {one.loud:9}  {kinds}".rstrip()
    yield ""


def as_json(boards: Mapping[int, Board], tallies: Sequence[Tally]) -> str:
    """Everything that was counted."""
    figures: dict[str, Any] = {str(each): _plain(each, board) for each, board in boards.items()}
    figures["beyond"] = [asdict(one) for one in tallies]
    figures["targets"] = [asdict(one) for one in targets_beyond(tallies, ())]
    return json.dumps(figures, indent=1)


def _plain(interval_s: int, board: Board) -> dict[str, Any]:
    clean = board.clean
    return {
        "clean": {
            "sessions": clean.sessions,
            "alarm_share": clean.alarm_share,
            "hold_share": clean.hold_share,
            "kinds": dict(clean.kinds),
        },
        "macro_recall": board.macro_recall(INVARIANTS),
        "fingerprint": board.fingerprint,
        "state_bytes": max(board.state_bytes, default=0),
        "targets": [asdict(one) for one in targets_of(board, interval_s)],
        "hard_negatives": {one.name: one.loud for one in board.silences},
        "sessions": as_plain(board.heard),
        "others": [asdict(one) for one in board.rivals],
        "kinds": {kind: _numbers(row) for kind, row in board.rows.items()},
        "faults": {name: _numbers(row) for name, row in board.faults.items()},
    }


def _numbers(row: Row) -> dict[str, Any]:
    samples, seconds = _delays(row)
    return {
        "kind": row.kind,
        "events": row.events,
        "recall": row.recall,
        "precision": row.precision,
        "false": row.false,
        "held": row.held,
        "hold_due": row.hold_due,
        "delay_samples": samples,
        "delay_s": seconds,
    }


def _clean(board: Board) -> Iterator[str]:
    clean = board.clean
    kinds = ", ".join(f"{kind} {count}" for kind, count in clean.kinds.most_common()) or "none"
    yield (
        f"clean sessions: {clean.sessions}, with any alarm {100 * clean.alarm_share:.2f} %, "
        f"held {100 * clean.hold_share:.2f} % (findings: {kinds})"
    )
    days = ", ".join(
        f"{each * clean.alarm_share:.4f} at {each} a day" for each in _SESSIONS_PER_DAY
    )
    yield f"false incidents per connector-day: {days} sessions"
    if clean.samples:
        yield (
            f"cost per sample: detectors {1e6 * clean.seconds / clean.samples:.0f} us, "
            f"reading and normalising {1e6 * clean.reading_seconds / clean.samples:.0f} us"
        )
    if board.state_bytes:
        yield (
            f"state of a session as JSON: median {percentile(board.state_bytes, 0.5):.0f}, "
            f"largest {max(board.state_bytes)} bytes; "
            f"{board.findings} findings, fingerprint {board.fingerprint}"
        )


def _line(name: str, row: Row) -> str:
    samples, seconds = _delays(row)
    late = f"{samples[0]:.0f} ({samples[1]:.0f})" if row.delays else "end"
    lasted = f"{seconds[0]:.0f} ({seconds[1]:.0f})" if row.delays else "end"
    held = f"{row.held}/{row.hold_due}" if row.hold_due else "-"
    return (
        f"{row.kind:4} {name:28} {row.events:6} {row.recall:7.3f} {late:>11} {lasted:>13} {held:>9}"
    )


def _delays(row: Row) -> tuple[Sequence[float], Sequence[float]]:
    samples, seconds = [n for n, _ in row.delays], [s for _, s in row.delays]
    return (
        (percentile(samples, 0.5), percentile(samples, 0.95)),
        (percentile(seconds, 0.5), percentile(seconds, 0.95)),
    )


def _order(kind: str) -> tuple[int, int]:
    return "EMSF".index(kind[0]), int(kind[1:])
