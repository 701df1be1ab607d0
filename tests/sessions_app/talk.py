"""Saying OCPP messages to the handlers, without a socket in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from chargepoints.models import ChargePoint
from chargepoints.routing import Station
from chargepoints.schemas import check_answer
from chargepoints.types import V16, V201, Connection
from sessions_app.models import ChargingSession
from sessions_app.ocpp_handlers import SessionHandlers16, SessionHandlers201
from sessions_app.tasks import settle_sessions
from tests.cast import NOON

Payload = dict[str, Any]
Message = tuple[str, Payload]

TRANSACTION = "6f1a2b3c"


class Station16(SessionHandlers16, Station):
    version = V16


class Station201(SessionHandlers201, Station):
    version = V201


STATIONS: dict[str, Any] = {V16: Station16, V201: Station201}


class Talk:
    """One station. What it says is checked against OCPP's schema, and so are our answers."""

    def __init__(self, charge_point: ChargePoint, version: str) -> None:
        self.charge_point = charge_point
        connection = Connection(
            charge_point.tenant_id, charge_point.id, charge_point.identity, version
        )
        self.station = STATIONS[version](connection)

    def say(self, message: Message, received_at: datetime = NOON + timedelta(hours=2)) -> Payload:
        action, payload = message
        answer = self.station.handler_of(action, payload)(payload, received_at)
        check_answer(self.station.version, action, answer)
        return answer

    def say_all(self, *messages: Message) -> None:
        for message in messages:
            self.say(message)

    def start(self, **more: Any) -> int:
        answer: int = self.say(start(**more))["transactionId"]
        return answer


def settle() -> int:
    """Two days later, the sweep: what waited has had its time."""
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        settled: int = settle_sessions()
        return settled


def the_session() -> ChargingSession:
    return ChargingSession.objects.get()


def stamp(minute: int) -> str:
    """Minutes after noon, as stations write it."""
    return f"{(NOON + timedelta(minutes=minute)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


# OCPP 1.6


def start(
    minute: int = 0, wh: int = 1000, tag: str = "AABBCC", connector: int = 1, **more: Any
) -> Message:
    payload = {"connectorId": connector, "idTag": tag, "meterStart": wh, "timestamp": stamp(minute)}
    return "StartTransaction", payload | more


def stop(transaction_id: int, minute: int = 60, wh: int = 11_000, **more: Any) -> Message:
    payload = {"transactionId": transaction_id, "meterStop": wh, "timestamp": stamp(minute)}
    return "StopTransaction", payload | more


def values(transaction_id: int | None, minute: int, wh: int, **more: Any) -> Message:
    payload: Payload = {"connectorId": 1, "meterValue": [reading(minute, wh)]}
    if transaction_id is not None:
        payload["transactionId"] = transaction_id
    return "MeterValues", payload | more


def reading(minute: int, wh: int, context: str = "Sample.Periodic", **more: str) -> Payload:
    """One reading; `more` are further measurands by the names of `MEASURANDS`."""
    sampled = [{"value": str(wh), "context": context, "unit": "Wh"}]
    sampled += [
        {"value": value, "measurand": MEASURANDS[name], "context": context}
        for name, value in more.items()
    ]
    return {"timestamp": stamp(minute), "sampledValue": sampled}


MEASURANDS = {
    "power": "Power.Active.Import",
    "current": "Current.Import",
    "voltage": "Voltage",
    "soc": "SoC",
}


# OCPP 2.0.1


def event(kind: str, sequence: int, minute: int, wh: int | None = None, **more: Any) -> Message:
    payload: Payload = {
        "eventType": kind,
        "timestamp": stamp(minute),
        "triggerReason": {"Started": "Authorized", "Ended": "EVDeparted"}.get(
            kind, "MeterValuePeriodic"
        ),
        "seqNo": sequence,
        "transactionInfo": {"transactionId": TRANSACTION},
    }
    if kind == "Started":
        payload |= {"evse": {"id": 1, "connectorId": 1}, "idToken": token()}
    if wh is not None:
        payload["meterValue"] = [reading_201(minute, wh, CONTEXTS[kind])]
    return "TransactionEvent", payload | more


CONTEXTS = {
    "Started": "Transaction.Begin",
    "Updated": "Sample.Periodic",
    "Ended": "Transaction.End",
}


def reading_201(minute: int, wh: int, context: str = "Sample.Periodic") -> Payload:
    sampled = {
        "value": wh,
        "context": context,
        "measurand": "Energy.Active.Import.Register",
        "unitOfMeasure": {"unit": "Wh"},
    }
    return {"timestamp": stamp(minute), "sampledValue": [sampled]}


def values_201(minute: int, wh: int, evse: int = 1) -> Message:
    return "MeterValues", {"evseId": evse, "meterValue": [reading_201(minute, wh)]}


def token(uid: str = "aabbcc") -> Payload:
    return {"idToken": uid, "type": "ISO14443"}
