"""A simulated charging station without its protocol version: boot, charge, remote commands."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import ClassVar

from config.devstack.simulator.clock import Clock
from config.devstack.simulator.framelog import FrameLog
from config.devstack.simulator.link import (
    Address,
    Answer,
    LinkLost,
    LinkRefused,
    OcppError,
    Payload,
    Work,
)
from config.devstack.simulator.physics import ChargeModel, Reading, Request
from config.devstack.simulator.plan import Plan, SessionPlan, SessionResult, StationSpec
from config.devstack.simulator.register import EnergyRegister
from config.devstack.simulator.uplink import Message, Uplink

BOOT_ATTEMPTS = 20


class State(StrEnum):
    """Connector states, in the words of OCPP 1.6."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    UNAVAILABLE = "Unavailable"


@dataclass(slots=True)
class Charge:
    """One transaction under way."""

    plan: SessionPlan
    model: ChargeModel
    start: Reading
    transaction_id: int | str | None = None
    seq_no: int = 0
    samples: int = 0
    state: State = State.PREPARING
    stop_reason: str | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self, reason: str) -> None:
        """Ask the charge to end; the first reason counts."""
        self.stop_reason = self.stop_reason or reason
        self.wake.set()


@dataclass(slots=True)
class Connector:
    """One outlet with its own meter; `turn` is held by the car that is plugged in."""

    register: EnergyRegister
    state: State = State.AVAILABLE
    is_operative: bool = True
    charge: Charge | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Station(ABC):
    """What stations of every OCPP version do alike."""

    subprotocol: ClassVar[str]
    announces_finishing: ClassVar[bool]

    def __init__(
        self,
        spec: StationSpec,
        plan: Plan,
        clock: Clock,
        *,
        connectors: int = 1,
        log: FrameLog | None = None,
    ) -> None:
        address = Address(plan.url, spec.tenant, spec.charge_point_id, spec.key, self.subprotocol)
        self.spec = spec
        self.plan = plan
        self.clock = clock
        self.behaviour = replace(plan.behaviour)
        self.uplink = Uplink(address, self, self.behaviour, seed=plan.seed, log=log)
        self.results: list[SessionResult] = []
        self.heartbeat_s = 300
        self._random = Random(f"station:{plan.seed}:{spec.charge_point_id}")
        self.connectors = {
            number: Connector(
                EnergyRegister(
                    self._random.randint(100_000, 9_000_000), resolution_wh=spec.resolution_wh
                )
            )
            for number in range(1, connectors + 1)
        }
        self._tasks: set[asyncio.Task[None]] = set()
        self._beating: asyncio.Task[None] | None = None

    # What a protocol version adds

    @property
    @abstractmethod
    def sample_interval_s(self) -> int:
        """The interval between samples in force, 0 for none."""

    @property
    @abstractmethod
    def answers(self) -> Mapping[str, Callable[[Payload], Answer]]:
        """The calls of the platform that are understood."""

    @abstractmethod
    def boot_message(self, reason: str) -> Message:
        """A BootNotification."""

    @abstractmethod
    def status_message(self, connector_id: int, at: datetime) -> Message:
        """A StatusNotification with the connector's present state."""

    @abstractmethod
    async def authorize(self, id_token: str) -> bool:
        """Ask whether this token may charge."""

    @abstractmethod
    async def begin(self, charge: Charge) -> None:
        """Report the start of a transaction; a refusal stops the charge."""

    @abstractmethod
    async def report(self, charge: Charge, reading: Reading) -> None:
        """Report one sample."""

    @abstractmethod
    async def report_state(self, charge: Charge, reading: Reading) -> None:
        """Report that charging started or was suspended."""

    @abstractmethod
    async def end(self, charge: Charge, reading: Reading) -> None:
        """Report the end of a transaction."""

    @abstractmethod
    def complete(self, message: Message) -> Payload:
        """The payload with what was unknown when the message was made."""

    @abstractmethod
    def settle(self, message: Message) -> None:
        """Take note of an answer."""

    # Life of a station

    async def start(self) -> None:
        """Connect, boot until accepted, announce the connectors.

        Raises LinkRefused or LinkLost when the platform does not take the station in.
        """
        await self.uplink.open()
        await self.greet()
        self._beating = asyncio.create_task(self._beat())

    async def greet(self, reason: str = "PowerUp") -> None:
        """Boot until accepted and announce every connector."""
        for _ in range(BOOT_ATTEMPTS):
            answer = await self.uplink.deliver(self.boot_message(reason)) or {}
            if answer.get("status") == "Accepted":
                self.heartbeat_s = answer["interval"] or self.heartbeat_s
                break
            await asyncio.sleep(min(answer.get("interval") or 10, self.behaviour.longest_pause_s))
        else:
            raise LinkRefused("boot never accepted")
        for number in self.connectors:
            await self.uplink.deliver(self.status_message(number, self.clock.now()))

    async def close(self) -> None:
        """End the charges the platform started, send what is owed and disconnect."""
        for connector in self.connectors.values():
            if connector.charge is not None:
                connector.charge.stop("Reboot")
        beating = [self._beating] if self._beating else []
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=self.behaviour.longest_pause_s)
            if self.uplink.is_offline:
                await self.uplink.go_online()
            await self.uplink.flush()
        finally:
            for task in (*beating, *self._tasks):
                task.cancel()
            await asyncio.gather(*beating, *self._tasks, return_exceptions=True)
            await self.uplink.close()

    def spawn(self, work: Work) -> None:
        """Run work beside the charges; a lost connection there is an error in the summary."""
        task = asyncio.create_task(self._run_beside(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def deliver_beside(self, message: Message) -> None:
        """Deliver a message nobody waits for."""
        await self.uplink.deliver(message)

    def answer(self, action: str, payload: Payload) -> Answer:
        """Answer a call of the platform. Raises OcppError for what the station does not know."""
        understood = self.answers.get(action)
        if understood is None:
            raise OcppError("NotImplemented", f"{action} is not known")
        try:
            return understood(payload)
        except KeyError as error:
            raise OcppError("FormationViolation", f"{error} is missing") from error

    # Charging

    async def charge(self, session: SessionPlan) -> SessionResult:
        """Wait for the car, charge it, and say what came of it."""
        await self.clock.sleep_until(session.arrival_at)
        connector = self.connectors[session.connector_id]
        async with connector.turn:
            charge = self._plug_in(session, connector)
            connector.charge = charge
            outcome = "lost"
            try:
                outcome = await self._run(charge)
            finally:
                connector.charge = None
                if outcome == "lost":
                    connector.state = State.AVAILABLE
                result = self._result(charge, outcome, connector.register.reading_wh)
                self.results.append(result)
        return result

    async def announce(self, charge: Charge, state: State) -> None:
        """Move the connector to a state and tell the platform."""
        charge.state = state
        connector = self.connectors[charge.plan.connector_id]
        connector.state = state
        await self.uplink.deliver(self.status_message(charge.plan.connector_id, charge.model.at))

    def measured_interval_s(self) -> int:
        """The sampling interval: the run's own, else the one the platform has set."""
        return self.plan.sample_interval_s or self.sample_interval_s or self.plan.idle_interval_s

    async def _run(self, charge: Charge) -> str:
        await self._suffer_outage(charge)
        await self.announce(charge, State.PREPARING)
        if not await self._may_charge(charge.plan):
            await self._unplug(charge)
            return self._refuse(charge)
        await self.begin(charge)
        await self._move(charge, State.CHARGING, charge.start)
        while charge.stop_reason is None:
            await self._sample(charge)
        await self.end(charge, charge.model.read())
        await self._unplug(charge)
        await self.uplink.flush()
        if self.uplink.is_offline:
            await self.uplink.go_online()
        if charge.stop_reason == "DeAuthorized":
            return self._refuse(charge)
        return "lost" if self.uplink.is_silent else "completed"

    def _refuse(self, charge: Charge) -> str:
        name, token = self.spec.charge_point_id, charge.plan.id_token
        self.uplink.errors.append(f"{name}: token {token} refused")
        return "refused"

    async def _sample(self, charge: Charge) -> None:
        model, plan = charge.model, charge.plan
        is_idle = charge.state is State.SUSPENDED_EV
        interval_s = self.plan.idle_interval_s if is_idle else self.measured_interval_s()
        due_at = min(model.at + timedelta(seconds=interval_s), plan.departure_at)
        await self.clock.sleep_until(due_at, wake=charge.wake)
        reading = model.advance_to(min(due_at, self.clock.now()) if charge.stop_reason else due_at)
        if charge.stop_reason is not None:
            return
        charge.samples += 1
        await self._suffer_outage(charge)
        await self.report(charge, reading)
        if model.is_complete and not is_idle:
            await self._move(charge, State.SUSPENDED_EV, reading)
        if model.at >= plan.departure_at or (model.is_complete and plan.leaves_when_done):
            charge.stop("Local" if plan.leaves_when_done else "EVDisconnected")

    async def _move(self, charge: Charge, state: State, reading: Reading) -> None:
        if charge.stop_reason is None:
            charge.state = state
            self.connectors[charge.plan.connector_id].state = state
            await self.report_state(charge, reading)

    async def _unplug(self, charge: Charge) -> None:
        if charge.state is not State.PREPARING and self.announces_finishing:
            await self.announce(charge, State.FINISHING)
        is_operative = self.connectors[charge.plan.connector_id].is_operative
        await self.announce(charge, State.AVAILABLE if is_operative else State.UNAVAILABLE)

    async def _may_charge(self, plan: SessionPlan) -> bool:
        if self.uplink.is_offline or plan.remote_start_id is not None:
            return True
        return await self.authorize(plan.id_token)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.heartbeat_s)
            if not self.uplink.is_offline:
                await self._run_beside(self.deliver_beside(Message("Heartbeat", {})))

    async def _run_beside(self, work: Work) -> None:
        try:
            await work
        except (LinkLost, LinkRefused) as error:
            self.uplink.errors.append(f"{self.spec.charge_point_id}: {error}")

    async def _suffer_outage(self, charge: Charge) -> None:
        outage = self.behaviour.outage
        if outage is not None and charge.samples == outage.start:
            await self.uplink.go_offline()
        if outage is not None and charge.samples == outage.stop and self.uplink.is_offline:
            await self.uplink.go_online()

    def _plug_in(self, session: SessionPlan, connector: Connector) -> Charge:
        request = Request(
            energy_wh=session.energy_wh,
            arrival_at=session.arrival_at,
            departure_at=session.departure_at,
            fills=session.fills,
            soc_percent=session.soc_percent,
        )
        model = ChargeModel(
            session.charger,
            session.car,
            request,
            connector.register,
            seed=session.seed,
            faults=session.faults,
        )
        return Charge(session, model, model.read())

    def _result(self, charge: Charge, outcome: str, register_wh: int) -> SessionResult:
        return SessionResult(
            charge_point_id=self.spec.charge_point_id,
            connector_id=charge.plan.connector_id,
            id_token=charge.plan.id_token,
            outcome=outcome,
            requested_wh=charge.plan.energy_wh,
            energy_wh=register_wh - charge.start.register_wh,
            transaction_id=charge.transaction_id,
            started_at=charge.plan.arrival_at,
            stopped_at=charge.model.at,
            stop_reason=charge.stop_reason or "",
            reference=charge.plan.reference,
        )
