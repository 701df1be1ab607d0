"""What the page of one session shows, gathered from the apps that know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from anomalies.selectors import incidents_of
from anomalies.wording import explain, explain_hold, quantity
from billing.models import Charge, SessionTariff
from billing.selectors import payment_state_of
from billing.selectors.payments import HELD, VOIDED
from billing.selectors.running_cost import running_charge
from billing.selectors.settlements import corrections_of
from billing.wording import line_in_words, money
from chargepoints.admin import exact_time
from console.charts import Chart, line_chart
from console.hold import hold_context
from console.wording import duration, remark, stop_reason
from sessions_app.models import ChargingSession
from sessions_app.selectors import CurvePoint, session_curve, stated_meter_key
from sessions_app.types import SampleFlag


def session_context(session: ChargingSession, *, sees_money: bool) -> dict[str, Any]:
    """Everything the template needs; prices only for those who may see them."""
    zone = ZoneInfo(session.charge_point.site.time_zone)
    with timezone.override(zone):
        facts = _facts(session)
    context: dict[str, Any] = {
        "session": session,
        "facts": facts,
        "charts": _charts(session_curve(session.id), zone),
        "incidents": [(row, explain(row)) for row in incidents_of(session.id)],
        "is_held": session.gate == ChargingSession.Gate.HELD,
        **hold_context(session),
        "is_completed": session.state == ChargingSession.State.COMPLETED,
        "is_under_way": session.state == ChargingSession.State.OPEN and session.ended_at is None,
        "sees_money": sees_money,
    }
    if sees_money:
        context |= _payment(session)
    return context


def state_text(session: ChargingSession) -> str:
    """What is known of a session, in words."""
    if session.state == ChargingSession.State.OPEN and session.ended_at:
        return _("Waiting for messages")
    return str(session.get_state_display())


def _facts(session: ChargingSession) -> list[tuple[str, str]]:
    connector = session.connector
    place = f"{session.charge_point.site}, {connector or session.charge_point}"
    lasted_s = session.duration_s
    if session.started_at and not session.ended_at:
        lasted_s = int((timezone.now() - session.started_at).total_seconds())
    rows = [
        (_("Driver"), str(session.driver or _("Unknown"))),
        (_("Token"), session.token_uid or "-"),
        (_("Place"), place),
        (_("Start"), exact_time(session.started_at) if session.started_at else "-"),
        (_("End"), exact_time(session.ended_at) if session.ended_at else "-"),
        (_("Charging time"), duration(lasted_s)),
        (_("Energy"), quantity(session.energy_wh, "Wh")),
        (_("Meter"), f"{_register(session.meter_start_wh)} → {_register(session.meter_stop_wh)}"),
        (_("State"), state_text(session)),
        (_("Check"), _gate(session)),
        (_("Transaction"), session.transaction_ref),
        *_frozen_prices(session),
    ]
    if session.stop_reason:
        rows.append((_("Stop reason"), stop_reason(session.stop_reason)))
    if session.closed_by:
        rows.append((_("Closed by evidence"), session.get_closed_by_display()))
    if session.flags:
        rows.append((_("Remarks"), ", ".join(map(remark, session.flags))))
    if SampleFlag.SIGNED_UNVERIFIED in session.flags:
        key = stated_meter_key(session.id)
        stated = key or _("None")
        rows.append((_("Key that the station states; compare it with the meter's"), stated))
    return rows


def _frozen_prices(session: ChargingSession) -> list[tuple[str, str]]:
    """Which version the session is priced by, the level it was found at, and whose clock."""
    rows = SessionTariff.objects.select_related("version__tariff", "assignment")
    frozen = rows.filter(session=session).first()
    if frozen is None:
        return []
    level, clock = frozen.assignment.get_level_display(), frozen.get_clock_rule_display()
    return [(_("Prices"), f"{frozen.version} · {level} · {clock}")]


def _gate(session: ChargingSession) -> str:
    label = str(session.get_gate_display())
    if not session.gate_reason:
        return label
    return f"{label}: {explain_hold(session.gate_reason)}"


def _register(value_wh: int | None) -> str:
    return "-" if value_wh is None else quantity(value_wh, "Wh")


def _charts(curve: Sequence[CurvePoint], zone: ZoneInfo) -> list[Chart]:
    """Power, voltage and current over time; empty when nothing was measured."""
    wanted: list[tuple[str, str, Callable[[CurvePoint], int | None]]] = [
        (_("Power"), "kW", lambda point: point.power_w),
        (_("Voltage"), "V", lambda point: point.voltage_mv),
        (_("Current"), "A", lambda point: point.current_ma),
    ]
    charts = []
    for number, (name, unit, value_of) in enumerate(wanted):
        measured = [(point.at.astimezone(zone), value_of(point)) for point in curve]
        points = [(at, None if value is None else value / 1000) for at, value in measured]
        if any(value is not None for _at, value in points):
            title = f"{name} ({unit})"
            charts.append(
                line_chart(title, points, unit=unit, colour=number, from_zero=unit != "V")
            )
    return charts


def _payment(session: ChargingSession) -> dict[str, Any]:
    payment = payment_state_of(session)
    problem = explain_hold(payment.problem) if payment.state == HELD else payment.problem
    charge = (
        Charge.objects.filter(session=session)
        .select_related("tariff_version__tariff")
        .prefetch_related("lines")
        .order_by("-revision")
        .first()
    )
    if charge is None:
        running = running_charge(session, timezone.now())
        return {
            "payment": payment,
            "problem": problem,
            "lines": [],
            "running_cost": running and money(running.gross_minor, running.currency),
        }
    return {
        "payment": payment,
        "problem": problem,
        "corrections": corrections_of(session.pk),
        "may_correct": payment.state != VOIDED,
        "tariff": str(charge.tariff_version),
        "lines": [line_in_words(line, charge.currency) for line in charge.lines.all()],
        "total": money(charge.gross_minor, charge.currency),
        "vat": money(charge.vat_minor, charge.currency),
        "net": money(charge.net_minor, charge.currency),
    }
