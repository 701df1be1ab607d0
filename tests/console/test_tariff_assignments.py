"""Who gets which tariff, said and asked in the admin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import SessionTariff, Tariff, TariffAssignment, TariffVersion
from billing.services.session_tariffs import freeze_tariff
from sessions_app.models import DriverGroup
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.cast import a_tariff, a_version, prices
from tests.console.test_tariff_editor import signed_in, text_of
from tests.operators import Operator

LIST = "admin:billing_tariffassignment_changelist"
ADD = "admin:billing_tariffassignment_add"
FROM = {"valid_from_0": "2099-02-01", "valid_from_1": "00:00"}


@pytest.fixture
def volt(db: None) -> Operator:
    return Operator("volt")


@pytest.fixture
def standard(volt: Operator) -> TariffVersion:
    """For everybody, since long ago."""
    with tenant_scope(volt.tenant.id):
        return a_tariff()


@pytest.fixture
def staff(volt: Operator, standard: TariffVersion) -> Tariff:
    """A second tariff that nobody gets yet."""
    with tenant_scope(volt.tenant.id):
        tariff = Tariff.objects.create(name="Staff")
        a_version(tariff, prices("1.00"))
    return tariff


@pytest.fixture
def accountant(volt: Operator) -> Client:
    return signed_in(volt, Role.ACCOUNTANT)


def ask(client: Client, volt: Operator, at: str, **more: Any) -> str:
    asked = {"charge_point": volt.charge_point.pk, "at_0": at, "at_1": "12:00", **more}
    return text_of(client.get(reverse("admin:ask-for-tariff"), asked))


def test_a_driver_is_given_a_tariff(volt: Operator, accountant: Client, staff: Tariff) -> None:
    form = {"tariff": staff.pk, "level": "driver", "driver": volt.driver.pk, **FROM}
    assert accountant.post(reverse(ADD), form).status_code == 302
    with tenant_scope(volt.tenant.id):
        row = TariffAssignment.objects.get(level="driver")
    assert (row.driver_id, row.tariff_id) == (volt.driver.pk, staff.pk)
    assert row.valid_from == datetime(2099, 1, 31, 23, tzinfo=UTC)
    assert str(volt.driver) in text_of(accountant.get(reverse(LIST)))


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"level": "site"}, "Choose for whom or where."),
        ({"level": "tenant", "valid_from_0": "2020-02-01"}, "This time has passed"),
        ({"level": "tenant", "valid_from_0": "soon"}, "Enter a valid date."),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(
    volt: Operator, accountant: Client, staff: Tariff, wrong: dict[str, str], complaint: str
) -> None:
    form = {"tariff": staff.pk, **FROM, **wrong}
    assert complaint in text_of(accountant.post(reverse(ADD), form))
    with tenant_scope(volt.tenant.id):
        assert TariffAssignment.objects.count() == 1


def test_an_assignment_is_ended(volt: Operator, accountant: Client, standard: Any) -> None:
    with tenant_scope(volt.tenant.id):
        row = TariffAssignment.objects.get()
    page = reverse("admin:billing_tariffassignment_change", args=(row.pk,))
    assert "Choose a time to come" in text_of(
        accountant.post(page, {"at_0": "2020-02-01", "at_1": "00:00"})
    )
    accountant.post(page, {"at_0": "2099-02-01", "at_1": "00:00"})
    with tenant_scope(volt.tenant.id):
        row.refresh_from_db()
    assert row.valid_to == datetime(2099, 1, 31, 23, tzinfo=UTC)


def test_the_question_is_answered_with_the_reason(
    volt: Operator, accountant: Client, staff: Tariff
) -> None:
    form = {"tariff": staff.pk, "level": "driver", "driver": volt.driver.pk, **FROM}
    accountant.post(reverse(ADD), form)
    before = ask(accountant, volt, "2099-01-31", driver=volt.driver.pk)
    after = ask(accountant, volt, "2099-02-01", driver=volt.driver.pk)
    assert "because of the assignment at the level “everywhere”" in before
    assert "because of the assignment at the level “driver”, since 1 Feb 2099" in after
    assert "Energy: SEK 1.00/kWh" in after
    assert "everywhere" in ask(accountant, volt, "2099-02-01")


def test_a_tariff_without_prices_is_passed_over_and_said_to_be(
    volt: Operator, accountant: Client, standard: TariffVersion
) -> None:
    with tenant_scope(volt.tenant.id):
        empty = Tariff.objects.create(name="Empty")
    form = {"tariff": empty.pk, "level": "site", "site": volt.charge_point.site_id, **FROM}
    accountant.post(reverse(ADD), form)
    text = ask(accountant, volt, "2099-02-02")
    assert "Empty – has no version in force then, so it is passed over" in text
    assert "Energy: SEK 4.00/kWh" in text


def test_nothing_in_force_is_said(volt: Operator, accountant: Client) -> None:
    assert "a session would not be priced" in ask(accountant, volt, "2026-06-01")


def test_another_tenants_drivers_and_places_are_no_choice(
    volt: Operator, accountant: Client, staff: Tariff
) -> None:
    ampere = Operator("ampere")
    form = {"tariff": staff.pk, "level": "driver", "driver": ampere.driver.pk, **FROM}
    assert "valid choice" in text_of(accountant.post(reverse(ADD), form))
    asked = ask(accountant, volt, "2026-06-01", charge_point=ampere.charge_point.pk)
    assert "valid choice" in asked


def test_a_group_is_made_once_and_joined_on_the_drivers_page(volt: Operator) -> None:
    owner = signed_in(volt, Role.OWNER)
    add = reverse("admin:sessions_app_drivergroup_add")
    assert owner.post(add, {"name": "Fleet"}).status_code == 302
    assert "already a group" in text_of(owner.post(add, {"name": "Fleet"}))
    with tenant_scope(volt.tenant.id):
        group = DriverGroup.objects.get()
    form = {"name": "Driver 7", "language": "sv", "group": group.pk}
    form |= {"tokens-TOTAL_FORMS": 0, "tokens-INITIAL_FORMS": 0}
    page = reverse("admin:sessions_app_driver_change", args=(volt.driver.pk,))
    assert owner.post(page, form).status_code == 302
    shown = owner.get(reverse("admin:sessions_app_drivergroup_change", args=(group.pk,)))
    assert "Driver 7" in text_of(shown)


def test_the_session_page_says_which_prices_were_frozen_and_why(
    volt: Operator, accountant: Client, standard: TariffVersion
) -> None:
    with tenant_scope(volt.tenant.id):
        freeze_tariff(volt.session)
        assert SessionTariff.objects.get().clock_rule == "station"
    page = reverse("admin:sessions_app_chargingsession_change", args=(volt.session.pk,))
    facts = "Standard v1 · Everywhere · The station&#x27;s clock"
    assert facts in text_of(accountant.get(page))
