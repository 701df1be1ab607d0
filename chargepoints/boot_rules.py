"""What may be said while a station's start is not accepted, in either direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BOOT = "BootNotification"
ACCEPTED, PENDING, REJECTED = "accepted", "pending", "rejected"

# OCPP 2.0.1 B02.FR.05; in 1.6 section 4.2 likewise: nobody charges yet.
_NOT_WHILE_PENDING = frozenset(
    {
        *("RemoteStartTransaction", "RequestStartTransaction"),
        *("RemoteStopTransaction", "RequestStopTransaction"),
    }
)
_REPORTS: Mapping[str, str] = {
    "GetBaseReport": "NotifyReport",
    "GetReport": "NotifyReport",
    "GetMonitoringReport": "NotifyMonitoringReport",
}


def may_say(boot_state: str, action: str, expected: set[str]) -> bool:
    """Whether a station in this state may send the call.

    OCPP 2.0.1 B02.FR.09 and B03.FR.07, and 1.6 section 4.2: nothing but its BootNotification, and
    while pending what it was asked for.
    """
    if boot_state not in (PENDING, REJECTED) or action == BOOT:
        return True
    return boot_state == PENDING and action in expected


def why_not_tell(boot_state: str, action: str) -> str:
    """Why a station in this state may not be sent the call; empty when it may."""
    if boot_state == REJECTED:
        return "the station is rejected until it starts anew"
    if boot_state == PENDING and action in _NOT_WHILE_PENDING:
        return "the station is pending: nobody charges before it is accepted"
    return ""


def expected_after(action: str, payload: Mapping[str, Any]) -> str:
    """The call a station will make because of ours; empty for none."""
    if action in ("TriggerMessage", "ExtendedTriggerMessage"):
        return str(payload.get("requestedMessage", ""))
    return _REPORTS.get(action, "")
