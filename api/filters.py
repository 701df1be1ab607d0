"""What lists can be narrowed by; spelled out, since models cannot be asked at import."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_filters import filters
from django_filters.rest_framework.filters import BooleanFilter
from django_filters.rest_framework.filterset import FilterSet

from anomalies.models import Incident, Maintenance, WorkOrder
from anomalies.titles import TITLES
from billing.models import Invoice
from sessions_app.models import ChargingSession


class ChargePointFilter(FilterSet):
    """Charge points by place and identity."""

    location = filters.UUIDFilter(field_name="site_id")
    identity = filters.CharFilter(field_name="identity")
    enabled = BooleanFilter(field_name="enabled")


class SessionFilter(FilterSet):
    """Sessions by place, driver, state and time of start; `started_to` is exclusive."""

    location = filters.UUIDFilter(field_name="charge_point__site_id")
    charge_point = filters.UUIDFilter(field_name="charge_point_id")
    driver = filters.UUIDFilter(field_name="driver_id")
    state = filters.ChoiceFilter(choices=ChargingSession.State.choices)
    gate = filters.ChoiceFilter(choices=ChargingSession.Gate.choices)
    transaction_ref = filters.CharFilter(field_name="transaction_ref")
    started_from = filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="gte")
    started_to = filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="lt")


class InvoiceFilter(FilterSet):
    """Invoices by state, session and time of issue; `issued_to` is exclusive."""

    session = filters.UUIDFilter(field_name="parts__charge__session_id", distinct=True)
    kind = filters.ChoiceFilter(choices=Invoice.Kind.choices)
    state = filters.ChoiceFilter(choices=Invoice.State.choices)
    number = filters.NumberFilter(field_name="number")
    issued_from = filters.IsoDateTimeFilter(field_name="issued_at", lookup_expr="gte")
    issued_to = filters.IsoDateTimeFilter(field_name="issued_at", lookup_expr="lt")


class IncidentFilter(FilterSet):
    """Incidents by state, kind, place and time.

    `since_from` and `since_to` are of when it began, `seen_from` of when it was last seen; the
    ends are exclusive. `severity` is the mildest that is shown: 0 is a danger, 9 the least.
    """

    state = filters.ChoiceFilter(choices=Incident.State.choices)
    kind = filters.ChoiceFilter(choices=sorted((kind, kind) for kind in TITLES))
    severity = filters.NumberFilter(field_name="severity", lookup_expr="lte")
    location = filters.UUIDFilter(method="of_location")
    charge_point = filters.UUIDFilter(field_name="charge_point_id")
    connector = filters.UUIDFilter(field_name="connector_id")
    session = filters.UUIDFilter(field_name="session_id")
    part_of = filters.UUIDFilter(field_name="parent_id")
    is_part = BooleanFilter(field_name="parent", lookup_expr="isnull", exclude=True)
    is_muted = BooleanFilter(field_name="is_muted")
    holds_billing = BooleanFilter(field_name="holds_billing")
    verdict = filters.ChoiceFilter(choices=Incident.Verdict.choices)
    since_from = filters.IsoDateTimeFilter(field_name="since_at", lookup_expr="gte")
    since_to = filters.IsoDateTimeFilter(field_name="since_at", lookup_expr="lt")
    seen_from = filters.IsoDateTimeFilter(field_name="last_seen_at", lookup_expr="gte")

    def of_location(self, rows: QuerySet[Incident], name: str, value: Any) -> QuerySet[Incident]:
        """The site's own and its stations'."""
        return rows.filter(Q(site_id=value) | Q(charge_point__site_id=value))


class MaintenanceFilter(FilterSet):
    """Planned work by place, and whether it goes on now."""

    location = filters.UUIDFilter(field_name="site_id")
    charge_point = filters.UUIDFilter(field_name="charge_point_id")
    connector = filters.UUIDFilter(field_name="connector_id")
    is_on = BooleanFilter(method="going_on")

    def going_on(
        self, rows: QuerySet[Maintenance], name: str, value: bool
    ) -> QuerySet[Maintenance]:
        """What has begun and not ended, or everything else."""
        now = timezone.now()
        on = Q(starts_at__lte=now, ends_at__gt=now)
        return rows.filter(on if value else ~on)


class WorkOrderFilter(FilterSet):
    """Work orders by state, place, who can do it and when they are due; `due_to` is exclusive."""

    state = filters.ChoiceFilter(choices=WorkOrder.State.choices)
    skill = filters.ChoiceFilter(choices=WorkOrder.Skill.choices)
    location = filters.UUIDFilter(field_name="site_id")
    charge_point = filters.UUIDFilter(field_name="charge_point_id")
    incident = filters.UUIDFilter(field_name="incident_id")
    due_from = filters.IsoDateTimeFilter(field_name="due_at", lookup_expr="gte")
    due_to = filters.IsoDateTimeFilter(field_name="due_at", lookup_expr="lt")
