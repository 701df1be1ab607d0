"""Visits: the attempts of one driver at one site that belong together, and whether they charged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

# 60 % of short sessions are tried again by the same token within ten minutes (34,982 transactions
# of one network), so what follows within that time is the same visit.
SAME_VISIT: Final = timedelta(minutes=10)
# Under half a kilowatt-hour nobody has charged (the same that S8 counts as failed).
CHARGED_WH: Final = 500


@dataclass(frozen=True, slots=True)
class Attempt:
    """One session, seen as an attempt to charge; `token` is blank where nobody said who it was."""

    session_id: UUID
    connector_id: UUID | None
    token: str
    started_at: datetime
    ended_at: datetime
    energy_wh: int

    @property
    def charged(self) -> bool:
        """Whether it gave what can be called a charge."""
        return self.energy_wh >= CHARGED_WH


@dataclass(frozen=True, slots=True)
class Visit:
    """Attempts that belong together, in the order they began."""

    attempts: tuple[Attempt, ...]

    @property
    def first(self) -> Attempt:
        """The attempt it counts for: its place and its day."""
        return self.attempts[0]

    @property
    def first_charged(self) -> bool:
        """Whether the first attempt was enough."""
        return self.first.charged

    @property
    def charged(self) -> bool:
        """Whether the driver got to charge in the end."""
        return any(attempt.charged for attempt in self.attempts)


def visits_of(attempts: Iterable[Attempt]) -> list[Visit]:
    """The visits at one site, in the order they began.

    A visit goes on while the next attempt of the same token begins at most ten minutes after all
    before have ended. Attempts without a token stand alone. What follows a visit that has charged
    is a new one: that driver came back.
    """
    of_token: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        of_token[attempt.token or f"session {attempt.session_id}"].append(attempt)
    visits = [visit for own in of_token.values() for visit in _visits_of_one(own)]
    return sorted(visits, key=lambda visit: (visit.first.started_at, visit.first.session_id))


def _visits_of_one(attempts: list[Attempt]) -> list[Visit]:
    visits: list[Visit] = []
    current: list[Attempt] = []
    for attempt in sorted(attempts, key=lambda each: (each.started_at, each.session_id)):
        if current and not _belongs(attempt, current):
            visits.append(Visit(tuple(current)))
            current = []
        current.append(attempt)
    return [*visits, Visit(tuple(current))]


def _belongs(attempt: Attempt, current: list[Attempt]) -> bool:
    if any(before.charged for before in current):
        return False
    ended_at = max(before.ended_at for before in current)
    return attempt.started_at - ended_at <= SAME_VISIT
