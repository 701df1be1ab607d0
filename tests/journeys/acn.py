"""Real charging sessions on simulated stations of both OCPP versions, for journey and benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.devstack.simulator.fleet import AC_22, Charger
from config.devstack.simulator.plan import Plan, SessionPlan, StationSpec
from config.devstack.simulator.replay import RealSession, plan_replay, read_sessions
from tests.journeys.stage import Operator

FILE = "acn_caltech_2020-02-01_2020-05-31.csv.gz"
STATIONS = 8
SAMPLE_INTERVAL_S = 900
# Most cars stand there for hours after they are full; a day of them has nothing new to say.
IDLE_INTERVAL_S = 4 * 3600


@dataclass(frozen=True)
class Replay:
    """The rows of the file, and the plan that plays them."""

    real: Sequence[RealSession]
    plan: Plan


def plan_acn(operator: Operator, folder: Path, count: int, **options: object) -> Replay:
    """The file's first sessions at as many connectors as it has; every driver has a token."""
    real = read_sessions(folder / FILE, count)
    tokens = [f"ACN-{number}" for number in range(len({each.station for each in real}))]
    for token in tokens:
        operator.driver(token, card="")
    names = [(f"ACN-{number}", ("1.6", "2.0.1")[number % 2]) for number in range(STATIONS)]
    unregistered = [StationSpec(operator.tenant.slug, *name, "") for name in names]
    sessions = plan_replay(real, unregistered, id_tokens=tokens, seed=1)
    rows = -(-len(tokens) // STATIONS)
    stations = tuple(
        operator.station(name, version, strongest(sessions, name), connectors=rows)
        for name, version in names
    )
    plan = Plan(
        operator.platform.sockets,
        stations,
        sessions,
        sample_interval_s=SAMPLE_INTERVAL_S,
        idle_interval_s=IDLE_INTERVAL_S,
        **options,
    )
    return Replay(real, plan)


def strongest(sessions: Sequence[SessionPlan], station: str) -> Charger:
    """The charger that the station needs for its sessions; some rows ask for much power."""
    chargers = [each.charger for each in sessions if each.charge_point_id == station]
    return max([AC_22, *chargers], key=lambda charger: charger.limit_ma)
