"""Why a message is refused, and what OCPP calls that in each version."""

from __future__ import annotations

from enum import Enum

from chargepoints.types import V16

LONGEST_DESCRIPTION = 255


class Fault(Enum):
    """A reason to refuse a message: its OCPP 1.6 error code, and the one of 2.0.1.

    1.6 spells two codes its own way (OCPP-J 1.6 4.2.3) and has none for the frame itself; 2.0.1
    has two of those (OCPP-J 2.0.1 4.3).
    """

    UNREADABLE = ("FormationViolation", "RpcFrameworkError")
    MESSAGE_TYPE = ("FormationViolation", "MessageTypeNotSupported")
    FORMAT = ("FormationViolation", "FormatViolation")
    TYPE = ("TypeConstraintViolation", "TypeConstraintViolation")
    PROPERTY = ("PropertyConstraintViolation", "PropertyConstraintViolation")
    OCCURRENCE = ("OccurenceConstraintViolation", "OccurrenceConstraintViolation")
    UNKNOWN_ACTION = ("NotImplemented", "NotImplemented")
    UNSUPPORTED_ACTION = ("NotSupported", "NotSupported")
    SECURITY = ("SecurityError", "SecurityError")
    INTERNAL = ("InternalError", "InternalError")

    def code(self, version: str) -> str:
        """The error code of a CALLERROR in this OCPP version."""
        return self.value[0] if version == V16 else self.value[1]


class CallRefused(Exception):
    """A call gets a CALLERROR: `reason` is short and repeats nothing of the payload's values."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason[:LONGEST_DESCRIPTION]


class FrameRefused(CallRefused):
    """A frame is not a message at all; `message_id` is what could be read of it, or `-1`.

    One that was meant as an answer (`is_answer`) must not be answered again.
    """

    def __init__(self, fault: Fault, reason: str, message_id: str = "-1") -> None:
        super().__init__(fault, reason)
        self.message_id = message_id
        self.is_answer = False
