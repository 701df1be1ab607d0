"""Payment on the spot: whether a stranger may pay at a connector, and how much is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from billing.models import AdHocTerms, Charge, CorrectionKind, Payment, TariffVersion
from billing.policy import invoice_minimum_minor
from billing.rating import SessionFacts, SpotSlot, TariffFacts, rate, uses_spot
from billing.selectors.tariffs import Target, TariffNotInForce, choose_tariff, tariff_facts
from chargepoints.models import Connector
from sessions_app.models import ChargingSession
from sessions_app.selectors import sessions_under_way

# A hold is a round sum: whole tens of kronor or euros.
_ROUND_MINOR: Final = 1_000
_HOUR: Final = timedelta(hours=1)
# More than any market price: what is left is the tariff's own ceiling.
_DEAREST: Final = Decimal(100_000)
_SOMEBODY_PAYS_FOR: Final = timedelta(minutes=5)

AT_THE_CONNECTOR: Final = (Payment.Phase.STARTING, Payment.Phase.CHARGING)


class Objection(StrEnum):
    """Why nobody can pay at a connector now."""

    NOT_OFFERED = "not_offered"
    NO_PRICE = "no_price"
    OFFLINE = "offline"
    OUT_OF_ORDER = "out_of_order"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Offer:
    """What is held on a card, in minor units, and for how much energy that is enough."""

    hold_minor: int
    currency: str
    energy_wh: int
    max_power_w: int


def offer_at(connector: Connector, now: datetime) -> Offer | Objection:
    """The hold for a stranger at a connector (with station and site), or why there is none.

    It is enough for the energy in the tenant's terms at the connector's greatest power and the
    tariff's highest price: a price that follows the market counts as its ceiling, and one without
    a ceiling takes the most the terms allow.
    """
    terms = AdHocTerms.objects.first()
    if terms is None or not terms.is_offered:
        return Objection.NOT_OFFERED
    station = connector.charge_point
    target = Target(station.site_id, station.pk, connector.pk)
    try:
        version = choose_tariff(target, now).version
    except TariffNotInForce:
        return Objection.NO_PRICE
    objection = objection_at(connector, now)
    return objection or Offer(
        hold_minor=_hold_minor(terms, version, connector, now),
        currency=version.currency,
        energy_wh=terms.energy_wh,
        max_power_w=connector.max_power_w,
    )


def objection_at(
    connector: Connector, now: datetime, *, besides: UUID | None = None
) -> Objection | None:
    """Why charging cannot begin at a connector now; `besides` is a payment that does not count."""
    status = Connector.Status
    if not connector.charge_point.is_online(now):
        return Objection.OFFLINE
    if connector.status in (status.FAULTED, status.UNAVAILABLE):
        return Objection.OUT_OF_ORDER
    taken = (status.CHARGING, status.SUSPENDED_EV, status.SUSPENDED_EVSE, status.RESERVED)
    if connector.status in taken or _is_in_use(connector):
        return Objection.BUSY
    others = Payment.objects.filter(connector=connector, phase__in=AT_THE_CONNECTOR)
    if besides is not None:
        others = others.exclude(pk=besides)
    return Objection.BUSY if others.exists() else None


def is_somebody_paying(connector: Connector, now: datetime) -> bool:
    """Whether a payment page for the connector was opened minutes ago and is not paid yet."""
    return Payment.objects.filter(
        connector=connector,
        state=Payment.State.CREATED,
        created_at__gt=now - _SOMEBODY_PAYS_FOR,
    ).exists()


def cost_in_force_minor(session_id: UUID) -> int | None:
    """What a session costs now, 0 once that was voided; None before it was rated."""
    charge = (
        Charge.objects.filter(session=session_id)
        .select_related("correction")
        .order_by("-revision")
        .first()
    )
    if charge is None:
        return None
    correction = getattr(charge, "correction", None)
    is_void = correction is not None and correction.kind == CorrectionKind.VOID
    return 0 if is_void else charge.gross_minor


def payments_with_problems() -> QuerySet[Payment]:
    """Payments on the spot that a person should look at."""
    return Payment.objects.exclude(problem="")


def _is_in_use(connector: Connector) -> bool:
    """A session is under way there, unless the connector has been free since it began."""
    session = sessions_under_way().filter(connector=connector).first()
    if session is None or session.started_at is None:
        return False
    is_free = connector.status == Connector.Status.AVAILABLE
    since = connector.status_at
    return not (is_free and since is not None and since > session.started_at)


def _hold_minor(
    terms: AdHocTerms, version: TariffVersion, connector: Connector, now: datetime
) -> int:
    tariff = tariff_facts(version)
    if not _is_bounded(tariff):
        return terms.largest_hold_minor
    lasts = _HOUR * terms.energy_wh / max(1, connector.max_power_w)
    begins = now.replace(microsecond=0)
    ends = begins + timedelta(seconds=int(lasts.total_seconds()))
    session = SessionFacts(
        started_at=begins,
        ended_at=ends,
        energy_wh=terms.energy_wh,
        time_zone=connector.charge_point.site.time_zone,
    )
    cost_minor = rate(session, tariff, _dearest_slots(tariff, begins, ends)).gross_minor
    rounded_minor = -(-cost_minor // _ROUND_MINOR) * _ROUND_MINOR
    least_minor = max(invoice_minimum_minor(version.currency), _ROUND_MINOR)
    return min(max(rounded_minor, least_minor), terms.largest_hold_minor)


def _is_bounded(tariff: TariffFacts) -> bool:
    formulas = (part.spot for element in tariff.elements for part in element.components)
    return all(spot is None or spot.ceiling is not None for spot in formulas)


def _dearest_slots(tariff: TariffFacts, begins: datetime, ends: datetime) -> list[SpotSlot]:
    if not uses_spot(tariff):
        return []
    first = begins.replace(minute=0, second=0)
    hours = int((ends - first) / _HOUR) + 1
    return [SpotSlot(first + number * _HOUR, _DEAREST, _HOUR) for number in range(hours)]


def payment_of(session: ChargingSession) -> Payment | None:
    """The payment on the spot that a session was started with."""
    return Payment.objects.filter(session=session).first()
