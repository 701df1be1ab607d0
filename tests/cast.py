"""A small cast for tests: two operators, and what they own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from anomalies.models import Incident
from billing.models import Tariff, TariffAssignment, TariffLevel, TariffVersion
from billing.rating import TariffFacts, plain_tariff, tariff_document
from chargepoints.models import ChargePoint, Connector, Site
from sessions_app.models import ChargingSession, Driver, IdToken
from tenants.models import Member, Role, Tenant, User

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def a_tenant(slug: str = "volt", **more: Any) -> Tenant:
    """An operator; `volt` and `ampere` are the two the tests know."""
    return Tenant.objects.create(slug=slug, name=f"{slug.capitalize()} AB", **more)


def a_member(role: Role = Role.OWNER, email: str = "") -> User:
    """A person with a role at the tenant in scope."""
    email = email or f"{role}@example.com"
    user = User.objects.create_user(email, email, "password")
    Member.objects.create(user=user, role=role)
    return user


def a_site(name: str = "Torget") -> Site:
    """A site."""
    return Site.objects.create(name=name, city="Uppsala")


def a_charge_point(identity: str = "CP-1", site: Site | None = None) -> ChargePoint:
    """A station without a key (see chargepoints.services for one)."""
    return ChargePoint.objects.create(identity=identity, site=site or a_site())


def a_connector(charge_point: ChargePoint, evse_id: int = 1, **more: Any) -> Connector:
    """An outlet."""
    return Connector.objects.create(charge_point=charge_point, evse_id=evse_id, **more)


def a_driver(uid: str = "AABBCC", name: str = "A Driver", email: str = "") -> Driver:
    """A driver with one active token."""
    driver = Driver.objects.create(name=name, email=email or f"{uid.lower()}@example.com")
    IdToken.objects.create(driver=driver, uid=uid)
    return driver


def prices(energy: str = "4.00", minute: str = "0", session: str = "0") -> TariffFacts:
    """Kronor per kWh, minute and session, 25 % VAT included."""
    asked = {"per_kwh": energy, "per_minute": minute, "per_session": session}
    used = {name: Decimal(price) for name, price in asked.items() if Decimal(price)}
    return plain_tariff("", "SEK", vat_rate=Decimal(25), **used)


def a_version(tariff: Tariff, what: TariffFacts, **more: Any) -> TariffVersion:
    """A version of a tariff, in force since long ago unless said otherwise."""
    document = {
        name: value for name, value in tariff_document(what).items() if name != "version_id"
    }
    given = {"number": 1, "valid_from": LONG_AGO, **more}
    return TariffVersion.objects.create(
        tariff=tariff, document=document, currency=what.currency, **given
    )


def a_tariff(energy: str = "4.00", minute: str = "0", session: str = "0") -> TariffVersion:
    """The tariff for everybody, in force since long ago, 25 % VAT included."""
    tariff = Tariff.objects.create(name="Standard")
    TariffAssignment.objects.create(tariff=tariff, level=TariffLevel.TENANT, valid_from=LONG_AGO)
    return a_version(tariff, prices(energy, minute, session))


def a_session(charge_point: ChargePoint, ref: str = "1", **more: Any) -> ChargingSession:
    """An open session that began at noon."""
    return ChargingSession.objects.create(
        charge_point=charge_point,
        transaction_ref=ref,
        **{"started_at": NOON, "meter_start_wh": 0, **more},
    )


def an_incident(connector: Connector, kind: str = "E9", **more: Any) -> Incident:
    """An outlet that says it charges and gives no power, since noon."""
    given = {"cause": "no_power", "signal": "Power.Active.Import", "unit": "W", "severity": 4}
    given |= {"observed": 0, "expected": 1000, "relation": "at_least", "action": "reset"}
    return Incident.objects.create(
        charge_point=connector.charge_point,
        connector=connector,
        kind=kind,
        **{"since_at": NOON, "last_seen_at": NOON, **given, **more},
    )
