"""A simulated station that speaks OCPP 1.6."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from config.devstack.simulator import remote
from config.devstack.simulator.clock import Clock
from config.devstack.simulator.configuration import Settings16, split_list
from config.devstack.simulator.framelog import FrameLog
from config.devstack.simulator.link import Answer, Payload
from config.devstack.simulator.measurands import ENERGY, as_ocpp16, values_of
from config.devstack.simulator.physics import Reading
from config.devstack.simulator.plan import Plan, StationSpec
from config.devstack.simulator.station import Charge, State, Station
from config.devstack.simulator.uplink import Message


class Station16(Station):
    """OCPP 1.6-J, core and remote trigger profiles."""

    subprotocol = "ocpp1.6"
    announces_finishing = True

    def __init__(
        self,
        spec: StationSpec,
        plan: Plan,
        clock: Clock,
        *,
        connectors: int = 1,
        log: FrameLog | None = None,
    ) -> None:
        super().__init__(spec, plan, clock, connectors=connectors, log=log)
        self.settings = Settings16(
            spec.key, connectors=connectors, shows_key=self.behaviour.shows_key
        )
        self._answers: dict[str, Callable[[Payload], Answer]] = {
            "RemoteStartTransaction": self._start_remotely,
            "RemoteStopTransaction": self._stop_remotely,
            "GetConfiguration": self._list_configuration,
            "ChangeConfiguration": self._change_configuration,
            "TriggerMessage": self._trigger,
            "Reset": self._reset,
            "ChangeAvailability": self._change_availability,
            "UnlockConnector": self._unlock,
            "DataTransfer": lambda payload: Answer({"status": "UnknownVendorId"}),
        }

    @property
    def answers(self) -> Mapping[str, Callable[[Payload], Answer]]:
        """The calls that are understood."""
        return self._answers

    @property
    def sample_interval_s(self) -> int:
        """MeterValueSampleInterval."""
        return self.settings.keys["MeterValueSampleInterval"].as_int

    def boot_message(self, reason: str) -> Message:
        """A BootNotification; 1.6 has no place for the reason."""
        payload = {
            "chargePointVendor": self.spec.vendor,
            "chargePointModel": self.spec.model,
            "chargePointSerialNumber": self.spec.charge_point_id[:25],
            "firmwareVersion": "1.0.0",
        }
        return Message("BootNotification", payload)

    def status_message(self, connector_id: int, at: datetime) -> Message:
        """A StatusNotification of one connector; 0 is the whole station."""
        connector = self.connectors.get(connector_id)
        payload = {
            "connectorId": connector_id,
            "errorCode": "NoError",
            "status": str(connector.state if connector else State.AVAILABLE),
            "timestamp": format_time(at),
        }
        return Message("StatusNotification", payload)

    async def authorize(self, id_token: str) -> bool:
        """Ask by Authorize."""
        answer = await self.uplink.deliver(Message("Authorize", {"idTag": id_token}))
        return answer is not None and answer["idTagInfo"]["status"] == "Accepted"

    async def begin(self, charge: Charge) -> None:
        """StartTransaction; the platform gives the transaction id."""
        payload = {
            "connectorId": charge.plan.connector_id,
            "idTag": charge.plan.id_token,
            "meterStart": charge.start.register_wh,
            "timestamp": format_time(charge.start.at),
        }
        await self.uplink.deliver(Message("StartTransaction", payload, charge))

    async def report(self, charge: Charge, reading: Reading) -> None:
        """MeterValues with the measurands of MeterValuesSampledData."""
        await self.uplink.deliver(self._meter_values(charge, reading, "Sample.Periodic"))

    async def report_state(self, charge: Charge, reading: Reading) -> None:
        """A StatusNotification: 1.6 keeps states out of transactions."""
        await self.uplink.deliver(self.status_message(charge.plan.connector_id, reading.at))

    async def end(self, charge: Charge, reading: Reading) -> None:
        """StopTransaction, with begin and end registers again if the station does that."""
        payload: Payload = {
            "idTag": charge.plan.id_token,
            "meterStop": reading.register_wh,
            "timestamp": format_time(reading.at),
            "reason": charge.stop_reason,
        }
        if self.behaviour.repeats_samples_at_stop:
            payload["transactionData"] = [
                self._meter_value(charge.start, "Transaction.Begin", [ENERGY]),
                self._meter_value(reading, "Transaction.End", [ENERGY]),
            ]
        await self.uplink.deliver(Message("StopTransaction", payload, charge))

    def complete(self, message: Message) -> Payload:
        """Put in the transaction id, which a queued message could not know."""
        if message.subject is None or message.action == "StartTransaction":
            return message.payload
        return {**message.payload, "transactionId": message.subject.transaction_id}

    def settle(self, message: Message) -> None:
        """Take the transaction id; without one go on with an invented, negative one."""
        if message.action != "StartTransaction":
            return
        charge: Charge = message.subject
        if message.answer is None:
            charge.transaction_id = -self._random.randint(1, 2**31 - 1)
            return
        charge.transaction_id = message.answer["transactionId"]
        if message.answer["idTagInfo"]["status"] != "Accepted":
            charge.stop("DeAuthorized")

    def _meter_values(self, charge: Charge, reading: Reading, context: str) -> Message:
        wanted = split_list(self.settings.keys["MeterValuesSampledData"].value)
        meter_value = self._meter_value(reading, context, wanted)
        payload = {"connectorId": charge.plan.connector_id, "meterValue": [meter_value]}
        return Message("MeterValues", payload, charge)

    def _meter_value(self, reading: Reading, context: str, wanted: list[str]) -> dict[str, Any]:
        values = values_of(reading, wanted, self.behaviour.energy_unit)
        return as_ocpp16(reading, values, context)

    def _start_remotely(self, payload: Payload) -> Answer:
        number = remote.find_free_connector(self, payload.get("connectorId"))
        if number is None:
            return Answer({"status": "Rejected"})
        session = remote.plan_remote_session(self, payload["idTag"], number, 0)
        return Answer({"status": "Accepted"}, lambda: remote.charge_remotely(self, session))

    def _stop_remotely(self, payload: Payload) -> Answer:
        charge = remote.find_charge(self, payload["transactionId"])
        if charge is None:
            return Answer({"status": "Rejected"})
        charge.stop("Remote")
        return Answer({"status": "Accepted"})

    def _list_configuration(self, payload: Payload) -> Answer:
        return Answer(self.settings.list_keys(payload.get("key", [])))

    def _change_configuration(self, payload: Payload) -> Answer:
        status = self.settings.change(payload["key"], payload["value"])
        return Answer({"status": status})

    def _trigger(self, payload: Payload) -> Answer:
        number = payload.get("connectorId", 0)
        wanted = payload["requestedMessage"]
        connector = self.connectors.get(number or 1)
        if connector is None:
            return Answer({"status": "Rejected"})
        messages = {
            "BootNotification": self.boot_message("Triggered"),
            "Heartbeat": Message("Heartbeat", {}),
            "StatusNotification": self.status_message(number, self.clock.now()),
        }
        if connector.charge is not None:
            charge = connector.charge
            messages["MeterValues"] = self._meter_values(charge, charge.model.read(), "Trigger")
        if wanted not in messages:
            return Answer({"status": "NotImplemented"})
        return Answer({"status": "Accepted"}, lambda: self.deliver_beside(messages[wanted]))

    def _reset(self, payload: Payload) -> Answer:
        reason = f"{payload['type']}Reset"
        return Answer({"status": "Accepted"}, lambda: remote.reset(self, reason))

    def _change_availability(self, payload: Payload) -> Answer:
        number = payload["connectorId"] or None
        if number is not None and number not in self.connectors:
            return Answer({"status": "Rejected"})
        is_operative = payload["type"] == "Operative"
        is_done = remote.change_availability(self, number, is_operative=is_operative)
        status = "Accepted" if is_done else "Scheduled"
        return Answer({"status": status}, lambda: remote.announce_availability(self))

    def _unlock(self, payload: Payload) -> Answer:
        connector = self.connectors.get(payload["connectorId"])
        if connector is None:
            return Answer({"status": "NotSupported"})
        if connector.charge is not None:
            connector.charge.stop("UnlockCommand")
        return Answer({"status": "Unlocked"})


def format_time(at: datetime) -> str:
    """A UTC time stamp without fractions."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
