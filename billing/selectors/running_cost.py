"""What a session costs so far, can cost soon, and costs beyond doubt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from billing.models import SessionTariff
from billing.rating import RatedCharge, Reading, SessionFacts
from billing.selectors.rating_facts import rate_facts, session_facts
from billing.selectors.tariffs import TariffNotInForce, choose_tariff, target_of, tariff_facts
from sessions_app.models import ChargingSession
from sessions_app.selectors import rated_power_w, rebuilt_energy

_S_PER_H = 3600


def running_charge(session: ChargingSession, now: datetime) -> RatedCharge | None:
    """A session under way rated up to now, as it would be if it ended here.

    None when it has ended, when its start is not known yet, or without a tariff in force.
    """
    return charge_so_far(session, now) if session.state == ChargingSession.State.OPEN else None


def charge_so_far(session: ChargingSession, now: datetime) -> RatedCharge | None:
    """As `running_charge`, but a session that has ended is rated as a whole; nothing is stored."""
    return _rate(session, now, lambda facts: facts)


def projected_minor(session: ChargingSession, now: datetime, *, ahead_s: int) -> int:
    """The most a session under way can have cost `ahead_s` seconds from now, in minor units.

    At the connector's greatest power since the last reading, so that a station that says nothing
    counts as one that charges. 0 without a start or a tariff in force.
    """
    begun_at = session.started_at
    if begun_at is None:
        return 0
    known_at = max(session.last_sample_at or begun_at, begun_at)
    unseen_s = max(0, int((now - known_at).total_seconds())) + ahead_s
    more_wh = (rated_power_w(session) or 0) * unseen_s // _S_PER_H

    def look_ahead(facts: SessionFacts) -> SessionFacts:
        return _extended(facts, until=facts.ended_at + timedelta(seconds=ahead_s), more_wh=more_wh)

    charges = (charge_so_far(session, now), _rate(session, now, look_ahead))
    return max((charge.gross_minor for charge in charges if charge is not None), default=0)


def undisputed_minor(session: ChargingSession, now: datetime) -> int:
    """What a session costs whatever comes of the doubts about it, in minor units.

    While it is under way: what it costs so far. Once it is complete and held by the checks: by
    the lower of the energy reported and what its samples alone prove.
    """
    if session.gate != ChargingSession.Gate.HELD:
        charge = charge_so_far(session, now)
        return 0 if charge is None else charge.gross_minor
    rebuilt = rebuilt_energy(session)
    proved_wh = 0 if rebuilt is None else max(0, rebuilt.energy_wh - rebuilt.bound_wh)

    def doubt(facts: SessionFacts) -> SessionFacts:
        return replace(facts, energy_wh=min(facts.energy_wh, proved_wh))

    charges = (charge_so_far(session, now), _rate(session, now, doubt))
    return min((charge.gross_minor for charge in charges if charge is not None), default=0)


def _rate(
    session: ChargingSession, now: datetime, change: Callable[[SessionFacts], SessionFacts]
) -> RatedCharge | None:
    if session.started_at is None:
        return None
    frozen = SessionTariff.objects.filter(session=session).select_related("version").first()
    try:
        version = frozen.version if frozen else choose_tariff(target_of(session), now).version
    except TariffNotInForce:
        return None
    shift_s = frozen.clock_shift_s if frozen else 0
    facts = change(session_facts(session, clock_shift_s=shift_s, until=now))
    area = session.charge_point.site.price_area
    return rate_facts(facts, tariff_facts(version), price_area=area, known_at=now)


def _extended(facts: SessionFacts, *, until: datetime, more_wh: int) -> SessionFacts:
    """The session gone on until a later instant, with so much more energy."""
    readings = tuple(facts.readings)
    if readings:
        readings += (Reading(until, readings[-1].register_wh + more_wh),)
    return replace(
        facts,
        ended_at=until,
        energy_wh=facts.energy_wh + more_wh,
        readings=readings,
        charging_ended_at=None,
    )
