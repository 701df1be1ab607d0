"""A simulated station that speaks OCPP 2.0.1."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from config.devstack.simulator import remote
from config.devstack.simulator.clock import Clock
from config.devstack.simulator.configuration import Settings201
from config.devstack.simulator.framelog import FrameLog
from config.devstack.simulator.link import Answer, Payload
from config.devstack.simulator.measurands import as_ocpp201, values_of
from config.devstack.simulator.physics import Reading
from config.devstack.simulator.plan import Plan, StationSpec
from config.devstack.simulator.station import Charge, State, Station
from config.devstack.simulator.uplink import Message

REPORT_ROWS_PER_PART = 8

STATUS = {State.AVAILABLE: "Available", State.UNAVAILABLE: "Unavailable"}
CHARGING_STATE = {
    State.PREPARING: "EVConnected",
    State.CHARGING: "Charging",
    State.SUSPENDED_EV: "SuspendedEV",
}
STOPPED_REASON = {
    "HardReset": "ImmediateReset",
    "UnlockCommand": "Other",
}
END_TRIGGER = {
    "DeAuthorized": "Deauthorized",
    "EVDisconnected": "EVDeparted",
    "HardReset": "ResetCommand",
    "Local": "StopAuthorized",
    "Remote": "RemoteStop",
    "UnlockCommand": "UnlockCommand",
}


class Station201(Station):
    """OCPP 2.0.1, one EVSE per connector."""

    subprotocol = "ocpp2.0.1"
    announces_finishing = False

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
        self.settings = Settings201(spec.key, vendor=spec.vendor, model=spec.model)
        self._answers: dict[str, Callable[[Payload], Answer]] = {
            "RequestStartTransaction": self._start_remotely,
            "RequestStopTransaction": self._stop_remotely,
            "GetVariables": self._get_variables,
            "SetVariables": self._set_variables,
            "GetBaseReport": self._report_base,
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
        """SampledDataCtrlr.TxUpdatedInterval."""
        return self.settings.find("SampledDataCtrlr", "TxUpdatedInterval").as_int

    def boot_message(self, reason: str) -> Message:
        """A BootNotification."""
        station = {
            "model": self.spec.model,
            "vendorName": self.spec.vendor,
            "serialNumber": self.spec.charge_point_id[:25],
            "firmwareVersion": "1.0.0",
        }
        return Message("BootNotification", {"reason": reason, "chargingStation": station})

    def status_message(self, connector_id: int, at: datetime) -> Message:
        """A StatusNotification of one EVSE's connector."""
        payload = {
            "timestamp": format_time(at),
            "connectorStatus": STATUS.get(self.connectors[connector_id].state, "Occupied"),
            "evseId": connector_id,
            "connectorId": 1,
        }
        return Message("StatusNotification", payload)

    async def authorize(self, id_token: str) -> bool:
        """Ask by Authorize."""
        payload = {"idToken": {"idToken": id_token, "type": "ISO14443"}}
        answer = await self.uplink.deliver(Message("Authorize", payload))
        return answer is not None and answer["idTokenInfo"]["status"] == "Accepted"

    async def begin(self, charge: Charge) -> None:
        """TransactionEvent Started; the station gives the transaction id."""
        plan = charge.plan
        charge.transaction_id = self._new_transaction_id(charge)
        trigger = "Authorized" if plan.remote_start_id is None else "RemoteStart"
        values = self._meter_value(charge.start, "Started", "Transaction.Begin")
        extra = {
            "evse": {"id": plan.connector_id, "connectorId": 1},
            "idToken": {"idToken": plan.id_token, "type": "ISO14443"},
        }
        event = self._event(charge, "Started", trigger, charge.start.at, {**values, **extra})
        if plan.remote_start_id is not None:
            event.payload["transactionInfo"]["remoteStartId"] = plan.remote_start_id
        await self.uplink.deliver(event)

    async def report(self, charge: Charge, reading: Reading) -> None:
        """TransactionEvent Updated with the measurands of TxUpdatedMeasurands."""
        values = self._meter_value(reading, "Updated", "Sample.Periodic")
        event = self._event(charge, "Updated", "MeterValuePeriodic", reading.at, values)
        await self.uplink.deliver(event)

    async def report_state(self, charge: Charge, reading: Reading) -> None:
        """TransactionEvent Updated with the new charging state."""
        event = self._event(charge, "Updated", "ChargingStateChanged", reading.at, {})
        await self.uplink.deliver(event)

    async def end(self, charge: Charge, reading: Reading) -> None:
        """TransactionEvent Ended."""
        reason = charge.stop_reason or "Local"
        values = self._meter_value(reading, "Ended", "Transaction.End")
        trigger = END_TRIGGER.get(reason, "AbnormalCondition")
        event = self._event(charge, "Ended", trigger, reading.at, values)
        event.payload["transactionInfo"]["stoppedReason"] = STOPPED_REASON.get(reason, reason)
        await self.uplink.deliver(event)

    def complete(self, message: Message) -> Payload:
        """Nothing is unknown: the station names its transactions itself."""
        return message.payload

    def settle(self, message: Message) -> None:
        """Stop the charge when the platform refuses its token."""
        if message.action == "TransactionEvent" and message.answer is not None:
            info = message.answer.get("idTokenInfo", {"status": "Accepted"})
            if info["status"] != "Accepted":
                message.subject.stop("DeAuthorized")

    def _event(
        self, charge: Charge, kind: str, trigger: str, at: datetime, extra: dict[str, Any]
    ) -> Message:
        info: dict[str, Any] = {"transactionId": charge.transaction_id}
        if kind != "Ended":
            info["chargingState"] = CHARGING_STATE[charge.state]
        payload = {
            "eventType": kind,
            "timestamp": format_time(at),
            "triggerReason": trigger,
            "seqNo": charge.seq_no,
            "transactionInfo": info,
            **({"offline": True} if self.uplink.is_offline else {}),
            **extra,
        }
        charge.seq_no += 1
        return Message("TransactionEvent", payload, charge)

    def _meter_value(self, reading: Reading, moment: str, context: str) -> dict[str, Any]:
        wanted = self.settings.measurands(moment)
        values = list(values_of(reading, wanted, self.behaviour.energy_unit))
        return {"meterValue": [as_ocpp201(reading, values, context)]} if values else {}

    def _new_transaction_id(self, charge: Charge) -> str:
        plan = charge.plan
        name = f"{plan.charge_point_id}:{plan.connector_id}:{plan.arrival_at.isoformat()}"
        bits = Random(f"{plan.seed}:{name}").getrandbits(128)
        return str(uuid.UUID(int=bits, version=4))

    def _start_remotely(self, payload: Payload) -> Answer:
        number = remote.find_free_connector(self, payload.get("evseId"))
        if number is None:
            return Answer({"status": "Rejected"})
        token = payload["idToken"]["idToken"]
        session = remote.plan_remote_session(self, token, number, payload["remoteStartId"])
        return Answer({"status": "Accepted"}, lambda: remote.charge_remotely(self, session))

    def _stop_remotely(self, payload: Payload) -> Answer:
        charge = remote.find_charge(self, payload["transactionId"])
        if charge is None:
            return Answer({"status": "Rejected"})
        charge.stop("Remote")
        return Answer({"status": "Accepted"})

    def _get_variables(self, payload: Payload) -> Answer:
        rows = [self.settings.get(row) for row in payload["getVariableData"]]
        return Answer({"getVariableResult": rows})

    def _set_variables(self, payload: Payload) -> Answer:
        rows = [self.settings.set(row) for row in payload["setVariableData"]]
        return Answer({"setVariableResult": rows})

    def _report_base(self, payload: Payload) -> Answer:
        request_id = payload["requestId"]
        return Answer({"status": "Accepted"}, lambda: self._send_report(request_id))

    async def _send_report(self, request_id: int) -> None:
        rows = self.settings.report_rows()
        starts = range(0, len(rows), REPORT_ROWS_PER_PART)
        for part, start in enumerate(starts):
            report = {
                "requestId": request_id,
                "generatedAt": format_time(self.clock.now()),
                "seqNo": part,
                "tbc": start != starts[-1],
                "reportData": rows[start : start + REPORT_ROWS_PER_PART],
            }
            await self.uplink.deliver(Message("NotifyReport", report))

    def _trigger(self, payload: Payload) -> Answer:
        number = payload.get("evse", {}).get("id", 1)
        wanted = payload["requestedMessage"]
        connector = self.connectors.get(number)
        if connector is None:
            return Answer({"status": "Rejected"})
        if wanted in {"MeterValues", "TransactionEvent"} and connector.charge is not None:
            charge = connector.charge
            return Answer({"status": "Accepted"}, lambda: self._report_triggered(charge))
        messages = {
            "BootNotification": self.boot_message("Triggered"),
            "Heartbeat": Message("Heartbeat", {}),
            "StatusNotification": self.status_message(number, self.clock.now()),
        }
        if wanted not in messages:
            return Answer({"status": "NotImplemented"})
        return Answer({"status": "Accepted"}, lambda: self.deliver_beside(messages[wanted]))

    async def _report_triggered(self, charge: Charge) -> None:
        reading = charge.model.read()
        values = self._meter_value(reading, "Updated", "Trigger")
        await self.uplink.deliver(self._event(charge, "Updated", "Trigger", reading.at, values))

    def _reset(self, payload: Payload) -> Answer:
        is_immediate = payload["type"] == "Immediate"
        is_busy = any(each.turn.locked() for each in self.connectors.values())
        reason = "HardReset" if is_immediate else None
        status = "Scheduled" if is_busy and not is_immediate else "Accepted"
        return Answer({"status": status}, lambda: remote.reset(self, reason))

    def _change_availability(self, payload: Payload) -> Answer:
        number = payload.get("evse", {}).get("id")
        if number is not None and number not in self.connectors:
            return Answer({"status": "Rejected"})
        is_operative = payload["operationalStatus"] == "Operative"
        is_done = remote.change_availability(self, number, is_operative=is_operative)
        status = "Accepted" if is_done else "Scheduled"
        return Answer({"status": status}, lambda: remote.announce_availability(self))

    def _unlock(self, payload: Payload) -> Answer:
        connector = self.connectors.get(payload["evseId"])
        if connector is None:
            return Answer({"status": "UnknownConnector"})
        if connector.charge is not None:
            return Answer({"status": "OngoingAuthorizedTransaction"})
        return Answer({"status": "Unlocked"})


def format_time(at: datetime) -> str:
    """A UTC time stamp with milliseconds."""
    utc = at.astimezone(UTC)
    return f"{utc.strftime('%Y-%m-%dT%H:%M:%S')}.{utc.microsecond // 1000:03d}Z"
