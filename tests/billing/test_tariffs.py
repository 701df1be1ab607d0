"""Tariffs: versions follow each other, and one is in force at a time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from billing.models import Tariff, TariffVersion
from billing.services.tariffs import (
    TariffNotInForce,
    create_tariff,
    default_tariff_version_at,
    publish_tariff_version,
    tariff_version_at,
)
from tenants.models import Tenant
from tests.cast import NOON

MINUTE = timedelta(minutes=1)


def published(tariff: Tariff, energy: str, days: int = 0) -> TariffVersion:
    return publish_tariff_version(
        tariff_id=tariff.pk, valid_from=NOON + timedelta(days=days), energy_price=Decimal(energy)
    )


def test_versions_are_numbered_as_they_are_published(volt: Tenant) -> None:
    tariff = create_tariff(name="Standard")
    assert [published(tariff, "4.00").number, published(tariff, "5.00", days=1).number] == [1, 2]


def test_a_version_holds_from_its_start_until_the_next(volt: Tenant) -> None:
    tariff = create_tariff(name="Standard")
    first, second = published(tariff, "4.00"), published(tariff, "5.00", days=1)
    assert tariff_version_at(tariff_id=tariff.pk, at=NOON) == first
    before = second.valid_from - MINUTE
    assert tariff_version_at(tariff_id=tariff.pk, at=before) == first
    assert tariff_version_at(tariff_id=tariff.pk, at=second.valid_from) == second


def test_the_order_of_publishing_does_not_matter(volt: Tenant) -> None:
    tariff = create_tariff(name="Standard")
    later, earlier = published(tariff, "5.00", days=1), published(tariff, "4.00")
    assert tariff_version_at(tariff_id=tariff.pk, at=NOON) == earlier
    assert tariff_version_at(tariff_id=tariff.pk, at=NOON + timedelta(days=2)) == later


def test_before_its_first_version_a_tariff_is_not_in_force(volt: Tenant) -> None:
    tariff = create_tariff(name="Standard")
    published(tariff, "4.00")
    with pytest.raises(TariffNotInForce):
        tariff_version_at(tariff_id=tariff.pk, at=NOON - MINUTE)


def test_without_a_default_tariff_nothing_can_be_priced(volt: Tenant) -> None:
    create_tariff(name="Members")
    with pytest.raises(TariffNotInForce, match="no default tariff"):
        default_tariff_version_at(NOON)


def test_a_new_default_takes_the_place_of_the_old(volt: Tenant) -> None:
    create_tariff(name="Old", is_default=True)
    new = create_tariff(name="New", is_default=True)
    assert Tariff.objects.get(is_default=True) == new
    version = published(new, "4.00")
    assert default_tariff_version_at(NOON) == version


def test_two_versions_cannot_start_at_once(volt: Tenant) -> None:
    tariff = create_tariff(name="Standard")
    published(tariff, "4.00")
    with pytest.raises(IntegrityError, match="one_tariff_version_starts"), transaction.atomic():
        published(tariff, "5.00")


def test_a_published_version_cannot_be_changed(volt: Tenant) -> None:
    published(create_tariff(name="Standard"), "4.00")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        TariffVersion.objects.update(energy_price=1)
