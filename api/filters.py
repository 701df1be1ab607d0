"""What lists can be narrowed by; spelled out, since models cannot be asked at import."""

from __future__ import annotations

from django_filters import filters
from django_filters.rest_framework.filters import BooleanFilter
from django_filters.rest_framework.filterset import FilterSet

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
