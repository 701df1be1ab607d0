"""A trial of a kind that no single sample shows, and its score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from anomalies.types import Finding

Findings = Iterable[Finding]
Make = Callable[[Random, float | None], tuple[list[Findings], int]]


@dataclass
class Tally:
    """One kind: broken and healthy histories, and what was said of each."""

    kind: str
    name: str
    unit: str
    events: int = 0
    hits: int = 0
    steps: list[int] = field(default_factory=list)
    clean: int = 0
    false: int = 0


@dataclass(frozen=True)
class Probe:
    """`make(rng, size)` gives the findings step by step and the step of the onset; size None is a
    healthy history."""

    kind: str
    name: str
    unit: str
    sizes: Sequence[float]
    make: Make
    clean: int = 1
