"""Sites, charge points, connectors, what they said and what they were told."""

from chargepoints.models.charge_points import (
    SILENCE_BEFORE_OFFLINE,
    ChargePoint,
    Connector,
    StatusRecord,
)
from chargepoints.models.commands import Command, OcppMessage
from chargepoints.models.device import DeviceVariable
from chargepoints.models.doors import DoorRecord
from chargepoints.models.sites import Site

__all__ = [
    "SILENCE_BEFORE_OFFLINE",
    "ChargePoint",
    "Command",
    "Connector",
    "DeviceVariable",
    "DoorRecord",
    "OcppMessage",
    "Site",
    "StatusRecord",
]
