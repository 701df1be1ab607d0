"""Puts the demo's operators into the database; run again, it only renews keys and passwords."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from anomalies.models import NoticeAddress
from anomalies.services.status_pages import switch_status_page
from billing.models import AdHocTerms
from billing.services.invoices import open_billing_account
from chargepoints.models import ChargePoint, Connector, Site
from chargepoints.services import register_charge_point, rotate_key
from config.devstack.demo.cast import OPERATORS, PASSWORD, DemoOperator, DemoStation
from config.devstack.demo.prices import seed_market, seed_prices
from config.devstack.simulator.fleet import AcCharger
from config.devstack.simulator.plan import StationSpec
from sessions_app.models import Driver, IdToken
from tenants.models import ApiKey, Scopes, Tenant, User
from tenants.scope import tenant_scope
from tenants.services import create_tenant, issue_api_key

API_KEY_NAME = "demo"


@dataclass(frozen=True, slots=True)
class SeededOperator:
    """An operator with the secrets that were just made for it."""

    operator: DemoOperator
    api_key: str
    stations: tuple[StationSpec, ...]


def seed() -> tuple[SeededOperator, ...]:
    """Both operators, ready to charge."""
    with transaction.atomic():
        seed_market()
        return tuple(_seed(operator) for operator in OPERATORS)


def _seed(operator: DemoOperator) -> SeededOperator:
    tenant = Tenant.objects.filter(slug=operator.slug).first() or _create(operator)
    owner = User.objects.get(email=operator.owner_email)
    owner.set_password(PASSWORD)
    owner.save(update_fields=("password",))
    with tenant_scope(tenant.id):
        _seed_drivers(operator)
        stations = tuple(_seed_station(operator, station) for station in operator.stations)
        seed_prices(operator)
        AdHocTerms.objects.get_or_create()
        _seed_notices(operator)
        ApiKey.objects.filter(name=API_KEY_NAME).delete()
        _key, api_key = issue_api_key(name=API_KEY_NAME, scopes=Scopes.values)
    return SeededOperator(operator, api_key, stations)


def _seed_notices(operator: DemoOperator) -> None:
    """The owner is told of everything, and the public sees how the sites are."""
    NoticeAddress.objects.get_or_create(
        name=operator.owner_email,
        defaults={
            "address": operator.owner_email,
            "language": "sv",
            "least": NoticeAddress.Least.NOTICE,
        },
    )
    for site in Site.objects.filter(status_page=None):
        switch_status_page(site, is_open=True)


def _create(operator: DemoOperator) -> Tenant:
    tenant = create_tenant(
        slug=operator.slug,
        name=operator.name,
        owner_email=operator.owner_email,
        password=PASSWORD,
    )
    tenant.organisation_number = operator.organisation_number
    tenant.vat_number = f"SE{operator.organisation_number.replace('-', '')}01"
    tenant.save(update_fields=("organisation_number", "vat_number"))
    return tenant


def _seed_drivers(operator: DemoOperator) -> None:
    for number, uid in enumerate(operator.tokens, start=1):
        if IdToken.objects.filter(uid=uid).exists():
            continue
        driver = Driver.objects.create(
            name=f"Demo {number}", email=f"driver{number}@{operator.slug}.example"
        )
        IdToken.objects.create(driver=driver, uid=uid)
        open_billing_account(driver_id=driver.id, payment_method_ref="pm_card_visa")


def _seed_station(operator: DemoOperator, station: DemoStation) -> StationSpec:
    charge_point = ChargePoint.objects.filter(identity=station.identity).first()
    if charge_point is None:
        site = Site.objects.filter(name=station.site).first() or Site.objects.create(
            name=station.site, city=operator.city
        )
        charge_point, key = register_charge_point(site=site, identity=station.identity)
        _seed_connector(charge_point, station)
    else:
        key = rotate_key(charge_point=charge_point)
    return StationSpec(
        tenant=operator.slug,
        charge_point_id=station.identity,
        key=key,
        version=station.version,
        charger=station.charger,
    )


def _seed_connector(charge_point: ChargePoint, station: DemoStation) -> None:
    charger = station.charger
    is_ac = isinstance(charger, AcCharger)
    phases = charger.phases if isinstance(charger, AcCharger) else 1
    power_w = (
        charger.nominal_mv * charger.limit_ma * charger.phases // 1_000_000
        if isinstance(charger, AcCharger)
        else charger.limit_w
    )
    Connector.objects.create(
        charge_point=charge_point,
        evse_id=1,
        current_type=Connector.CurrentType.AC if is_ac else Connector.CurrentType.DC,
        phases=phases,
        max_current_ma=charger.limit_ma,
        max_power_w=power_w,
    )
