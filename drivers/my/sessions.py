"""A driver's own sessions: when, where, how much, what they cost and whether they are paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import Charge, Invoice
from billing.money import Money, format_money
from billing.selectors import payment_states
from billing.selectors.payments import HELD, NOT_RATED, VOIDED, SessionPayment
from billing.selectors.running_cost import running_charge
from drivers import wording
from sessions_app.models import ChargingSession, Driver

PAGE: Final = 20
MONTHS: Final = 12

_STATES: Final[Mapping[str, tuple[str, str | Promise]]] = {
    HELD: ("wait", _("Being checked")),
    NOT_RATED: ("wait", _("The price is on its way")),
    VOIDED: ("done", _("Free of charge")),
    Charge.Collection.NOTHING_TO_PAY: ("done", _("Nothing to pay")),
    Charge.Collection.UNIDENTIFIED: ("wait", _("Not invoiced")),
    Charge.Collection.NO_BILLING_ACCOUNT: ("wait", _("Not invoiced")),
    Charge.Collection.ON_THE_SPOT: ("done", _("Paid by card")),
    Charge.Collection.BELOW_MINIMUM: ("wait", _("On your next invoice")),
    Charge.Collection.BY_PERIOD: ("wait", _("On your next invoice")),
    Charge.Collection.INVOICE: ("wait", _("Invoice on its way")),
    Invoice.State.PREPARING: ("wait", _("Invoice on its way")),
    Invoice.State.OPEN: ("wait", _("Invoiced")),
    Invoice.State.PAID: ("done", _("Paid")),
    Invoice.State.ACTION_REQUIRED: ("act", _("Your bank asks for you")),
    Invoice.State.PAST_DUE: ("act", _("Payment failed")),
    Invoice.State.VOID: ("done", _("Invoice withdrawn")),
    Invoice.State.BLOCKED: ("wait", _("Being checked")),
}


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session in words; `tone` is done, wait, act or now."""

    pk: UUID
    when: str
    place: str
    energy: str
    duration: str
    cost: str
    state: str
    tone: str
    has_receipt: bool


@dataclass(frozen=True, slots=True)
class MonthBar:
    """One month's energy as a bar, in the units of the drawing."""

    label: str
    energy: str
    value: str
    x: int
    y: int
    height: int


def sessions_of(driver: Driver) -> QuerySet[ChargingSession]:
    """The driver's sessions, the newest first."""
    return (
        ChargingSession.objects.filter(driver=driver, started_at__isnull=False)
        .select_related("charge_point__site", "connector")
        .order_by("-started_at", "-pk")
    )


def tell_sessions(
    sessions: Iterable[ChargingSession], now: datetime, language: str
) -> list[SessionRow]:
    """Put sessions into words."""
    wanted = list(sessions)
    payments = payment_states(wanted)
    return [_row(session, payments[session.pk], now, language) for session in wanted]


def _row(
    session: ChargingSession, payment: SessionPayment, now: datetime, language: str
) -> SessionRow:
    point = session.charge_point
    zone = ZoneInfo(point.site.time_zone)
    is_open = session.state == ChargingSession.State.OPEN and session.ended_at is None
    until = session.ended_at or now
    begun = session.started_at or now
    tone, state = ("now", _t("Charging now")) if is_open else state_in_words(payment.state)
    return SessionRow(
        pk=session.pk,
        when=wording.day_and_time(begun.astimezone(zone).replace(second=0)),
        place=f"{point.site.name} · {point.public_code}",
        energy=wording.energy(session.energy_wh),
        duration=wording.stopwatch(max(0, int((until - begun).total_seconds()))),
        cost=_cost(session, payment, now, language),
        state=state,
        tone=tone,
        has_receipt=payment.gross_minor is not None,
    )


def state_in_words(state: str) -> tuple[str, str]:
    """The tone and the words of where a session's or an invoice's money is."""
    tone, label = _STATES.get(state, ("wait", ""))
    return tone, str(label)


def _cost(session: ChargingSession, payment: SessionPayment, now: datetime, language: str) -> str:
    if payment.gross_minor is not None:
        return format_money(Money(payment.gross_minor, payment.currency), language)
    charge = running_charge(session, now)
    return (
        "" if charge is None else format_money(Money(charge.gross_minor, charge.currency), language)
    )


WIDTH: Final = 22
TALLEST: Final = 90
FLOOR: Final = 110


def months_of(driver: Driver, now: datetime, zone: ZoneInfo) -> list[MonthBar]:
    """The energy of the last twelve months, this one last; nothing for who never charged."""
    firsts = _last_months(now.astimezone(zone).date())
    since = datetime(firsts[0].year, firsts[0].month, 1, tzinfo=zone)
    rows = (
        ChargingSession.objects.filter(driver=driver, started_at__gte=since)
        .annotate(month=TruncMonth("started_at", tzinfo=zone))
        .values_list("month")
        .annotate(total_wh=Sum("energy_wh"))
        .order_by("month")
    )
    sums = {month.date(): total_wh for month, total_wh in rows}
    most_wh = max(sums.values(), default=0)
    if not most_wh:
        return []
    return [_bar(place, first, sums.get(first, 0), most_wh) for place, first in enumerate(firsts)]


def _bar(place: int, first: date, energy_wh: int, most_wh: int) -> MonthBar:
    height = energy_wh * TALLEST // most_wh
    return MonthBar(
        label=date_format(first, "b").rstrip("."),
        energy=f"{date_format(first, 'F Y')}: {wording.whole_kwh(energy_wh)}",
        value=wording.whole_number(Decimal((energy_wh + 500) // 1000)) if energy_wh else "",
        x=place * 30 + 4,
        y=FLOOR - height,
        height=height,
    )


def _last_months(today: date) -> list[date]:
    this = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(this - MONTHS + 1, this + 1)]
