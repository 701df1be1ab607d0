"""Mending calls that break OCPP's schema, for charger models that are known to send such."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from chargepoints.schemas import SchemaError, check_call, schema_errors

# Each round mends every mistake it sees; mending one can show the next behind it.
_ROUNDS: Final = 8
_MOST_NOTES: Final = 20
# The normaliser of meter values takes whatever stands here and names what it could not read.
_METER_VALUES: Final = frozenset({"meterValue", "transactionData"})
# Cut short or guessed, these would be somebody else's.
_IDENTITIES: Final = frozenset({"idTag", "parentIdTag", "idToken", "transactionId"})

# What a missing field means; a start without its time or register cannot be told from another.
_DEFAULTS: Final[dict[str, Any]] = {
    "BootNotification.chargePointVendor": "Unknown",
    "BootNotification.chargePointModel": "Unknown",
    "BootNotification.chargingStation.vendorName": "Unknown",
    "BootNotification.chargingStation.model": "Unknown",
    "BootNotification.reason": "Unknown",
    "StatusNotification.errorCode": "NoError",
    # -1 is what stations send that do not know it (finding M9).
    "StopTransaction.meterStop": -1,
}
_RECEIVED_AT: Final = frozenset(
    {
        "StatusNotification.timestamp",
        "StopTransaction.timestamp",
        "SecurityEventNotification.timestamp",
    }
)
# What an unknown word means where the field may not be left out, or matters.
_OTHER_WORDS: Final = {
    "StatusNotification.errorCode": "OtherError",
    "StopTransaction.reason": "Other",
    "TransactionEvent.transactionInfo.stoppedReason": "Other",
    "TransactionEvent.triggerReason": "Trigger",
    "BootNotification.reason": "Unknown",
}


@dataclass(frozen=True, slots=True)
class Mended:
    """A call that fits the schema now, or nearly; `notes` name each field and what was wrong."""

    payload: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The notes in one line."""
        return "; ".join(self.notes)


def mend_call(
    version: str, action: str, payload: dict[str, Any], *, received_at: datetime
) -> Mended:
    """The payload with its breaches of the schema mended, for the handler; the log keeps the raw.

    Numbers sent as texts and the like are read, unknown fields left out, unknown words replaced
    by OCPP's word for "other" or left out where they may be. What stands inside meter values is
    left to the normaliser. Raises `CallRefused`, as a strict check would, for what cannot be
    mended without guessing who, when or how much.
    """
    mended = deepcopy(payload)
    notes: list[str] = []
    for _ in range(_ROUNDS):
        errors = [error for error in schema_errors(version, action, mended) if not _is_left(error)]
        if not errors:
            notes += [_note(error) for error in schema_errors(version, action, mended)]
            return Mended(mended, tuple(dict.fromkeys(notes))[:_MOST_NOTES])
        # From the end of a list to its beginning: what is left out moves what stands behind it.
        for error in sorted(errors, key=lambda error: error.path, reverse=True):
            if not _mend(action, mended, error, received_at):
                check_call(version, action, payload)
            notes.append(_note(error))
    check_call(version, action, payload)
    raise AssertionError("a payload that fits needs no mending")


def _is_left(error: SchemaError) -> bool:
    if not error.path or error.path[0] not in _METER_VALUES:
        return False
    return error.kind in ("enum", "format", "maxLength", "minItems", "maxItems") or (
        error.kind == "required" and error.details["property"] in ("timestamp", "sampledValue")
    )


def _note(error: SchemaError) -> str:
    return error.refusal().reason


def _mend(action: str, payload: dict[str, Any], error: SchemaError, at: datetime) -> bool:
    """Mend one mistake in place; False if that cannot be done."""
    mend = _MENDERS.get(error.kind)
    if mend is None:
        return False
    try:
        return mend(action, payload, error, at)
    except (KeyError, IndexError):
        # An earlier mistake of this round has taken the place away.
        return True


def _add_missing(action: str, payload: dict[str, Any], error: SchemaError, at: datetime) -> bool:
    name = error.details["property"]
    place = _key(action, (*error.path, name))
    if place in _DEFAULTS:
        _at(payload, error.path)[name] = _DEFAULTS[place]
    elif place in _RECEIVED_AT:
        _at(payload, error.path)[name] = at.astimezone(UTC).isoformat()
    elif error.path and error.path[0] in _METER_VALUES and name == "value":
        _leave_out(payload, error.path)
    else:
        return False
    return True


def _drop_unknown(action: str, payload: dict[str, Any], error: SchemaError, at: datetime) -> bool:
    for name in error.details["unexpected"]:
        _at(payload, error.path).pop(name, None)
    return True


def _choose_word(action: str, payload: dict[str, Any], error: SchemaError, at: datetime) -> bool:
    holder, name = _at(payload, error.path[:-1]), error.path[-1]
    value = holder[name]
    known = {_plain(option): option for option in error.details["options"]}
    place = _key(action, error.path)
    if isinstance(value, str) and _plain(value) in known:
        holder[name] = known[_plain(value)]
    elif place in _OTHER_WORDS:
        holder[name] = _OTHER_WORDS[place]
        if place == "StatusNotification.errorCode" and isinstance(value, str):
            holder.setdefault("vendorErrorCode", value[:50])
    else:
        _leave_out(payload, error.path)
    return True


def _convert(action: str, payload: dict[str, Any], error: SchemaError, at: datetime) -> bool:
    if not error.path:
        return False
    holder, name = _at(payload, error.path[:-1]), error.path[-1]
    value = holder[name]
    if value is None:
        _leave_out(payload, error.path)
        return True
    for wanted in error.details["types"]:
        converted = _CONVERSIONS[wanted](value) if wanted in _CONVERSIONS else None
        if converted is not None:
            holder[name] = converted
            return True
    if error.path[0] in _METER_VALUES:
        _leave_out(payload, error.path)
        return True
    return False


def _shorten(action: str, payload: dict[str, Any], error: SchemaError, at: datetime) -> bool:
    name = error.path[-1]
    if name in _IDENTITIES:
        return False
    holder = _at(payload, error.path[:-1])
    holder[name] = holder[name][: error.details["limit"]]
    return True


def _replace_time(action: str, payload: dict[str, Any], error: SchemaError, at: datetime) -> bool:
    if _key(action, error.path) in _RECEIVED_AT:
        _at(payload, error.path[:-1])[error.path[-1]] = at.astimezone(UTC).isoformat()
        return True
    if error.path[-1] == "timestamp":
        return False
    _leave_out(payload, error.path)
    return True


_MENDERS: Final[dict[str, Callable[[str, dict[str, Any], SchemaError, datetime], bool]]] = {
    "required": _add_missing,
    "additionalProperties": _drop_unknown,
    "enum": _choose_word,
    "type": _convert,
    "maxLength": _shorten,
    "format": _replace_time,
}


def _key(action: str, path: tuple[str | int, ...]) -> str:
    return ".".join([action, *(str(step) for step in path)])


def _at(payload: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        payload = payload[step]
    return payload


def _leave_out(payload: dict[str, Any], path: tuple[str | int, ...]) -> None:
    del _at(payload, path[:-1])[path[-1]]


def _plain(word: Any) -> str:
    return "".join(letter for letter in str(word).casefold() if letter.isalnum())


def _whole_number(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number.to_integral_value(ROUND_HALF_UP))


def _float(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else float(number)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 2**63 else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _truth(value: Any) -> bool | None:
    return {"true": True, "false": False, "1": True, "0": False}.get(str(value).casefold())


def _list(value: Any) -> list[Any] | None:
    return [value] if isinstance(value, dict) else None


_CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "integer": _whole_number,
    "number": _float,
    "string": _text,
    "boolean": _truth,
    "array": _list,
}
