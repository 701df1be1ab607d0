"""What a station does on the platform's command, whatever the OCPP version."""

from datetime import timedelta
from random import Random

from config.devstack.simulator.fleet import AcCharger, cars_for
from config.devstack.simulator.plan import SessionPlan
from config.devstack.simulator.station import Charge, Connector, State, Station

REMOTE_STAY = timedelta(hours=4)


def find_charge(station: Station, transaction_id: int | str) -> Charge | None:
    """The charge under way with this transaction id."""
    charges = (connector.charge for connector in station.connectors.values())
    return next((each for each in charges if each and each.transaction_id == transaction_id), None)


def find_free_connector(station: Station, wanted: int | None) -> int | None:
    """The wanted connector, or any when none is named, if a car may be plugged in there."""
    numbers = station.connectors if wanted is None else [wanted]
    return next((each for each in numbers if _is_free(station.connectors.get(each))), None)


def plan_remote_session(
    station: Station, id_token: str, connector_id: int, remote_start_id: int
) -> SessionPlan:
    """The car that happens to stand at the connector when the platform starts it.

    The connector counts as taken from here on.
    """
    now = station.clock.now()
    station.connectors[connector_id].state = State.PREPARING
    seed = f"{station.plan.seed}:{station.spec.charge_point_id}:{now.isoformat()}"
    random = Random(seed)
    charger = station.spec.charger
    is_ac = isinstance(charger, AcCharger)
    return SessionPlan(
        charge_point_id=station.spec.charge_point_id,
        id_token=id_token,
        arrival_at=now,
        departure_at=now + REMOTE_STAY,
        energy_wh=random.randint(4_000, 15_000 if is_ac else 40_000),
        charger=charger,
        car=random.choice(cars_for(charger)),
        seed=random.getrandbits(31),
        connector_id=connector_id,
        leaves_when_done=not is_ac,
        remote_start_id=remote_start_id,
    )


async def charge_remotely(station: Station, session: SessionPlan) -> None:
    """Run a charge the platform asked for."""
    with station.clock.sleeper():
        await station.charge(session)


def change_availability(station: Station, connector_id: int | None, *, is_operative: bool) -> bool:
    """Take connectors (all for None) in or out of service; False when a car must leave first."""
    numbers = station.connectors if connector_id is None else [connector_id]
    for number in numbers:
        station.connectors[number].is_operative = is_operative
    return not any(station.connectors[number].turn.locked() for number in numbers)


async def announce_availability(station: Station) -> None:
    """Tell the platform the state of every connector without a car."""
    for number, connector in station.connectors.items():
        if not connector.turn.locked():
            connector.state = State.AVAILABLE if connector.is_operative else State.UNAVAILABLE
            await station.uplink.deliver(station.status_message(number, station.clock.now()))


async def reset(station: Station, stop_reason: str | None) -> None:
    """Restart once no car charges; a stop reason ends the charges first."""
    connectors = list(station.connectors.values())
    for connector in connectors:
        if stop_reason is not None and connector.charge is not None:
            connector.charge.stop(stop_reason)
    for connector in connectors:
        await connector.turn.acquire()
    try:
        await station.uplink.close()
        await station.greet("RemoteReset")
    finally:
        for connector in connectors:
            connector.turn.release()


def _is_free(connector: Connector | None) -> bool:
    return connector is not None and connector.state is State.AVAILABLE
