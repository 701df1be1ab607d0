"""Which tariff version an unknown driver gets at each connector, now and later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from billing.models import TariffAssignment, TariffLevel, TariffVersion
from billing.selectors.tariffs import PRECEDENCE, Target


@dataclass(frozen=True, slots=True)
class Holding:
    """The version in force from one instant to just before another; None where there is none."""

    from_at: datetime
    to_at: datetime
    version: TariffVersion | None


def holdings_ahead(
    targets: Sequence[Target], now: datetime, until: datetime
) -> list[tuple[Holding, ...]]:
    """What `choose_tariff` answers for each target at every instant of [now, until).

    All in two queries, however many targets there are.
    """
    assignments = list(_assignments(targets, now, until))
    versions = _versions({one.tariff_id for one in assignments}, now, until)
    every = [one for found in versions.values() for one in found]
    bounds = sorted({now, *_changes(assignments, now, until), *_changes(every, now, until)})
    ends = [*bounds[1:], until]
    return [
        _merged(
            Holding(from_at, to_at, _choose(target, assignments, versions, from_at))
            for from_at, to_at in zip(bounds, ends, strict=True)
        )
        for target in targets
    ]


def _assignments(
    targets: Sequence[Target], now: datetime, until: datetime
) -> QuerySet[TariffAssignment]:
    wanted = Q(level=TariffLevel.TENANT)
    for level in PRECEDENCE:
        if level is not TariffLevel.TENANT:
            ids = {found for one in targets if (found := one.id_at(level)) is not None}
            if ids:
                wanted |= Q(level=level, **{f"{level.value}_id__in": ids})
    return TariffAssignment.objects.filter(wanted).filter(_touches(now, until))


def _versions(
    tariff_ids: set[UUID], now: datetime, until: datetime
) -> dict[UUID, list[TariffVersion]]:
    rows = TariffVersion.objects.filter(tariff_id__in=tariff_ids).filter(_touches(now, until))
    found: dict[UUID, list[TariffVersion]] = {}
    for version in rows.select_related("tariff"):
        found.setdefault(version.tariff_id, []).append(version)
    return found


def _touches(now: datetime, until: datetime) -> Q:
    return Q(valid_from__lt=until) & (Q(valid_to__isnull=True) | Q(valid_to__gt=now))


def _changes(
    rows: Iterable[TariffAssignment | TariffVersion], now: datetime, until: datetime
) -> set[datetime]:
    times = {at for row in rows for at in (row.valid_from, row.valid_to) if at is not None}
    return {at for at in times if now < at < until}


def _choose(
    target: Target,
    assignments: Iterable[TariffAssignment],
    versions: dict[UUID, list[TariffVersion]],
    at: datetime,
) -> TariffVersion | None:
    """Return the version of the most particular assignment that has one in force."""
    ours = [one for one in assignments if _holds(one, at) and _is_for(one, target)]
    for assignment in sorted(ours, key=lambda one: PRECEDENCE.index(TariffLevel(one.level))):
        for version in versions.get(assignment.tariff_id, ()):
            if _holds(version, at):
                return version
    return None


def _is_for(assignment: TariffAssignment, target: Target) -> bool:
    level = TariffLevel(assignment.level)
    if level is TariffLevel.TENANT:
        return True
    return bool(getattr(assignment, f"{level.value}_id") == target.id_at(level))


def _holds(row: TariffAssignment | TariffVersion, at: datetime) -> bool:
    return row.valid_from <= at and (row.valid_to is None or row.valid_to > at)


def _merged(holdings: Iterable[Holding]) -> tuple[Holding, ...]:
    found: list[Holding] = []
    for one in holdings:
        if found and found[-1].version == one.version:
            one = Holding(found.pop().from_at, one.to_at, one.version)
        found.append(one)
    return tuple(found)
