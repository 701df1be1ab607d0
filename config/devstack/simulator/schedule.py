"""Invented days: cars that come and go at simulated stations, by a seed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from config.devstack.simulator.faults import Fault
from config.devstack.simulator.fleet import AcCharger, cars_for
from config.devstack.simulator.plan import SessionPlan, StationSpec


def plan_sessions(
    stations: Sequence[StationSpec],
    count: int,
    *,
    ends_at: datetime,
    id_tokens: Sequence[str],
    seed: int,
    faults: tuple[Fault, ...] = (),
) -> tuple[SessionPlan, ...]:
    """`count` charges dealt out to the stations, each over before the next and by `ends_at`.

    Tokens are dealt out too: with as many as stations, none is wanted at two places at once.
    """
    random = Random(f"schedule:{seed}")
    dealt = [index % len(stations) for index in range(count)]
    sessions: list[SessionPlan] = []
    leaves_at = dict.fromkeys({each.charge_point_id for each in stations}, ends_at)
    for number in dealt:
        spec, own_tokens = stations[number], id_tokens[number :: len(stations)]
        token = random.choice(own_tokens or id_tokens)
        departure_at = leaves_at[spec.charge_point_id] - timedelta(minutes=random.randint(5, 40))
        session = _plan_session(spec, departure_at, random, token, faults)
        leaves_at[spec.charge_point_id] = session.arrival_at
        sessions.append(session)
    return tuple(reversed(sessions))


def shift_to_start(sessions: Sequence[SessionPlan], starts_at: datetime) -> tuple[SessionPlan, ...]:
    """The same day moved so that the first car arrives at `starts_at`."""
    first_at = min((each.arrival_at for each in sessions), default=starts_at)
    by = starts_at - first_at
    return tuple(
        replace(each, arrival_at=each.arrival_at + by, departure_at=each.departure_at + by)
        for each in sessions
    )


def _plan_session(
    spec: StationSpec,
    departure_at: datetime,
    random: Random,
    id_token: str,
    faults: tuple[Fault, ...],
) -> SessionPlan:
    is_ac = isinstance(spec.charger, AcCharger)
    stay = timedelta(minutes=random.randint(60, 420) if is_ac else random.randint(20, 60))
    departure_at = departure_at.replace(microsecond=0)
    return SessionPlan(
        charge_point_id=spec.charge_point_id,
        id_token=id_token,
        arrival_at=departure_at - stay,
        departure_at=departure_at,
        energy_wh=random.randint(3_000, 25_000) if is_ac else random.randint(8_000, 60_000),
        charger=spec.charger,
        car=random.choice(cars_for(spec.charger)),
        seed=random.getrandbits(31),
        fills=is_ac and random.random() < 0.5,
        leaves_when_done=not is_ac,
        faults=faults,
    )
