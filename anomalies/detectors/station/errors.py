"""E15: what the station says is broken."""

from __future__ import annotations

from anomalies.detectors.kinds import found
from anomalies.detectors.station.events import StateReported
from anomalies.types import Action, Finding, Relation, Severity

# OCPP 1.6 errorCode, lower case -> cause, severity and code of the "minimum required error codes"
# of ChargeX (INL); 2.0.1 stations that still send such names are read the same way.
_ERRORS: dict[str, tuple[str, Severity, str]] = {
    "groundfailure": ("ground_failure", Severity.HARDWARE, "CX002"),
    "hightemperature": ("overheated", Severity.SYSTEM, "CX003"),
    "connectorlockfailure": ("connector_lock", Severity.SYSTEM, "CX001"),
    "overcurrentfailure": ("overcurrent", Severity.SYSTEM, "CX006"),
    "overvoltage": ("voltage", Severity.SYSTEM, "CX007"),
    "undervoltage": ("voltage", Severity.SYSTEM, "CX008"),
    "powermeterfailure": ("meter", Severity.SYSTEM, "CX010"),
    "powerswitchfailure": ("contactor", Severity.HARDWARE, "CX011"),
    "readerfailure": ("reader", Severity.ERROR, "CX012"),
    "internalerror": ("internal", Severity.ERROR, "CX013"),
    "othererror": ("vendor", Severity.ALERT, ""),
}
_DANGEROUS = frozenset({"ground_failure"})
# What the car says, or the radio: nothing is broken at the station.
_NOT_OURS = frozenset({"", "noerror", "evcommunicationerror", "weaksignal", "resetfailure"})
_SILENT_VENDOR = frozenset({"", "0", "0x0000", "0x00000000", "noerror", "no error", "none"})


def judge_error(event: StateReported) -> Finding | None:
    """Immediate, but not during maintenance (catalogue E15)."""
    code = event.error.strip().lower()
    if event.is_muted or code in _NOT_OURS:
        return None
    cause, severity, mrec = _ERRORS.get(code, ("vendor", Severity.ALERT, ""))
    if cause == "vendor" and event.vendor_error.strip().lower() in _SILENT_VENDOR:
        return None
    action = Action.TAKE_OUT_OF_SERVICE if cause in _DANGEROUS else Action.WORK_ORDER
    return found(
        "E15",
        cause,
        observed=1,
        expected=0,
        relation=Relation.ABOUT,
        since_at=event.at,
        at=event.at,
        severity=severity,
        action=action,
        code=event.error[:50],
        vendor_code=event.vendor_error[:50],
        mrec=mrec,
    )
