"""What is there when a browser test begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from anomalies.models import Incident
from billing.services.charges import rate_session
from chargepoints.models import ChargePoint
from sessions_app.models import ChargingSession, MeterSample
from tenants.models import Tenant, User
from tenants.scope import tenant_scope
from tests.cast import (
    NOON,
    a_charge_point,
    a_connector,
    a_driver,
    a_member,
    a_session,
    a_tariff,
    a_tenant,
)

SAMPLES = 30
PASSWORD = "password"


@dataclass(frozen=True)
class Scene:
    """An operator whose station has a paid, a held and a running session."""

    tenant: Tenant
    owner: User
    station: ChargePoint
    priced: ChargingSession
    held: ChargingSession
    running: ChargingSession
    incident: Incident


def set_scene() -> Scene:
    """Rows as the platform would have made them."""
    tenant = a_tenant("volt")
    with tenant_scope(tenant.id):
        station = a_charge_point("CP-1")
        connector = a_connector(station)
        driver = a_driver("AABBCC")
        a_tariff(energy="4.95", minute="0.20", session="3")
        known = {"connector": connector, "driver": driver, "token_uid": "AABBCC"}
        done = {**known, "state": "completed", "ended_at": NOON + timedelta(hours=1)}
        done |= {"energy_wh": 11_528, "meter_stop_wh": 11_528, "stop_reason": "EVDisconnected"}
        scene = Scene(
            tenant=tenant,
            owner=a_member(),
            station=station,
            priced=a_session(station, "1", gate="cleared", **done),
            held=a_session(station, "2", gate="held", gate_reason="M1 lower", **done),
            running=a_session(station, "3", **{**known, "started_at": timezone.now()}),
            incident=_an_incident(station),
        )
        _measure(scene.priced)
        rate_session(session_id=scene.priced.id, now=NOON)
    return scene


def _an_incident(station: ChargePoint) -> Incident:
    """A register that went backwards, with a three-phase sample as evidence."""
    phases = {f"current_l{n}_ma": 15_998 + n for n in (1, 2, 3)}
    phases |= {f"voltage_l{n}_mv": 229_998 + n for n in (1, 2, 3)}
    return Incident.objects.create(
        charge_point=station,
        kind="M1",
        cause="lower",
        severity=3,
        unit="Wh",
        observed=6_755_484,
        expected=6_757_310,
        since_at=NOON,
        last_seen_at=NOON,
        evidence=[{"at": NOON.isoformat(), "energy_wh": 6_755_484, "power_w": 11_000, **phases}],
    )


def _measure(session: ChargingSession) -> None:
    MeterSample.objects.bulk_create(
        MeterSample(
            session=session,
            at=NOON + timedelta(minutes=2 * number),
            context="periodic",
            seq=number,
            received_at=NOON,
            energy_wh=380 * number,
            power_w=11_000 - 100 * number,
            current_l1_ma=16_000 - 145 * number,
            voltage_l1_mv=230_000 + 50 * number,
        )
        for number in range(SAMPLES)
    )
