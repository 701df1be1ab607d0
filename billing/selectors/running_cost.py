"""What a session costs so far."""

from __future__ import annotations

from datetime import datetime

from billing.models import SessionTariff
from billing.rating import RatedCharge
from billing.selectors.rating_facts import rate_facts, session_facts
from billing.selectors.tariffs import TariffNotInForce, choose_tariff, target_of, tariff_facts
from sessions_app.models import ChargingSession


def running_charge(session: ChargingSession, now: datetime) -> RatedCharge | None:
    """A session under way rated up to now, as it would be if it ended here.

    None when it has ended, when its start is not known yet, or without a tariff in force.
    """
    if session.started_at is None or session.state != ChargingSession.State.OPEN:
        return None
    frozen = SessionTariff.objects.filter(session=session).select_related("version").first()
    try:
        version = frozen.version if frozen else choose_tariff(target_of(session), now).version
    except TariffNotInForce:
        return None
    shift_s = frozen.clock_shift_s if frozen else 0
    facts = session_facts(session, clock_shift_s=shift_s, until=now)
    area = session.charge_point.site.price_area
    return rate_facts(facts, tariff_facts(version), price_area=area, known_at=now)
