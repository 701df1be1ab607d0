"""Tariffs: versions follow each other, and one is in force at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from billing.models import Tariff, TariffAssignment, TariffLevel, TariffVersion
from billing.rating import LineKind, PriceComponent, SpotFormula, TariffElement, TariffFacts
from billing.selectors.tariffs import (
    Target,
    TariffNotInForce,
    choose_tariff,
    tariff_facts,
    tariff_version_at,
)
from billing.services.tariffs import (
    TariffTimeConflict,
    assign_tariff,
    create_tariff,
    end_assignment,
    publish_tariff_version,
    withdraw_tariff_version,
)
from chargepoints.models import Connector
from sessions_app.models import DriverGroup
from tenants.models import Tenant
from tests.cast import LONG_AGO, NOON, a_charge_point, a_connector, a_driver, a_version, prices

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def published(tariff: Tariff, energy: str, days: int = 0) -> TariffVersion:
    return publish_tariff_version(
        tariff_id=tariff.pk, prices=prices(energy), valid_from=NOON + days * DAY, now=NOON
    )


def kwh_price(version: TariffVersion) -> Decimal:
    return tariff_facts(version).elements[0].components[0].price


@pytest.fixture
def standard(volt: Tenant) -> Tariff:
    return create_tariff(name="Standard")


class TestVersions:
    """One follows the other."""

    def test_they_are_numbered_as_they_are_published(self, standard: Tariff) -> None:
        versions = [published(standard, "4.00"), published(standard, "5.00", days=1)]
        assert [version.number for version in versions] == [1, 2]

    def test_one_holds_from_its_start_until_the_next(self, standard: Tariff) -> None:
        first, second = published(standard, "4.00"), published(standard, "5.00", days=1)
        first.refresh_from_db()
        assert (first.valid_to, second.valid_to) == (second.valid_from, None)
        assert tariff_version_at(tariff_id=standard.pk, at=NOON) == first
        assert tariff_version_at(tariff_id=standard.pk, at=NOON + DAY - MINUTE) == first
        assert tariff_version_at(tariff_id=standard.pk, at=NOON + DAY) == second

    def test_the_prices_are_those_published(self, standard: Tariff) -> None:
        version = published(standard, "4.95")
        assert kwh_price(TariffVersion.objects.get(pk=version.pk)) == Decimal("4.95")
        assert tariff_facts(version).version_id == str(version.pk)

    def test_one_by_the_market_never_pays_the_driver(self, standard: Tariff) -> None:
        spot = PriceComponent(LineKind.ENERGY, Decimal(1), spot=SpotFormula())
        facts = TariffFacts("", "SEK", Decimal(25), (TariffElement((spot,)),))
        version = publish_tariff_version(
            tariff_id=standard.pk, prices=facts, valid_from=NOON, now=NOON
        )
        assert tariff_facts(version).min_price == 0
        assert tariff_facts(published(standard, "4.00", days=1)).min_price is None

    def test_before_its_first_version_a_tariff_is_not_in_force(self, standard: Tariff) -> None:
        published(standard, "4.00")
        with pytest.raises(TariffNotInForce):
            tariff_version_at(tariff_id=standard.pk, at=NOON - MINUTE)

    def test_only_the_first_may_begin_in_the_past(self, standard: Tariff) -> None:
        published(standard, "4.00", days=-9)
        with pytest.raises(TariffTimeConflict, match="has passed"):
            published(standard, "5.00", days=-1)

    @pytest.mark.parametrize("days", [1, 2])
    def test_none_cuts_in_before_one_that_was_announced(self, standard: Tariff, days: int) -> None:
        published(standard, "4.00")
        published(standard, "5.00", days=2)
        with pytest.raises(TariffTimeConflict, match="another one begins"):
            published(standard, "6.00", days=days)

    def test_one_announced_can_be_withdrawn_and_the_old_goes_on(self, standard: Tariff) -> None:
        first, second = published(standard, "4.00"), published(standard, "5.00", days=2)
        withdraw_tariff_version(version_id=second.pk, now=NOON + DAY)
        assert tariff_version_at(tariff_id=standard.pk, at=NOON + 9 * DAY) == first
        third = published(standard, "6.00", days=2)
        assert third.number == 3
        assert tariff_version_at(tariff_id=standard.pk, at=NOON + 9 * DAY) == third

    def test_one_in_force_cannot_be_withdrawn(self, standard: Tariff) -> None:
        version = published(standard, "4.00")
        with pytest.raises(TariffTimeConflict, match="in force since"):
            withdraw_tariff_version(version_id=version.pk, now=NOON)

    def test_the_database_refuses_two_at_once(self, standard: Tariff) -> None:
        published(standard, "4.00")
        with (
            pytest.raises(IntegrityError, match="a_tariff_has_one_version_at_a_time"),
            transaction.atomic(),
        ):
            a_version(standard, prices("5.00"), number=2)

    @pytest.mark.parametrize(
        "change", [{"document": {}}, {"valid_from": NOON}, {"currency": "EUR"}, {"number": 7}]
    )
    def test_a_published_one_cannot_be_changed(
        self, standard: Tariff, change: dict[str, Any]
    ) -> None:
        published(standard, "4.00")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            TariffVersion.objects.update(**change)


def priced(name: str, energy: str, level: TariffLevel, target_id: Any = None) -> Tariff:
    tariff = create_tariff(name=name)
    a_version(tariff, prices(energy))
    assign_tariff(
        tariff_id=tariff.pk, level=level, target_id=target_id, valid_from=LONG_AGO, now=NOON
    )
    return tariff


@pytest.fixture
def outlet(volt: Tenant) -> Connector:
    return a_connector(a_charge_point())


def target(outlet: Connector, **more: Any) -> Target:
    place = outlet.charge_point
    return Target(place.site_id, place.pk, outlet.pk, **more)


def chosen(who: Target, at: datetime = NOON) -> tuple[str, str]:
    choice = choose_tariff(who, at)
    return choice.version.tariff.name, choice.assignment.level


class TestWhoGetsWhich:
    """driver > driver group > connector > charge point > site > everywhere."""

    def test_the_most_particular_wins(self, outlet: Connector) -> None:
        group = DriverGroup.objects.create(name="Taxi")
        driver = a_driver()
        who = target(outlet, driver_id=driver.pk, driver_group_id=group.pk)
        found = []
        for level in reversed(TariffLevel):
            target_id = None if level is TariffLevel.TENANT else who.id_at(level)
            priced(level.value, "4.00", level, target_id)
            found.append(chosen(who))
        assert found == [(level.value, level.value) for level in reversed(TariffLevel)]

    def test_others_are_not_meant(self, outlet: Connector) -> None:
        priced("Everywhere", "4.00", TariffLevel.TENANT)
        elsewhere = a_connector(a_charge_point("CP-2"))
        priced("There", "5.00", TariffLevel.SITE, elsewhere.charge_point.site_id)
        priced("Theirs", "6.00", TariffLevel.DRIVER, a_driver().pk)
        assert chosen(target(outlet)) == ("Everywhere", "tenant")

    def test_a_tariff_without_prices_then_is_passed_over(self, outlet: Connector) -> None:
        priced("Everywhere", "4.00", TariffLevel.TENANT)
        empty = create_tariff(name="Empty")
        assign_tariff(
            tariff_id=empty.pk,
            level=TariffLevel.CONNECTOR,
            target_id=outlet.pk,
            valid_from=LONG_AGO,
            now=NOON,
        )
        assert chosen(target(outlet)) == ("Everywhere", "tenant")

    def test_without_any_nothing_can_be_priced(self, outlet: Connector) -> None:
        with pytest.raises(TariffNotInForce):
            choose_tariff(target(outlet), NOON)

    def test_a_new_assignment_takes_the_place_of_the_old_from_then_on(
        self, outlet: Connector
    ) -> None:
        priced("Old", "4.00", TariffLevel.TENANT)
        new = create_tariff(name="New")
        a_version(new, prices("5.00"))
        soon = NOON + DAY
        assign_tariff(tariff_id=new.pk, level=TariffLevel.TENANT, valid_from=soon, now=NOON)
        assert chosen(target(outlet), soon - MINUTE) == ("Old", "tenant")
        assert chosen(target(outlet), soon) == ("New", "tenant")

    def test_an_assignment_can_end(self, outlet: Connector) -> None:
        priced("Everywhere", "4.00", TariffLevel.TENANT)
        priced("Here", "3.00", TariffLevel.SITE, outlet.charge_point.site_id)
        here = TariffAssignment.objects.get(level=TariffLevel.SITE)
        end_assignment(assignment_id=here.pk, at=NOON + DAY, now=NOON)
        assert chosen(target(outlet), NOON) == ("Here", "site")
        assert chosen(target(outlet), NOON + DAY) == ("Everywhere", "tenant")

    def test_it_cannot_end_in_the_past(self, outlet: Connector) -> None:
        priced("Here", "3.00", TariffLevel.SITE, outlet.charge_point.site_id)
        with pytest.raises(TariffTimeConflict):
            end_assignment(
                assignment_id=TariffAssignment.objects.get().pk, at=NOON - MINUTE, now=NOON
            )

    def test_the_database_refuses_two_for_one_target(self, outlet: Connector) -> None:
        tariff = priced("Here", "3.00", TariffLevel.CONNECTOR, outlet.pk)
        twice = TariffAssignment(
            tariff=tariff, level=TariffLevel.CONNECTOR, connector=outlet, valid_from=NOON
        )
        with (
            pytest.raises(IntegrityError, match="a_target_has_one_tariff_at_a_time"),
            transaction.atomic(),
        ):
            twice.save()

    def test_an_assignment_names_the_target_of_its_level(self, outlet: Connector) -> None:
        wrong = TariffAssignment(
            tariff=create_tariff(name="X"),
            level=TariffLevel.SITE,
            connector=outlet,
            valid_from=NOON,
        )
        with pytest.raises(IntegrityError, match="target_of_its_level"), transaction.atomic():
            wrong.save()
