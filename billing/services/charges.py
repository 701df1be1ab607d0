"""Rating sessions: the charge, its lines and its entry in the books."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import transaction

from billing.models import Charge, ChargeLine, TariffVersion
from billing.rating import LineKind, RatedCharge, RatedLine, rate_again, write_canonically
from billing.selectors.ad_hoc import payment_of
from billing.selectors.payments import collection_of
from billing.selectors.rating_facts import rate_facts, session_facts
from billing.selectors.tariffs import tariff_facts
from billing.services.ledger import ON_THE_SPOT_OWNER, RECEIVABLE, VAT_OUTPUT, Line, book
from billing.services.session_tariffs import freeze_tariff
from sessions_app.models import ChargingSession

UNIDENTIFIED_OWNER: Final = "unidentified"

REVENUE_ACCOUNTS: Final = {
    LineKind.ENERGY: "revenue:energy",
    LineKind.TIME: "revenue:time",
    LineKind.PARKING_TIME: "revenue:time",
    LineKind.SESSION_TIME: "revenue:time",
    LineKind.IDLE: "revenue:idle",
    LineKind.FLAT: "revenue:fee",
    LineKind.POWER: "revenue:fee",
    LineKind.RESERVATION: "revenue:fee",
    LineKind.MINIMUM: "revenue:fee",
    LineKind.MAXIMUM: "revenue:fee",
}


class SessionNotBillable(RuntimeError):
    """The session is still under way, or held by the checks."""


def rate_session(*, session_id: UUID, now: datetime) -> Charge:
    """Price a completed session once and book it; a repeated call returns the charge there is.

    The prices are those frozen for the session (`freeze_tariff`). Raises `SessionNotBillable`,
    `UnratableSession` and `TariffNotInForce`.
    """
    with transaction.atomic():
        session = _locked_session(session_id)
        charge = Charge.objects.filter(session=session).order_by("-revision").first()
        if charge is not None:
            return charge
        frozen = freeze_tariff(session)
        rated = rate_facts(
            session_facts(session, clock_shift_s=frozen.clock_shift_s),
            tariff_facts(frozen.version),
            price_area=session.charge_point.site.price_area,
            known_at=now,
        )
        return write_charge(session, frozen.version, rated, now)


def write_charge(
    session: ChargingSession,
    version: TariffVersion,
    rated: RatedCharge,
    now: datetime,
    *,
    revision: int = 1,
) -> Charge:
    """Store what a session costs, line by line, and book it."""
    charge = _write_charge(session, version, rated, now, revision)
    _write_lines(charge, rated)
    _book_charge(charge, session, rated)
    return charge


def rate_charge_again(charge: Charge) -> RatedCharge:
    """The charge computed anew from what was frozen with it; raises as `rate_again` does."""
    return rate_again(orjson.loads(zlib.decompress(charge.inputs)))


def receivable_owner(session: ChargingSession) -> str:
    """Whose receivable account the session's charge is booked on."""
    if session.driver_id is not None:
        return str(session.driver_id)
    return UNIDENTIFIED_OWNER if payment_of(session) is None else ON_THE_SPOT_OWNER


def _locked_session(session_id: UUID) -> ChargingSession:
    session = (
        ChargingSession.objects.select_for_update(of=("self",))
        .select_related("charge_point__site", "driver")
        .get(pk=session_id)
    )
    if session.state != ChargingSession.State.COMPLETED:
        raise SessionNotBillable(f"session {session_id} is {session.state}")
    if session.gate == ChargingSession.Gate.HELD:
        raise SessionNotBillable(f"session {session_id} is held: {session.gate_reason}")
    return session


def _write_charge(
    session: ChargingSession,
    version: TariffVersion,
    rated: RatedCharge,
    now: datetime,
    revision: int,
) -> Charge:
    return Charge.objects.create(
        session=session,
        revision=revision,
        tariff_version=version,
        energy_wh=session.energy_wh,
        duration_s=session.duration_s,
        currency=rated.currency,
        gross_minor=rated.gross_minor,
        net_minor=rated.net_minor,
        vat_minor=rated.vat_minor,
        collection=_collection(session, rated),
        explanation=rated.explanation,
        inputs=zlib.compress(write_canonically(rated.inputs)),
        inputs_hash=rated.inputs_hash,
        rules_version=rated.rules_version,
        rated_at=now,
    )


def _collection(session: ChargingSession, rated: RatedCharge) -> Charge.Collection:
    collection = collection_of(
        driver_id=session.driver_id, gross_minor=rated.gross_minor, currency=rated.currency
    )
    is_stranger = collection == Charge.Collection.UNIDENTIFIED
    if is_stranger and payment_of(session) is not None:
        return Charge.Collection.ON_THE_SPOT
    return collection


def _write_lines(charge: Charge, rated: RatedCharge) -> None:
    ChargeLine.objects.bulk_create(
        ChargeLine(
            charge=charge,
            position=position,
            kind=line.kind.value,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price,
            per=line.per,
            vat_rate=line.vat_rate,
            gross_minor=line.gross_minor,
            net_minor=line.net_minor,
            vat_minor=line.vat_minor,
        )
        for position, line in enumerate(rated.lines, start=1)
    )


def _book_charge(charge: Charge, session: ChargingSession, rated: RatedCharge) -> None:
    if rated.gross_minor == 0:
        return
    book(
        ref=f"charge:{charge.pk}",
        description=f"Session {place_and_start(session)}",
        occurred_at=_earned_at(charge, session),
        postings=[
            Line(RECEIVABLE, rated.gross_minor, rated.currency, receivable_owner(session)),
            *(_revenue(line, rated.currency) for line in rated.lines),
            Line(VAT_OUTPUT, -rated.vat_minor, rated.currency),
        ],
    )


def _earned_at(charge: Charge, session: ChargingSession) -> datetime:
    """The end of the session; a correction belongs to the time it is made."""
    return charge.rated_at if charge.revision > 1 else session.ended_at or charge.rated_at


def place_and_start(session: ChargingSession) -> str:
    """What people know a session by: the station and the local time of its start."""
    zone = ZoneInfo(session.charge_point.site.time_zone)
    at = session.started_at
    return f"{session.charge_point.identity} {at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _revenue(line: RatedLine, currency: str) -> Line:
    return Line(REVENUE_ACCOUNTS[line.kind], -line.net_minor, currency)
