"""Publishing tariffs and finding the version in force."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from billing.models import Tariff, TariffVersion
from billing.rating import TariffFacts, plain_tariff


class TariffNotInForce(LookupError):
    """No version of the tariff was in force at that time, or the tenant has no default tariff."""


def create_tariff(*, name: str, is_default: bool = False) -> Tariff:
    """Make a tariff without prices; as the default it takes the place of the one before."""
    tariff = Tariff(name=name, is_default=is_default)
    store_tariff(tariff=tariff)
    return tariff


def store_tariff(*, tariff: Tariff) -> None:
    """Keep a tariff's name; as the default it takes the place of the one before."""
    with transaction.atomic():
        if tariff.is_default:
            others = Tariff.objects.select_for_update().exclude(pk=tariff.pk)
            others.filter(is_default=True).update(is_default=False)
        tariff.save()


def publish_tariff_version(
    *,
    tariff_id: UUID,
    valid_from: datetime,
    energy_price: Decimal,
    minute_price: Decimal = Decimal(0),
    session_price: Decimal = Decimal(0),
    vat_rate: Decimal = Decimal(25),
    currency: str = "SEK",
) -> TariffVersion:
    """Add the tariff's next version; prices include VAT, in major units per kWh, minute, session.

    A version is never changed: a correction is a later version. Raises `IntegrityError` when
    another version starts at the same time.
    """
    with transaction.atomic():
        tariff = Tariff.objects.select_for_update().get(pk=tariff_id)
        last = TariffVersion.objects.filter(tariff=tariff).aggregate(last=Max("number"))["last"]
        return TariffVersion.objects.create(
            tariff=tariff,
            number=(last or 0) + 1,
            valid_from=valid_from,
            currency=currency,
            energy_price=energy_price,
            minute_price=minute_price,
            session_price=session_price,
            vat_rate=vat_rate,
        )


def tariff_version_at(*, tariff_id: UUID, at: datetime) -> TariffVersion:
    """The version in force at an instant; raises `TariffNotInForce`."""
    version = (
        TariffVersion.objects.filter(tariff_id=tariff_id, valid_from__lte=at)
        .order_by("-valid_from")
        .first()
    )
    if version is None:
        raise TariffNotInForce(f"tariff {tariff_id} has no version at {at.isoformat()}")
    return version


def default_tariff_version_at(at: datetime) -> TariffVersion:
    """The version of the tenant's default tariff in force at an instant.

    Raises `TariffNotInForce`, also when the tenant has no default tariff.
    """
    tariff = Tariff.objects.filter(is_default=True).first()
    if tariff is None:
        raise TariffNotInForce("the tenant has no default tariff")
    return tariff_version_at(tariff_id=tariff.pk, at=at)


def tariff_facts(version: TariffVersion, *, energy_only: bool = False) -> TariffFacts:
    """The version as rating takes it; `energy_only` leaves time and start fees out."""
    return plain_tariff(
        str(version.pk),
        version.currency,
        vat_rate=version.vat_rate,
        per_kwh=version.energy_price,
        per_minute=None if energy_only else version.minute_price or None,
        per_session=None if energy_only else version.session_price or None,
    )
