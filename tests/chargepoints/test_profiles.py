"""Which charger model profile a station has, and what may stand in one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from chargepoints.models import ChargePoint, ModelProfile
from chargepoints.profile_forms import ModelProfileForm
from chargepoints.services.profiles import assign_profile, assign_profiles
from chargepoints.services.status import record_boot
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import NOON, a_charge_point, a_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def volt() -> Iterator[Tenant]:
    """An operator, in scope, who reads English."""
    tenant = a_tenant()
    with tenant_scope(tenant.id), override("en"):
        yield tenant


@pytest.fixture
def station() -> ChargePoint:
    """An Acme Wall that has said so."""
    charge_point = a_charge_point()
    ChargePoint.objects.filter(pk=charge_point.pk).update(
        vendor="ACME", model="Wall", firmware_version="2.1.4"
    )
    return charge_point


def a_profile(vendor: str = "Acme", **more: str) -> ModelProfile:
    return ModelProfile.objects.create(vendor=vendor, **more)


def profile_of(charge_point: ChargePoint) -> ModelProfile | None:
    return ChargePoint.objects.select_related("profile").get(pk=charge_point.pk).profile


class TestChoice:
    def test_the_most_exact_profile_counts(self, station: ChargePoint) -> None:
        a_profile()
        a_profile(model="wall")
        exact = a_profile(model="Wall", firmware_from="2.1")
        a_profile(model="Wall", firmware_from="3")
        a_profile(model="Tower", firmware_from="2.1.4")
        assert assign_profile(charge_point_id=station.pk) == exact

    def test_the_model_counts_before_the_firmware(self, station: ChargePoint) -> None:
        a_profile(firmware_from="2.1.4")
        by_model = a_profile(model="Wall")
        assert assign_profile(charge_point_id=station.pk) == by_model

    def test_no_profile_fits_another_vendor(self, station: ChargePoint) -> None:
        a_profile("Other")
        assert assign_profile(charge_point_id=station.pk) is None

    def test_a_boot_chooses_it(self, station: ChargePoint) -> None:
        tower = a_profile(model="Tower")
        boot = {"vendor": "Acme", "model": "Tower", "serial_number": "", "firmware_version": "1"}
        record_boot(charge_point_id=station.pk, at=NOON, **boot)
        assert profile_of(station) == tower

    def test_a_new_profile_reaches_the_stations_it_fits(self, station: ChargePoint) -> None:
        profile = a_profile()
        assert (assign_profiles(), assign_profiles()) == (1, 0)
        assert profile_of(station) == profile

    def test_another_organisations_profiles_do_not_count(self, station: ChargePoint) -> None:
        with tenant_scope(a_tenant("ampere").id):
            a_profile()
        assert assign_profiles() == 0


class TestForm:
    DATA = {"vendor": "Acme", "heartbeat_interval_s": 300}

    def test_units_are_written_one_per_line(self) -> None:
        form = ModelProfileForm({**self.DATA, "missing_units": " Power.Active.Import=kW\n\n"})
        assert form.is_valid(), form.errors
        assert form.cleaned_data["missing_units"] == {"Power.Active.Import": "kW"}

    @pytest.mark.parametrize(
        ("field", "typed", "error"),
        [
            ("missing_units", "kW", '"kW" is not of the form: reading = unit.'),
            ("forced_units", "Power = kW", 'There is no reading "Power" in OCPP.'),
            ("forced_units", "Voltage = mile", 'There is no unit "mile" in OCPP.'),
            ("ignored_measurands", "Volts", 'There is no reading "Volts" in OCPP.'),
            ("heartbeat_interval_s", 5, "Ensure this value is greater than or equal to 30."),
        ],
    )
    def test_what_ocpp_does_not_know_is_named(self, field: str, typed: object, error: str) -> None:
        assert ModelProfileForm({**self.DATA, field: typed}).errors == {field: [error]}

    def test_a_model_has_one_profile(self) -> None:
        a_profile("ACME")
        assert "There is already a profile" in str(ModelProfileForm(self.DATA).errors)

    def test_what_is_kept_is_shown_as_it_was_typed(self) -> None:
        kept = ModelProfile(
            vendor="Acme", missing_units={"Voltage": "V"}, ignored_measurands=["SoC", "RPM"]
        )
        form = ModelProfileForm(instance=kept)
        assert form["missing_units"].value() == "Voltage = V"
        assert form["ignored_measurands"].value() == "SoC\nRPM"
