"""The kinds that no single sample shows: connectors, stations, sites, fleets, tokens and bills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from bench.anomalies import connectors, fleets, stations
from bench.anomalies.probe import Probe, Tally

PROBES: tuple[Probe, ...] = (
    Probe("E10", "derated to 50 %", "sessions", (0.5,), connectors.derate, clean=2),
    Probe("E10", "derated to 70 %", "sessions", (0.7,), connectors.derate),
    Probe("E10", "derated to 85 %", "sessions", (0.85,), connectors.derate),
    Probe("E15", "failure reported", "messages", tuple(range(8)), stations.report_errors),
    Probe("M5", "meter drifts", "sessions", (0.02, -0.02, 0.03, -0.05), connectors.drift),
    Probe(
        "M6",
        "energy between sessions",
        "sessions",
        (80, 200, 1_000, 20_000),
        connectors.lose_energy,
    ),
    Probe("M7", "site meter disagrees", "quarters", (0.08, -0.08, 0.15, -0.3), fleets.unbalance),
    Probe("S1", "samples stop", "sweeps", (400, 900, 3_600), stations.stop_sampling),
    Probe("S2", "clock is off", "messages", (90, -90, 3_600, -8.2e8), stations.shift_clock),
    Probe("S3", "station offline", "sweeps", (3, 5, 20), stations.go_offline),
    Probe("S3", "station flaps", "connections", (30, 120, 600), stations.flap),
    Probe("S3", "site offline", "sites", (0.4, 0.7, 1.0), fleets.cut_power),
    Probe("S4", "never stops", "sweeps", (1, 2, 3), stations.never_stop),
    Probe("S5", "too long, overstay", "sweeps", (1, 2), stations.overstay),
    Probe("S6", "connector stuck", "sweeps", (1, 3), stations.get_stuck),
    Probe("S7", "tokens refused", "refusals", (1, 2), stations.refuse_tokens),
    Probe("S8", "failures in a row", "sessions", (0.05, 0.1, 0.3), connectors.fail, clean=3),
    Probe("S8", "failures, by drivers", "drivers", (0.05, 0.1), connectors.fail_drivers, clean=0),
    Probe("S9", "connector silent", "questions", (30, 60, 100), connectors.fall_silent, clean=10),
    Probe("S10", "illegal transaction", "messages", (1, 2, 3), stations.break_transactions),
    Probe("S12", "worse after an update", "sessions", (2.5, 3.0, 4.0), fleets.worsen_firmware),
    Probe("F1", "token in two places", "sessions", (60, 200, 500), fleets.copy_token),
    Probe("F2", "token charges too much", "sessions", (60_000, 90_000), fleets.overuse_token),
    Probe("F3", "no bill, no energy", "bills", (1, 2), fleets.forget_bills),
    Probe("F4", "amount differs", "bills", (1, -1, 500), fleets.change_amounts),
    Probe("F5", "energy without a session", "readings", (80, 500, 20_000), connectors.count_idle),
    Probe("F6", "doubtful tokens", "tokens", (1, 2, 3), stations.doubt_tokens),
)


def run_probes(
    seed: int, events: int, kinds: Sequence[str], progress: Callable[[str], None]
) -> list[Tally]:
    """Every probe: `events` broken histories on its ladder, and as many healthy ones."""
    tallies = []
    for probe in PROBES:
        if kinds and probe.kind not in kinds:
            continue
        rng = Random(f"{seed}:{probe.name}")
        tally = Tally(probe.kind, probe.name, probe.unit)
        for number in range(events):
            _run_broken(tally, probe, rng, probe.sizes[number % len(probe.sizes)])
        for _ in range(events * probe.clean):
            steps, _onset = probe.make(rng, None)
            said = [one for findings in steps for one in findings if not one.is_evidence]
            tally.clean += len(steps)
            tally.false += len(said)
        tallies.append(tally)
        progress(f"{probe.kind} {probe.name}")
    return tallies


def _run_broken(tally: Tally, probe: Probe, rng: Random, size: float) -> None:
    steps, onset = probe.make(rng, size)
    tally.events += 1
    for number, findings in enumerate(steps):
        if number >= onset and any(one.kind == probe.kind for one in findings):
            tally.hits += 1
            tally.steps.append(number - onset + 1)
            return
