"""OCPP's own JSON schemas, as the `ocpp` package ships them, checked by jsonschema-rs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import jsonschema_rs
from ocpp.messages import MessageType, get_validator

from chargepoints.errors import CallRefused, Fault

LONGEST_NAME_SHOWN = 50

_validators: dict[tuple[str, str, int], Any] = {}

_FAULTS = {
    "type": Fault.TYPE,
    "maxLength": Fault.TYPE,
    "required": Fault.OCCURRENCE,
    "minItems": Fault.OCCURRENCE,
    "maxItems": Fault.OCCURRENCE,
    "additionalProperties": Fault.FORMAT,
}
_REASONS = {
    "maxLength": "is too long",
    "minLength": "is too short",
    "minItems": "has too few elements",
    "maxItems": "has too many elements",
    "enum": "is not one of the allowed values",
    "format": "is not a date and time",
    "minimum": "is too small",
    "maximum": "is too large",
    "multipleOf": "has too many decimals",
}


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One breach of a schema: where, which rule (`kind`), and the rule's own words (`details`)."""

    path: tuple[str | int, ...]
    kind: str
    details: dict[str, Any]

    def refusal(self) -> CallRefused:
        """What the station is told of it."""
        path = [str(step) for step in self.path]
        match self.kind:
            case "required":
                path.append(self.details["property"])
                reason = "is missing"
            case "additionalProperties":
                path.append(str(self.details["unexpected"][0]))
                reason = "is not a field of this message"
            case "type":
                reason = "is not of type " + " or ".join(self.details["types"])
            case _:
                reason = _REASONS.get(self.kind, "is not valid")
        field = ".".join(step[:LONGEST_NAME_SHOWN] for step in path) or "payload"
        return CallRefused(_FAULTS.get(self.kind, Fault.PROPERTY), f"{field}: {reason}")


def check_call(version: str, action: str, payload: dict[str, Any]) -> None:
    """Raise `CallRefused` unless the action exists in this version and the payload fits it."""
    validator = _validator(version, action, MessageType.Call)
    if validator is None:
        raise CallRefused(Fault.UNKNOWN_ACTION, "action: not part of this OCPP version")
    _check(validator, payload)


def check_answer(version: str, action: str, payload: dict[str, Any]) -> None:
    """Raise `CallRefused` unless the payload is an answer to the action."""
    validator = _validator(version, action, MessageType.CallResult)
    if validator is None:
        raise CallRefused(Fault.UNKNOWN_ACTION, "action: not part of this OCPP version")
    _check(validator, payload)


def schema_errors(version: str, action: str, payload: dict[str, Any]) -> list[SchemaError]:
    """Every breach of the action's schema; raises `CallRefused` for an unknown action."""
    validator = _validator(version, action, MessageType.Call)
    if validator is None:
        raise CallRefused(Fault.UNKNOWN_ACTION, "action: not part of this OCPP version")
    return [_read(error) for error in validator.iter_errors(payload)]


@cache
def measurands() -> frozenset[str]:
    """Every measurand that OCPP 1.6 or 2.0.1 knows."""
    newer: Any = get_validator(MessageType.Call, "MeterValues", "2.0.1")
    words = newer.schema["definitions"]["MeasurandEnumType"]["enum"]
    return frozenset(words) | frozenset(_sampled_value_16()["measurand"]["enum"])


@cache
def units() -> frozenset[str]:
    """Every unit of OCPP 1.6; 2.0.1 leaves units free."""
    return frozenset(_sampled_value_16()["unit"]["enum"])


def _sampled_value_16() -> dict[str, Any]:
    library: Any = get_validator(MessageType.Call, "MeterValues", "1.6")
    meter_value = library.schema["properties"]["meterValue"]["items"]["properties"]
    fields: dict[str, Any] = meter_value["sampledValue"]["items"]["properties"]
    return fields


def is_known(version: str, action: str) -> bool:
    """Whether the action exists in this OCPP version, in whichever direction."""
    return _validator(version, action, MessageType.Call) is not None


def call_schema(version: str, action: str) -> dict[str, Any]:
    """OCPP's own schema of a call; raises `KeyError` for an action this version does not have."""
    return _schema(version, action, MessageType.Call)


def answer_schema(version: str, action: str) -> dict[str, Any]:
    """OCPP's own schema of the answer to a call; raises `KeyError` like `call_schema`."""
    return _schema(version, action, MessageType.CallResult)


def is_date_time(text: str) -> bool:
    """Whether a text can be read as a point in time; OCPP's schemas ask for RFC 3339.

    Read as leniently as `datetime` does: stations leave out the zone or the seconds' fraction.
    """
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _schema(version: str, action: str, message_type: int) -> dict[str, Any]:
    if _validator(version, action, message_type) is None:
        raise KeyError(action)
    library: Any = get_validator(message_type, action, version)
    schema: dict[str, Any] = library.schema
    return schema


def _validator(version: str, action: str, message_type: int) -> Any:
    # A name that is not a plain word is no file name, whatever a station sends.
    if not action.isalnum() or not action.isascii() or len(action) > LONGEST_NAME_SHOWN:
        return None
    if action.endswith(("Request", "Response")):
        return None
    key = (version, action, message_type)
    if key not in _validators:
        try:
            library: Any = get_validator(message_type, action, version)
        except OSError:
            # Not remembered: a station could invent names for ever.
            return None
        _validators[key] = jsonschema_rs.Draft4Validator(
            library.schema,
            validate_formats=True,
            formats={"date-time": is_date_time, "uri": lambda _text: True},
        )
    return _validators[key]


def _check(validator: Any, payload: dict[str, Any]) -> None:
    try:
        validator.validate(payload)
    except jsonschema_rs.ValidationError as error:
        raise _read(error).refusal() from None


def _read(error: jsonschema_rs.ValidationError) -> SchemaError:
    return SchemaError(tuple(error.instance_path), error.kind.name, error.kind.as_dict())
