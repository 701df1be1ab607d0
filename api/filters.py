"""What lists can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from billing.models import Invoice
from chargepoints.models import ChargePoint
from sessions_app.models import ChargingSession


class ChargePointFilter(filters.FilterSet):  # type: ignore[misc]
    """Charge points by place and identity."""

    location = filters.UUIDFilter(field_name="site_id")
    identity = filters.CharFilter(field_name="identity")

    class Meta:
        model = ChargePoint
        fields = ("location", "identity", "enabled")


class SessionFilter(filters.FilterSet):  # type: ignore[misc]
    """Sessions by place, driver, state and time of start; `started_to` is exclusive."""

    location = filters.UUIDFilter(field_name="charge_point__site_id")
    charge_point = filters.UUIDFilter(field_name="charge_point_id")
    driver = filters.UUIDFilter(field_name="driver_id")
    started_from = filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="gte")
    started_to = filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="lt")

    class Meta:
        model = ChargingSession
        fields = ("location", "charge_point", "driver", "state", "gate", "transaction_ref")


class InvoiceFilter(filters.FilterSet):  # type: ignore[misc]
    """Invoices by state, session and time of issue; `issued_to` is exclusive."""

    session = filters.UUIDFilter(field_name="charge__session_id")
    issued_from = filters.IsoDateTimeFilter(field_name="issued_at", lookup_expr="gte")
    issued_to = filters.IsoDateTimeFilter(field_name="issued_at", lookup_expr="lt")

    class Meta:
        model = Invoice
        fields = ("state", "session", "number")
