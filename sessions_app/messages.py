"""What stations say about transactions, as plain values read from OCPP payloads; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sessions_app.normalise import (
    TimestampMissing,
    TimestampUnreadable,
    clock_flags,
    parse_timestamp,
)

MeterValues = Sequence[Mapping[str, Any]]

# OCPP 1.6 StopTransaction.req and 2.0.1 TransactionType: an absent reason means Local.
DEFAULT_STOP_REASON = "Local"
STARTED, ENDED = "Started", "Ended"
# The token of such a 2.0.1 event is that of whoever stopped, who need not be the driver.
STOP_AUTHORIZED = "StopAuthorized"

_LONGEST_TOKEN = 36
_INT16 = 2**15 - 1
_INT32 = 2**31 - 1
_INT64 = 2**63 - 1


class FieldRefused(ValueError):
    """A field is of the right type and yet means nothing; the text names it, not its value."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name}: {reason}")


@dataclass(frozen=True, slots=True)
class Start:
    """A 1.6 StartTransaction. `evse_id` 0 is the station as a whole."""

    evse_id: int
    token_uid: str
    at: datetime
    meter_start_wh: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A 1.6 StopTransaction; `token_uid` is whoever stopped, or empty."""

    payload: dict[str, Any] = field(repr=False)
    transaction_ref: str
    at: datetime
    meter_stop_wh: int
    token_uid: str = ""
    reason: str = DEFAULT_STOP_REASON
    meter_values: MeterValues = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Readings:
    """MeterValues of either version; `transaction_ref` is empty where none was given.

    `at` is the earliest reading.
    """

    payload: dict[str, Any] = field(repr=False)
    transaction_ref: str
    evse_id: int
    at: datetime
    meter_values: MeterValues


@dataclass(frozen=True, slots=True)
class Event:
    """A 2.0.1 TransactionEvent; where it has none, `*_id` are None and texts empty."""

    kind: str
    transaction_ref: str
    at: datetime
    sequence: int
    trigger: str
    evse_id: int | None = None
    connector_id: int | None = None
    token_uid: str = ""
    charging_state: str = ""
    stop_reason: str = DEFAULT_STOP_REASON
    meter_values: MeterValues = field(default_factory=tuple)

    @property
    def names_the_driver(self) -> bool:
        """Whether its token is that of who charges, and not only of who stopped."""
        return bool(self.token_uid) and self.kind != ENDED and self.trigger != STOP_AUTHORIZED


def read_start(payload: Mapping[str, Any]) -> Start:
    """A 1.6 StartTransaction. Raises `FieldRefused`, as every reader here."""
    return Start(
        evse_id=_whole(payload, "connectorId", _INT16, low=0),
        token_uid=token_uid(payload["idTag"]),
        at=_time(payload, "timestamp"),
        meter_start_wh=_whole(payload, "meterStart", _INT64),
    )


def read_stop(payload: dict[str, Any]) -> Stop:
    """A 1.6 StopTransaction.

    A reading whose own time is no date does not make us refuse the stop that carries it: the
    normaliser puts it at the time of the stop and flags it.
    """
    return Stop(
        payload=payload,
        transaction_ref=str(_whole(payload, "transactionId", _INT64)),
        at=_time(payload, "timestamp"),
        meter_stop_wh=_whole(payload, "meterStop", _INT64),
        token_uid=token_uid(payload.get("idTag", "")),
        reason=payload.get("reason", DEFAULT_STOP_REASON),
        meter_values=payload.get("transactionData", ()),
    )


def read_readings(payload: dict[str, Any]) -> Readings:
    """A MeterValues of 1.6 (`connectorId`) or 2.0.1 (`evseId`)."""
    number = "evseId" if "evseId" in payload else "connectorId"
    ref = ""
    if payload.get("transactionId") is not None:
        ref = str(_whole(payload, "transactionId", _INT64))
    entries: MeterValues = payload["meterValue"]
    times = [_time(entry, "timestamp", f"meterValue.{i}.") for i, entry in enumerate(entries)]
    return Readings(payload, ref, _whole(payload, number, _INT16, low=0), min(times), entries)


def read_event(payload: Mapping[str, Any]) -> Event:
    """A 2.0.1 TransactionEvent; readings without a usable time are placed at the event's."""
    about: Mapping[str, Any] = payload["transactionInfo"]
    evse: Mapping[str, Any] = payload.get("evse") or {}
    token: Mapping[str, Any] = payload.get("idToken") or {}
    if not about["transactionId"]:
        raise FieldRefused("transactionInfo.transactionId", "is empty")
    return Event(
        kind=payload["eventType"],
        transaction_ref=about["transactionId"],
        at=_time(payload, "timestamp"),
        sequence=_whole(payload, "seqNo", _INT32, low=0),
        trigger=payload["triggerReason"],
        evse_id=_whole(evse, "id", _INT16, "evse.", low=0) if "id" in evse else None,
        connector_id=(
            _whole(evse, "connectorId", _INT16, "evse.", low=0) if "connectorId" in evse else None
        ),
        token_uid=token_uid_201(token),
        charging_state=about.get("chargingState", ""),
        stop_reason=about.get("stoppedReason", DEFAULT_STOP_REASON),
        meter_values=payload.get("meterValue", ()),
    )


def trusted_time(at: datetime, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    """When it happened, and what is odd about it: a clock that is plainly wrong gives way to ours.

    Before its first boot answer a station may stamp 1970 or 2000.
    """
    flags = clock_flags(at, received_at)
    return (received_at if flags else at), flags


def token_uid(id_tag: str) -> str:
    """A token as we keep it: OCPP compares tokens without case."""
    return id_tag.strip().upper()[:_LONGEST_TOKEN]


def token_uid_201(token: Mapping[str, Any]) -> str:
    """The token of a 2.0.1 `idToken`; empty for none and for type NoAuthorization."""
    return "" if token.get("type") == "NoAuthorization" else token_uid(token.get("idToken", ""))


def _time(source: Mapping[str, Any], name: str, prefix: str = "") -> datetime:
    try:
        return parse_timestamp(source.get(name))
    except (TimestampMissing, TimestampUnreadable) as problem:
        raise FieldRefused(prefix + name, "is no date and time") from problem


def _whole(
    source: Mapping[str, Any], name: str, high: int, prefix: str = "", *, low: int | None = None
) -> int:
    number = int(source[name])
    if not (-high if low is None else low) <= number <= high:
        raise FieldRefused(prefix + name, "is out of range")
    return number
