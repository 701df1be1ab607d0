"""Real charges one by one: what was said of each, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.anomalies.play import Said


@dataclass
class Heard:
    """One real charge as played healthy: what was said of it and what was taken for granted."""

    session: str
    current_type: str
    samples: int
    duration_s: float
    kwh: float
    findings: list[Said]
    notes: list[str]


def tell(heard: Sequence[Heard]) -> Iterator[str]:
    """A line per session of which something was said or taken for granted, then its findings."""
    quiet = [one for one in heard if not one.findings and not one.notes]
    yield f"{len(heard)} sessions played, {len(quiet)} without a finding or a remark"
    for one in heard:
        if one in quiet:
            continue
        about = f"{one.samples} samples, {one.duration_s / 60:.0f} min, {one.kwh:.2f} kWh"
        remarks = "; ".join(one.notes)
        yield f"  {one.session}: {one.current_type}, {about}{'; ' if remarks else ''}{remarks}"
        for said in one.findings:
            finding = said.finding
            weight = "evidence" if finding.is_evidence else "alarm"
            yield (
                f"    {said.at_s:8.0f} s  {finding.kind:4} {finding.cause:18} {weight:8} "
                f"{finding.signal} {finding.observed} {finding.unit}, "
                f"{finding.relation.replace('_', ' ')} {finding.expected}"
            )
    yield ""


def as_plain(heard: Sequence[Heard]) -> list[dict[str, Any]]:
    """The same for all sessions, as JSON values."""
    return [
        {
            "session": one.session,
            "current_type": one.current_type,
            "samples": one.samples,
            "duration_s": one.duration_s,
            "kwh": round(one.kwh, 3),
            "notes": one.notes,
            "findings": [
                {
                    "at_s": round(said.at_s, 1),
                    "kind": said.finding.kind,
                    "cause": said.finding.cause,
                    "signal": said.finding.signal,
                    "observed": said.finding.observed,
                    "expected": said.finding.expected,
                    "unit": said.finding.unit,
                    "is_evidence": said.finding.is_evidence,
                }
                for said in one.findings
            ],
        }
        for one in heard
    ]
