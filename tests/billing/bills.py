"""Bills over sessions with measurements, for the tests that rate them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from hypothesis import HealthCheck, settings

from billing.models import Charge, SpotPrice, Tariff, TariffAssignment, TariffLevel, TariffVersion
from billing.rating import Reading, SessionFacts, SpotFormula, TariffFacts
from billing.services.charges import rate_session
from chargepoints.models import ChargePoint
from sessions_app.models import ChargingSession, MeterSample
from tenants.postgresql.base import acting_as_owner
from tests.billing.rating_cases import element, energy, random_sessions, tariff
from tests.billing.scenes import a_cleared_session
from tests.cast import LONG_AGO, NOON, a_charge_point, a_session, a_version

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE

# Each example is rolled back, so one database does for all.
random_bills = settings(
    parent=random_sessions,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SPOT = tariff(element(energy("3.00", spot=SpotFormula(adder=Decimal("0.10")))))


def a_tariff_of(facts: TariffFacts, name: str = "Standard") -> TariffVersion:
    """A tariff for everybody, in force since long ago."""
    made = Tariff.objects.create(name=name)
    TariffAssignment.objects.create(tariff=made, level=TariffLevel.TENANT, valid_from=LONG_AGO)
    return a_version(made, facts)


def a_bill(ref: str = "1", *, start_at: datetime = NOON, **more: Any) -> Charge:
    """An hour of charging, 9 kWh, read every ten minutes."""
    session = a_cleared_session(
        None,
        **{
            "ref": ref,
            "energy_wh": 9_000,
            "started_at": start_at,
            "ended_at": start_at + HOUR,
            **more,
        },
    )
    measure(session, [Reading(start_at + 10 * n * MINUTE, 1_500 * n) for n in range(7)])
    return bill(session)


def a_bill_of(facts: SessionFacts, ref: str = "1") -> Charge:
    """The bill of a session with just these facts."""
    session = a_session(
        ChargePoint.objects.first() or a_charge_point(),
        ref,
        state=ChargingSession.State.COMPLETED,
        gate=ChargingSession.Gate.CLEARED,
        started_at=facts.started_at,
        ended_at=facts.ended_at,
        energy_wh=facts.energy_wh,
        meter_start_wh=facts.meter_start_wh,
    )
    # So that its clock is believed however old it is.
    ChargingSession.objects.filter(pk=session.pk).update(created_at=facts.started_at)
    measure(session, facts.readings)
    return bill(session)


def bill(session: ChargingSession) -> Charge:
    """Rated an hour after its end."""
    assert session.ended_at is not None
    return rate_session(session_id=session.pk, now=session.ended_at + HOUR)


def measure(session: ChargingSession, readings: Sequence[Reading]) -> None:
    """Store readings as a station would have sent them."""
    MeterSample.objects.bulk_create(
        MeterSample(
            session=session,
            at=reading.at,
            context="periodic",
            seq=number,
            received_at=reading.at,
            energy_wh=reading.register_wh,
            power_w=reading.power_w,
        )
        for number, reading in enumerate(readings)
    )


def record_slot(
    starts_at: datetime, price: str, *, revision: int = 1, known_at: datetime = LONG_AGO
) -> None:
    """A quarter hour of the market."""
    SpotPrice.objects.create(
        area="SE3",
        currency="SEK",
        starts_at=starts_at,
        duration_s=900,
        price=Decimal(price),
        revision=revision,
        source="test",
        recorded_at=known_at,
    )


def as_owner(statement: str, *values: Any) -> None:
    """Do what the application cannot, once the database has checked what is there."""
    connection.check_constraints()
    with acting_as_owner(), connection.cursor() as cursor:
        cursor.execute(statement, values)
