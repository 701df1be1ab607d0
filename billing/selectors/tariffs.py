"""Which tariff holds for whom at a time, and a version as rating takes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from billing.models import TariffAssignment, TariffLevel, TariffVersion
from billing.rating import LineKind, Restrictions, TariffFacts, read_tariff, uses_spot
from sessions_app.models import ChargingSession

# From the most particular to the most general; `TariffLevel` lists them in this order.
PRECEDENCE: Final = tuple(TariffLevel)

_WITHOUT_READINGS: Final = frozenset({LineKind.ENERGY, LineKind.SESSION_TIME, LineKind.FLAT})


class TariffNotInForce(LookupError):
    """Nobody has said which prices hold there and then."""


@dataclass(frozen=True, slots=True)
class Target:
    """Who charges where: what tariffs are looked up by."""

    site_id: UUID
    charge_point_id: UUID
    connector_id: UUID | None = None
    driver_id: UUID | None = None
    driver_group_id: UUID | None = None

    def id_at(self, level: TariffLevel) -> UUID | None:
        """The id that an assignment at a level has to name."""
        found: UUID | None = getattr(self, f"{level.value}_id")
        return found


@dataclass(frozen=True, slots=True)
class TariffChoice:
    """The version in force and the assignment it was found by."""

    version: TariffVersion
    assignment: TariffAssignment


def target_of(session: ChargingSession) -> Target:
    """Who charges where in a session (its `charge_point` and `driver` should be loaded)."""
    return Target(
        site_id=session.charge_point.site_id,
        charge_point_id=session.charge_point_id,
        connector_id=session.connector_id,
        driver_id=session.driver_id,
        driver_group_id=None if session.driver is None else session.driver.group_id,
    )


def choose_tariff(target: Target, at: datetime) -> TariffChoice:
    """The tariff that holds for a target at an instant.

    driver > driver group > connector > charge point > site > tenant; an assignment whose tariff
    has no version in force then is passed over. Raises `TariffNotInForce`.
    """
    for assignment in assignments_for(target, at):
        version = find_version(tariff_id=assignment.tariff_id, at=at)
        if version is not None:
            return TariffChoice(version, assignment)
    raise TariffNotInForce(f"no tariff is in force at {at.isoformat()}")


def assignments_for(target: Target, at: datetime) -> QuerySet[TariffAssignment]:
    """Every assignment that covers a target at an instant, the most particular first."""
    wanted = Q(level=TariffLevel.TENANT)
    for level in PRECEDENCE:
        if level is not TariffLevel.TENANT and target.id_at(level) is not None:
            wanted |= Q(level=level, **{f"{level.value}_id": target.id_at(level)})
    rank = Case(
        *(When(level=level, then=Value(number)) for number, level in enumerate(PRECEDENCE)),
        output_field=IntegerField(),
    )
    return (
        TariffAssignment.objects.filter(wanted)
        .filter(_in_force(at))
        .annotate(rank=rank)
        .order_by("rank")
    )


def find_version(*, tariff_id: UUID, at: datetime) -> TariffVersion | None:
    """The version of a tariff in force at an instant."""
    rows = versions_in_force(at).filter(tariff_id=tariff_id)
    return rows.select_related("tariff").first()


def versions_in_force(at: datetime) -> QuerySet[TariffVersion]:
    """The versions of all tariffs in force at an instant; one of a tariff at most."""
    return TariffVersion.objects.filter(_in_force(at))


def tariff_version_at(*, tariff_id: UUID, at: datetime) -> TariffVersion:
    """As `find_version`; raises `TariffNotInForce`."""
    version = find_version(tariff_id=tariff_id, at=at)
    if version is None:
        raise TariffNotInForce(f"tariff {tariff_id} has no version at {at.isoformat()}")
    return version


def tariff_facts(version: TariffVersion) -> TariffFacts:
    """The version as rating takes it."""
    return read_tariff({**version.document, "version_id": str(version.pk)})


def without_fees(tariff: TariffFacts) -> TariffFacts:
    """The tariff for a session without energy: nothing was bought, so nothing is charged."""
    return replace(tariff, elements=(), idle_fee=None, min_price=None, max_price=None)


def is_priced_by_the_clock(tariff: TariffFacts) -> bool:
    """Whether it matters to the price when the energy flowed, beside how much it was."""
    return (
        tariff.idle_fee is not None
        or uses_spot(tariff)
        or any(
            element.restrictions != Restrictions() or component.kind not in _WITHOUT_READINGS
            for element in tariff.elements
            for component in element.components
        )
    )


def _in_force(at: datetime) -> Q:
    return Q(valid_from__lte=at) & (Q(valid_to__isnull=True) | Q(valid_to__gt=at))
