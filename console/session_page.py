"""What the page of one session shows, gathered from the apps that know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from anomalies.selectors import incidents_of
from anomalies.wording import explain, quantity
from billing.admin import money
from billing.models import Charge, ChargeLine
from billing.money import format_decimal, format_price
from billing.selectors import payment_state_of
from console.charts import line_chart
from sessions_app.models import ChargingSession
from sessions_app.selectors import CurvePoint, session_curve


def session_context(session: ChargingSession, *, sees_money: bool) -> dict[str, Any]:
    """Everything the template needs; prices only for those who may see them."""
    zone = ZoneInfo(session.charge_point.site.time_zone)
    context: dict[str, Any] = {
        "session": session,
        "facts": _facts(session, zone),
        "charts": _charts(session_curve(session.id), zone),
        "incidents": [(row, explain(row)) for row in incidents_of(session.id)],
        "is_held": session.gate == ChargingSession.Gate.HELD,
        "is_open": session.state == ChargingSession.State.OPEN,
        "sees_money": sees_money,
    }
    if sees_money:
        context |= _payment(session)
    return context


def duration(seconds: int) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=seconds))


def _facts(session: ChargingSession, zone: ZoneInfo) -> list[tuple[str, str]]:
    connector = session.connector
    place = f"{session.charge_point.site}, {connector or session.charge_point}"
    lasted_s = session.duration_s
    if session.started_at and not session.ended_at:
        lasted_s = int((timezone.now() - session.started_at).total_seconds())
    rows = [
        (_("Driver"), str(session.driver or _("Unknown"))),
        (_("Token"), session.token_uid or "-"),
        (_("Place"), place),
        (_("Start"), _clock(session.started_at, zone)),
        (_("End"), _clock(session.ended_at, zone)),
        (_("Charging time"), duration(lasted_s)),
        (_("Energy"), quantity(session.energy_wh, "Wh")),
        (_("Meter"), f"{_register(session.meter_start_wh)} → {_register(session.meter_stop_wh)}"),
        (_("State"), str(session.get_state_display())),
        (_("Check"), _gate(session)),
        (_("Transaction"), session.transaction_ref),
    ]
    if session.stop_reason:
        rows.append((_("Stop reason"), session.stop_reason))
    if session.flags:
        rows.append((_("Remarks"), ", ".join(session.flags)))
    return rows


def _gate(session: ChargingSession) -> str:
    label = str(session.get_gate_display())
    return f"{label}: {session.gate_reason}" if session.gate_reason else label


def _clock(at: datetime | None, zone: ZoneInfo) -> str:
    return "-" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _register(value_wh: int | None) -> str:
    return "-" if value_wh is None else quantity(value_wh, "Wh")


def _charts(curve: Sequence[CurvePoint], zone: ZoneInfo) -> list[tuple[str, str]]:
    """Power, voltage and current over time; empty when nothing was measured."""
    labels = [f"{point.at.astimezone(zone):%H:%M:%S}" for point in curve]
    wanted: list[tuple[str, Callable[[CurvePoint], int | None]]] = [
        (_("Power (kW)"), lambda point: point.power_w),
        (_("Voltage (V)"), lambda point: point.voltage_mv),
        (_("Current (A)"), lambda point: point.current_ma),
    ]
    charts = []
    for number, (label, value_of) in enumerate(wanted):
        values = [value_of(point) for point in curve]
        if any(value is not None for value in values):
            thousandths = [None if value is None else value / 1000 for value in values]
            charts.append((label, line_chart(labels, thousandths, label=label, series=number)))
    return charts


def _payment(session: ChargingSession) -> dict[str, Any]:
    payment = payment_state_of(session)
    charge = (
        Charge.objects.filter(session=session)
        .select_related("tariff_version__tariff")
        .prefetch_related("lines")
        .first()
    )
    if charge is None:
        return {"payment": payment, "lines": []}
    return {
        "payment": payment,
        "tariff": str(charge.tariff_version),
        "lines": [_line(line, charge.currency) for line in charge.lines.all()],
        "total": money(charge.gross_minor, charge.currency),
        "vat": money(charge.vat_minor, charge.currency),
        "net": money(charge.net_minor, charge.currency),
    }


def _line(line: ChargeLine, currency: str) -> dict[str, str]:
    language = get_language() or "sv"
    amount, unit = _counted(line)
    return {
        "kind": str(line.get_kind_display()),
        "quantity": f"{format_decimal(amount, language)} {unit}".strip(),
        "price": format_price(line.unit_price.normalize(), currency, language),
        "vat_rate": f"{format_decimal(line.vat_rate.normalize(), language)} %",
        "gross": money(line.gross_minor, currency),
    }


def _counted(line: ChargeLine) -> tuple[Decimal, str]:
    """The quantity in the unit its price is for: kWh and minutes, where Wh and s are kept."""
    if line.unit == "Wh":
        return Decimal(line.quantity) / 1000, "kWh"
    if line.unit == "s":
        return (Decimal(line.quantity) / 60).quantize(Decimal("0.01")), "min"
    return Decimal(line.quantity), ""
