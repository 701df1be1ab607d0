"""OCPP-J frames: text to message and back, refusing what the database could not keep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from chargepoints.errors import Fault, FrameRefused

LONGEST_FRAME_BYTES = 64 * 1024
LONGEST_MESSAGE_ID = 36
DEEPEST_NESTING = 32
LARGEST_INTEGER = 2**63 - 1

CALL, CALL_RESULT, CALL_ERROR = 2, 3, 4

# Only a frame with one of these can hold what `_check_values` looks for.
_LONG_NUMBER = re.compile(r"\d{19}")
# Of 19 characters in a row at least three are seen by a look at every sixth.
_STRIDE = 6
_MAYBE_LONG_NUMBER = re.compile(r"\d\d\d")
_NUL_ESCAPE = "\\u0000"


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `[2, id, action, payload]`.

    One that had to be mended says how in `mending`, and has what was sent in `as_sent`.
    """

    message_id: str
    action: str
    payload: dict[str, Any]
    as_sent: dict[str, Any] | None = None
    mending: str = ""


@dataclass(frozen=True, slots=True)
class CallResult:
    """An answer: `[3, id, payload]`."""

    message_id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallError:
    """A refusal: `[4, id, code, description, details]`."""

    message_id: str
    code: str
    description: str


Frame = Call | CallResult | CallError


def is_oversized(text: str) -> bool:
    """Whether the frame is larger than we take, counted in bytes of UTF-8."""
    if len(text) > LONGEST_FRAME_BYTES:
        return True
    return len(text) * 4 > LONGEST_FRAME_BYTES and len(text.encode()) > LONGEST_FRAME_BYTES


def parse_frame(text: str) -> Frame:
    """The message in a frame; raises `FrameRefused` with the message id if one could be read."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FrameRefused(Fault.UNREADABLE, f"not valid JSON: {error.msg[:80]}") from None
    if not isinstance(frame, list) or len(frame) < 2:
        raise FrameRefused(Fault.UNREADABLE, "not an array of a message")
    # `True == 1` and `2.0 == 2` in Python, not in OCPP.
    message_type = frame[0] if type(frame[0]) is int else 0
    try:
        return _message(message_type, frame, text)
    except FrameRefused as refusal:
        refusal.is_answer = message_type in (CALL_RESULT, CALL_ERROR)
        raise


def call_text(message_id: str, action: str, payload: dict[str, Any]) -> str:
    """A CALL as it goes over the wire."""
    return orjson.dumps([CALL, message_id, action, payload]).decode()


def call_result_text(message_id: str, payload: dict[str, Any]) -> str:
    """A CALLRESULT as it goes over the wire."""
    return orjson.dumps([CALL_RESULT, message_id, payload]).decode()


def empty_result_text(message_id: str) -> str:
    """A CALLRESULT that says no more than that the call was heard."""
    return call_result_text(message_id, {})


def call_error_text(message_id: str, code: str, description: str) -> str:
    """A CALLERROR as it goes over the wire; its details stay empty on purpose."""
    return orjson.dumps([CALL_ERROR, message_id, code, description, {}]).decode()


def _message(message_type: int, frame: list[Any], text: str) -> Frame:
    message_id = _message_id(frame[1])
    if _is_suspicious(text):
        _check_values(frame, message_id)
    if message_type == CALL:
        return _call(frame, message_id)
    if message_type == CALL_RESULT:
        return _call_result(frame, message_id)
    if message_type == CALL_ERROR:
        return _call_error(frame, message_id)
    raise FrameRefused(Fault.MESSAGE_TYPE, "message type: not 2, 3 or 4", message_id)


def _message_id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise FrameRefused(Fault.UNREADABLE, "message id: not a text")
    if len(value) > LONGEST_MESSAGE_ID:
        raise FrameRefused(
            Fault.UNREADABLE, f"message id: longer than {LONGEST_MESSAGE_ID} characters"
        )
    if "\x00" in value:
        raise FrameRefused(Fault.UNREADABLE, "message id: has a NUL character")
    return value


def _call(frame: list[Any], message_id: str) -> Call:
    if len(frame) < 4:
        raise FrameRefused(Fault.FORMAT, "payload: is missing", message_id)
    if len(frame) > 4:
        raise FrameRefused(Fault.FORMAT, "message: has more than four elements", message_id)
    action, payload = frame[2], frame[3]
    if not isinstance(action, str) or not action:
        raise FrameRefused(Fault.FORMAT, "action: not a text", message_id)
    if not isinstance(payload, dict):
        raise FrameRefused(Fault.FORMAT, "payload: not an object", message_id)
    return Call(message_id, action, payload)


def _call_result(frame: list[Any], message_id: str) -> CallResult:
    if len(frame) != 3 or not isinstance(frame[2], dict):
        raise FrameRefused(Fault.FORMAT, "answer: not [3, id, object]", message_id)
    return CallResult(message_id, frame[2])


def _call_error(frame: list[Any], message_id: str) -> CallError:
    # Stations leave out description and details; the code alone says enough.
    code = frame[2] if len(frame) > 2 and isinstance(frame[2], str) else ""
    description = frame[3] if len(frame) > 3 and isinstance(frame[3], str) else ""
    return CallError(message_id, code[:64], description[:255])


def _is_suspicious(text: str) -> bool:
    return (
        _NUL_ESCAPE in text
        or text.count("[") + text.count("{") > DEEPEST_NESTING
        or _has_long_number(text)
    )


def _has_long_number(text: str) -> bool:
    # Most frames have none, and looking at every character costs as much as reading them.
    return (
        _MAYBE_LONG_NUMBER.search(text[::_STRIDE]) is not None
        and _LONG_NUMBER.search(text) is not None
    )


def _check_values(frame: list[Any], message_id: str) -> None:
    """Refuse nesting, NUL characters and integers that neither code nor database would survive."""
    level: list[Any] = [frame]
    for _ in range(DEEPEST_NESTING):
        below: list[Any] = []
        for value in level:
            below.extend(_children(value, message_id))
        if not below:
            return
        level = below
    raise FrameRefused(
        Fault.FORMAT, f"message: nested deeper than {DEEPEST_NESTING} levels", message_id
    )


def _children(value: Any, message_id: str) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, list):
        return value
    if isinstance(value, str) and "\x00" in value:
        raise FrameRefused(Fault.PROPERTY, "message: has a NUL character", message_id)
    # orjson reads integers beyond 64 bits as floating point.
    if isinstance(value, int | float) and abs(value) > LARGEST_INTEGER:
        raise FrameRefused(Fault.PROPERTY, "message: has a number beyond 64 bits", message_id)
    return []
