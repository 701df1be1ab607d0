"""What the message log must not keep: drivers' tokens, stations' keys, passwords in addresses."""

from __future__ import annotations

import re
from typing import Any

import orjson

MASK = "***"

# Fields whose text identifies a person or opens something, in either OCPP version.
SECRET_FIELDS = frozenset(
    {"idTag", "idToken", "parentIdTag", "apnPassword", "password", "certificate", "eMAID"}
)
# Settings whose value opens something: OCPP 1.6 keys and 2.0.1 variables.
SECRET_SETTINGS = frozenset({"authorizationkey", "basicauthpassword"})
VALUE_FIELDS = frozenset({"value", "attributeValue"})

_TELLING = (*SECRET_FIELDS, "://")
# The one-time addresses at which stations leave their logs (`services/uploads.py`).
_TOKEN_IN_ADDRESS = re.compile(r"(?<=/uploads/)[^/\s]+")
_PASSWORD_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")


def masked(value: Any) -> Any:
    """A copy of an OCPP payload with everything secret or personal replaced by `***`."""
    if isinstance(value, dict):
        hides_values = _is_secret_setting(value)
        return {
            key: _masked_field(key, inner, hides_values=hides_values)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str):
        return _TOKEN_IN_ADDRESS.sub(MASK, _PASSWORD_IN_ADDRESS.sub(f"{MASK}@", value))
    return value


def masked_text(payload: dict[str, Any]) -> str:
    """`masked`, as JSON text; a payload without any of the telling words is not gone through."""
    text = orjson.dumps(payload).decode()
    if any(word in text for word in _TELLING) or any(
        name in text.lower() for name in SECRET_SETTINGS
    ):
        return orjson.dumps(masked(payload)).decode()
    return text


def is_secret_setting(name: str) -> bool:
    """Whether a station's setting of this name holds its key."""
    return name.lower() in SECRET_SETTINGS


def sets_secret(payload: dict[str, Any]) -> bool:
    """Whether a command (ChangeConfiguration, SetVariables) would set a station's key."""
    asked = payload.get("setVariableData")
    items = asked if isinstance(asked, list) else [payload]
    return any(isinstance(item, dict) and _is_secret_setting(item) for item in items)


def _masked_field(key: str, value: Any, *, hides_values: bool) -> Any:
    if isinstance(value, str) and (key in SECRET_FIELDS or (hides_values and key in VALUE_FIELDS)):
        return MASK
    if hides_values and key == "variableAttribute" and isinstance(value, list):
        return [
            {**attribute, "value": MASK} if isinstance(attribute, dict) else MASK
            for attribute in value
        ]
    return masked(value)


def _is_secret_setting(fields: dict[str, Any]) -> bool:
    variable = fields.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else fields.get("key")
    return isinstance(name, str) and is_secret_setting(name)
