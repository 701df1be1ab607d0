"""What the home page shows: live stations, sessions under way, energy and money."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from anomalies.models import Incident
from anomalies.selectors import open_incidents
from anomalies.types import Severity
from anomalies.wording import explain
from billing.selectors import DayRevenue, revenue_by_day
from billing.wording import money
from chargepoints.selectors import connector_counts, station_counts
from console.charts import bar_chart
from console.wording import duration, energy, power
from sessions_app.models import ChargingSession
from sessions_app.selectors import energy_by_day, sessions_under_way
from tenants.access import Right
from tenants.admin import may
from tenants.models import Tenant
from tenants.scope import required_tenant_id

DAYS_SHOWN = 14
ROWS_SHOWN = 10


def add_home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What is going on now and what today has brought, for the admin's first page."""
    return {**context, **home_context(sees_money=may(request, Right.MONEY))}


def home_context(*, sees_money: bool) -> dict[str, Any]:
    """What the template needs for the tenant in scope; money only for those who may see it."""
    now = timezone.now()
    tenant = Tenant.objects.get(pk=required_tenant_id())
    zone = ZoneInfo(tenant.time_zone)
    today = now.astimezone(zone).date()
    first_day = today - timedelta(days=DAYS_SHOWN - 1)
    days = [first_day + timedelta(days=n) for n in range(DAYS_SHOWN)]
    by_day = {
        row.day: row
        for row in energy_by_day(day_from=first_day, day_to=today + timedelta(days=1), zone=zone)
    }
    stations = station_counts(now=now)
    under_way = sessions_under_way()
    context: dict[str, Any] = {
        "stations": stations,
        "connectors": connector_counts(),
        "under_way": [_live_row(session, now) for session in under_way[:ROWS_SHOWN]],
        "under_way_count": under_way.count(),
        "incidents": [_incident_row(incident) for incident in open_incidents()[:ROWS_SHOWN]],
        "incident_count": open_incidents().count(),
        "energy_today": energy(by_day[today].energy_wh if today in by_day else 0),
        "sessions_today": by_day[today].sessions if today in by_day else 0,
        "energy_chart": bar_chart(
            _("Energy (kWh), last 14 days"),
            [_day(day) for day in days],
            [by_day[day].energy_wh / 1000 if day in by_day else 0 for day in days],
            unit="kWh",
        ),
        "is_empty": stations.total == 0,
        "tenant_slug": tenant.slug,
        "sees_money": sees_money,
    }
    if sees_money:
        context |= _money(tenant, days)
    return context


def _money(tenant: Tenant, days: list[date]) -> dict[str, Any]:
    rows = revenue_by_day(date_from=days[0], date_to=days[-1], time_zone=tenant.time_zone)
    by_day = {row.day: row for row in rows if row.currency == tenant.currency}
    today = by_day.get(days[-1], DayRevenue(days[-1], tenant.currency))
    return {
        "revenue_today": money(today.gross_minor, tenant.currency),
        "paid_today": money(today.paid_minor, tenant.currency),
        "revenue_chart": bar_chart(
            _("Revenue (%s), last 14 days") % tenant.currency,
            [_day(day) for day in days],
            [by_day[day].gross_minor / 100 if day in by_day else 0 for day in days],
            unit=tenant.currency,
        ),
    }


def _day(day: date) -> str:
    """As people write it: "22 nov" in Swedish, "22 Nov" in English."""
    return date_format(day, "j b" if get_language() == "sv" else "j M")


def _live_row(session: ChargingSession, now: datetime) -> dict[str, Any]:
    started_at = session.started_at or now
    return {
        "id": session.pk,
        "place": str(session.connector or session.charge_point),
        "driver": str(session.driver or session.token_uid or "-"),
        "duration": duration(int((now - started_at).total_seconds())),
        "energy": energy(session.energy_wh),
        "power": "-" if session.last_power_w is None else power(session.last_power_w),
        "soc": session.last_soc_pct,
    }


def _incident_row(incident: Incident) -> dict[str, Any]:
    explanation = explain(incident)
    return {
        "id": incident.pk,
        "title": explanation.title,
        "sentence": explanation.sentence,
        "place": str(incident.place),
        "since": incident.since_at,
        "is_serious": incident.severity <= Severity.ERROR,
    }
