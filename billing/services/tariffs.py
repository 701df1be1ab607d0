"""Publishing tariffs, and saying who gets which."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import models, transaction
from django.db.models import F, Max, Q

from billing.models import Tariff, TariffAssignment, TariffLevel, TariffVersion
from billing.rating import TariffFacts, tariff_document, uses_spot
from tenants.models import User


class TariffTimeConflict(ValueError):
    """The prices or the assignment would begin when something else already does, or in the past."""


def create_tariff(*, name: str) -> Tariff:
    """Make a tariff without prices that nobody gets yet."""
    return Tariff.objects.create(name=name)


def publish_tariff_version(
    *,
    tariff_id: UUID,
    prices: TariffFacts,
    valid_from: datetime,
    now: datetime,
    note: str = "",
    published_by: User | None = None,
) -> TariffVersion:
    """Add the tariff's next version; the one before ends where it begins.

    Only a tariff's first version may begin in the past: what was promised is not changed
    afterwards. Where the total could fall below nothing and no minimum is set, it is set to 0.
    Raises `TariffTimeConflict`.
    """
    with transaction.atomic():
        tariff = Tariff.objects.select_for_update().get(pk=tariff_id)
        versions = TariffVersion.objects.filter(tariff=tariff)
        _end_open_ones(versions, valid_from, now)
        last = versions.aggregate(last=Max("number"))["last"]
        return TariffVersion.objects.create(
            tariff=tariff,
            number=(last or 0) + 1,
            valid_from=valid_from,
            currency=prices.currency,
            document=prices_document(never_below_nothing(prices)),
            note=note,
            published_by=published_by,
        )


def withdraw_tariff_version(*, version_id: UUID, now: datetime) -> TariffVersion:
    """Take back a version that has not begun; the one before it goes on.

    Raises `TariffTimeConflict` for one that has begun.
    """
    with transaction.atomic():
        version = TariffVersion.objects.select_related("tariff").get(pk=version_id)
        Tariff.objects.select_for_update().get(pk=version.tariff_id)
        if version.valid_from <= now:
            raise TariffTimeConflict(f"{version} has been in force since {version.valid_from}")
        ended_at, version.valid_to = version.valid_to, version.valid_from
        version.save(update_fields=("valid_to",))
        TariffVersion.objects.filter(
            tariff_id=version.tariff_id, valid_to=version.valid_from
        ).exclude(valid_from=F("valid_to")).update(valid_to=ended_at)
    return version


def assign_tariff(
    *,
    tariff_id: UUID,
    level: TariffLevel,
    target_id: UUID | None = None,
    valid_from: datetime,
    now: datetime,
    assigned_by: User | None = None,
) -> TariffAssignment:
    """Let a driver, group, connector, charge point, site or everybody have a tariff.

    It takes the place of what the target had. Only a target's first one may begin in the past.
    Raises `TariffTimeConflict`.
    """
    named = {} if level is TariffLevel.TENANT else {f"{level.value}_id": target_id}
    with transaction.atomic():
        Tariff.objects.select_for_update().get(pk=tariff_id)
        _end_open_ones(TariffAssignment.objects.filter(level=level, **named), valid_from, now)
        return TariffAssignment.objects.create(
            tariff_id=tariff_id,
            level=level,
            valid_from=valid_from,
            assigned_by=assigned_by,
            **named,
        )


def end_assignment(*, assignment_id: UUID, at: datetime, now: datetime) -> TariffAssignment:
    """Let an assignment hold until just before `at`; raises `TariffTimeConflict`."""
    with transaction.atomic():
        assignment = TariffAssignment.objects.select_for_update().get(pk=assignment_id)
        if at < now or (assignment.valid_to is not None and assignment.valid_to <= at):
            raise TariffTimeConflict(f"{assignment} cannot end at {at.isoformat()}")
        assignment.valid_to = max(at, assignment.valid_from)
        assignment.save(update_fields=("valid_to",))
    return assignment


def _end_open_ones(
    rows: models.QuerySet[TariffVersion] | models.QuerySet[TariffAssignment],
    valid_from: datetime,
    now: datetime,
) -> None:
    """End what holds at `valid_from`; refuse what would rewrite the past or cut in."""
    standing = rows.exclude(valid_to__isnull=False, valid_to=F("valid_from"))
    if not standing.exists():
        return
    if valid_from < now:
        raise TariffTimeConflict(f"{valid_from.isoformat()} has passed")
    later = standing.filter(valid_from__gte=valid_from).order_by("valid_from").first()
    if later is not None:
        raise TariffTimeConflict(f"another one begins at {later.valid_from.isoformat()}")
    standing.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=valid_from)).update(
        valid_to=valid_from
    )


def prices_document(prices: TariffFacts) -> dict[str, object]:
    """Return prices as they are stored: the canonical JSON without an id of its own."""
    return {name: value for name, value in tariff_document(prices).items() if name != "version_id"}


def never_below_nothing(prices: TariffFacts) -> TariffFacts:
    """What is published of these prices: with a least price of 0 where they can go below.

    A session never costs less than nothing, whatever the market pays for using energy.
    """
    can_be_negative = uses_spot(prices) or any(
        component.price < 0 for element in prices.elements for component in element.components
    )
    if prices.min_price is None and can_be_negative:
        return replace(prices, min_price=Decimal(0))
    return prices
