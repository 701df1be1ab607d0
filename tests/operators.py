"""An operator with one of everything, and clients that call in its name."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.test import Client

from anomalies.models import Maintenance, WorkOrder
from chargepoints.models import Command
from sessions_app.models import ChargingSession, MeterSample
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tenants.services import issue_api_key
from tests.cast import (
    NOON,
    a_charge_point,
    a_connector,
    a_driver,
    a_session,
    a_tenant,
    an_incident,
)


class Operator:
    """One tenant with a site, a station, a connector, a driver, a session and a command."""

    def __init__(self, slug: str) -> None:
        self._ids: dict[str, UUID] = {}
        self.tenant: Tenant = a_tenant(slug)
        with tenant_scope(self.tenant.id):
            self.charge_point = a_charge_point(f"CP-{slug}")
            self.connector = a_connector(self.charge_point)
            self.driver = a_driver(f"{slug.upper()}01")
            self.session: ChargingSession = a_session(
                self.charge_point, connector=self.connector, driver=self.driver
            )
            MeterSample.objects.create(
                session=self.session, at=NOON, context="begin", seq=1, received_at=NOON, energy_wh=0
            )
            self.command = Command.objects.create(
                charge_point=self.charge_point, action="Reset", expires_at=NOON
            )

    def goes_wrong(self) -> Operator:
        """An incident of the outlet, a work order for it, and maintenance that is over."""
        with tenant_scope(self.tenant.id):
            self.incident = an_incident(self.connector)
            self.maintenance = Maintenance.objects.create(
                site_id=self.charge_point.site_id,
                starts_at=NOON,
                ends_at=NOON + timedelta(hours=1),
                reason="New cables",
            )
            self.work_order = WorkOrder.objects.create(
                incident=self.incident,
                site_id=self.charge_point.site_id,
                charge_point=self.charge_point,
                due_at=NOON,
            )
        self._ids |= {
            "incidents": self.incident.id,
            "maintenance": self.maintenance.id,
            "work-orders": self.work_order.id,
        }
        return self

    def key(self, *scopes: str) -> str:
        """An API key with these scopes."""
        with tenant_scope(self.tenant.id):
            return issue_api_key(name="partner", scopes=scopes)[1]

    def client(self, *scopes: str) -> Client:
        """A client that calls with an API key."""
        return Client(headers={"Authorization": f"Bearer {self.key(*scopes)}"})

    @property
    def ids(self) -> dict[str, UUID]:
        """The ids of what it owns, by the name of the endpoint."""
        return self._ids | {
            "locations": self.charge_point.site_id,
            "charge-points": self.charge_point.id,
            "sessions": self.session.id,
            "commands": self.command.id,
        }
