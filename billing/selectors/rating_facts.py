"""What rating needs to know of a session, read from the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing.rating import (
    RatedCharge,
    Reading,
    SessionFacts,
    TariffFacts,
    UnratableSession,
    rate,
    uses_spot,
)
from billing.selectors.spot_prices import spot_slots
from billing.selectors.tariffs import without_fees
from chargepoints.models import Reservation
from sessions_app.energy import EnergySource
from sessions_app.models import ChargingSession
from sessions_app.selectors import end_of_charging, session_samples
from sessions_app.types import Sample

REBUILT = frozenset({EnergySource.REBUILT_FROM_REGISTERS, EnergySource.REBUILT_FROM_POWER})


def session_facts(
    session: ChargingSession, *, clock_shift_s: int = 0, until: datetime | None = None
) -> SessionFacts:
    """A session as rating takes it; `until` rates one under way up to an instant.

    All times are moved by `clock_shift_s`. Raises `UnratableSession` when it never ended.
    """
    ended_at = session.ended_at or until
    if session.started_at is None or ended_at is None:
        raise UnratableSession(f"session {session.pk} has no start or no end")
    shift = timedelta(seconds=clock_shift_s)
    samples = session_samples(session.pk)
    idle_from = end_of_charging(samples, session.meter_stop_wh)
    return SessionFacts(
        started_at=session.started_at + shift,
        ended_at=max(ended_at, session.started_at) + shift,
        energy_wh=session.energy_wh,
        time_zone=session.charge_point.site.time_zone,
        charging_ended_at=None if idle_from is None else idle_from + shift,
        readings=_readings(samples, shift),
        # What was rebuilt does not begin where the station said.
        meter_start_wh=None if session.energy_source in REBUILT else session.meter_start_wh,
        reserved_s=_reserved_s(session),
    )


def rate_facts(
    facts: SessionFacts, tariff: TariffFacts, *, price_area: str, known_at: datetime
) -> RatedCharge:
    """Rate a session by a tariff and the spot prices as they were known at a time.

    A session without energy costs nothing, whatever its tariff says of time.
    """
    if facts.energy_wh == 0:
        tariff = without_fees(tariff)
    slots = (
        spot_slots(
            area=price_area,
            currency=tariff.currency,
            start_at=facts.started_at,
            end_at=facts.ended_at,
            known_at=known_at,
        )
        if uses_spot(tariff)
        else ()
    )
    return rate(facts, tariff, slots)


def _reserved_s(session: ChargingSession) -> int | None:
    """For how long the outlet was kept for this session; None without a reservation."""
    reservation = Reservation.objects.filter(
        charge_point_id=session.charge_point_id,
        transaction_ref=session.transaction_ref,
        state=Reservation.State.USED,
    ).first()
    return None if reservation is None else reservation.reserved_s


def _readings(samples: Sequence[Sample], shift: timedelta) -> tuple[Reading, ...]:
    return tuple(
        Reading(sample.at + shift, sample.energy_wh, _power_w(sample), _current_ma(sample))
        for sample in samples
        if sample.energy_wh is not None
    )


def _power_w(sample: Sample) -> int | None:
    return None if sample.power_w is None else max(sample.power_w, 0)


def _current_ma(sample: Sample) -> int | None:
    """The current of the most loaded phase."""
    phases = (sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma, sample.current_ma)
    return max((abs(current) for current in phases if current is not None), default=None)
