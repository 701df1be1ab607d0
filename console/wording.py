"""A session's numbers, reasons and remarks in words people use."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.energy import EnergyFlag
from sessions_app.flags import SessionFlag
from sessions_app.types import SampleFlag

# OCPP 1.6 section 7.36 (Reason) and 2.0.1 part 2 section 3.73 (ReasonEnumType).
STOP_REASONS: dict[str, str | Promise] = {
    "DeAuthorized": _("The token was refused"),
    "EmergencyStop": _("Emergency stop"),
    "EnergyLimitReached": _("The agreed energy was reached"),
    "EVDisconnected": _("The cable was unplugged"),
    "GroundFault": _("Earth fault"),
    "HardReset": _("Hard restart of the station"),
    "ImmediateReset": _("Immediate restart of the station"),
    "Local": _("Stopped at the station"),
    "LocalOutOfCredit": _("The credit was used up"),
    "MasterPass": _("Stopped with a master card"),
    "Other": _("Other reason"),
    "OvercurrentFault": _("Overcurrent"),
    "PowerLoss": _("Power failure"),
    "PowerQuality": _("Poor power quality"),
    "Reboot": _("Restart of the station"),
    "Remote": _("Stopped remotely"),
    "SOCLimitReached": _("The battery reached its limit"),
    "SoftReset": _("Soft restart of the station"),
    "StoppedByEV": _("Stopped by the car"),
    "TimeLimitReached": _("The agreed time was up"),
    "Timeout": _("No car was plugged in in time"),
    "UnlockCommand": _("The connector was unlocked"),
}

REMARKS: dict[str, str | Promise] = {
    SessionFlag.CLOSED_BY_EVIDENCE: _("Closed by evidence: its stop never came"),
    SessionFlag.CONFLICTING_START: _("Several starts that contradict each other"),
    SessionFlag.CONFLICTING_STOP: _("Several stops that contradict each other"),
    SessionFlag.ENDS_BEFORE_START: _("Ended before it began, says the station"),
    SessionFlag.ENERGY_REBUILT: _("Energy rebuilt from the samples"),
    SessionFlag.LATE_SAMPLES: _("Measurements came after the price was set"),
    SessionFlag.LATE_START: _("The start came late"),
    SessionFlag.LATE_STOP: _("The stop came after the session was closed by evidence"),
    SessionFlag.MATCHED_BY_EVIDENCE: _("Start and stop matched by their content"),
    SessionFlag.SEQUENCE_GAP: _("Messages are missing"),
    SessionFlag.START_MISSING: _("The start is missing"),
    SessionFlag.SUPERSEDED: _("Overtaken by a later session"),
    SessionFlag.TOKEN_FROM_STOP: _("The token was only told at the end"),
    SessionFlag.VALUES_REJECTED: _("Some measurements could not be used"),
    EnergyFlag.BEGIN_MISSING: _("No meter reading at the start"),
    EnergyFlag.BEGIN_IMPLAUSIBLE: _("Implausible meter reading at the start"),
    EnergyFlag.STOP_MISSING: _("No meter reading at the end"),
    EnergyFlag.STOP_UNKNOWN: _("Unknown meter reading at the end"),
    EnergyFlag.STOP_BELOW_START: _("Meter reading at the end below the one at the start"),
    EnergyFlag.STOP_BELOW_SAMPLES: _("Meter reading at the end below earlier ones"),
    EnergyFlag.STOP_IMPLAUSIBLE: _("Implausible meter reading at the end"),
    EnergyFlag.REGISTER_REBASED: _("The meter began anew during the session"),
    EnergyFlag.REGISTER_MISSING: _("No meter readings"),
    SampleFlag.SIGNED_UNVERIFIED: _(
        "Signed meter values, not verified: enter the meter's public key on the connector"
    ),
    SessionFlag.SIGNED_INCOMPLETE: _("Signed meter values, but not at both start and end"),
    SessionFlag.SIGNED_OTHER_FORMAT: _(
        "Signed meter values that can not be verified: their format is not OCMF"
    ),
    SessionFlag.SIGNED_VERIFIED: _("Energy verified by the meter's signature"),
    SessionFlag.SIGNED_WRONG: _("Signed meter values contradict the bill"),
}


def energy(energy_wh: int) -> str:
    """Kilowatt-hours with two decimals, for lists."""
    return f"{_rounded(energy_wh, 2)} kWh"


def power(power_w: int) -> str:
    """Kilowatts with one decimal."""
    return f"{_rounded(power_w, 1)} kW"


def duration(seconds: int) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=seconds))


def stop_reason(code: str) -> str:
    """What OCPP's reason means; an unknown one as the station said it."""
    return str(STOP_REASONS.get(code, code))


def remark(flag: str) -> str:
    """What is odd about a session."""
    return str(REMARKS.get(flag, flag))


def _rounded(thousandths: int, decimals: int) -> str:
    number = (Decimal(thousandths) / 1000).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return str(number_format(number, force_grouping=True))
