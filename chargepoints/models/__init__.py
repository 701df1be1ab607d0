"""Sites, charge points, connectors, what they said and what they were told."""

from chargepoints.models.access import LocalList, Reservation
from chargepoints.models.authorities import CertificateAuthority, SigningRequest
from chargepoints.models.campaigns import Campaign, CampaignStation, SettingsTemplate
from chargepoints.models.charge_points import (
    CLOCK_TOLERANCE_S,
    SILENCE_BEFORE_OFFLINE,
    ChargePoint,
    Connector,
    StatusRecord,
)
from chargepoints.models.charging import (
    ChargingLimit,
    ChargingNeed,
    ChargingProfile,
    CompositeSchedule,
)
from chargepoints.models.commands import Command, OcppMessage
from chargepoints.models.device import DeviceVariable
from chargepoints.models.doors import (
    CertificatePurpose,
    DoorRecord,
    KeyRotation,
    StationCertificate,
)
from chargepoints.models.maintenance import FirmwareJob, InstalledCertificate, LogRequest
from chargepoints.models.profiles import ModelProfile
from chargepoints.models.reports import (
    CustomerReport,
    DeviceEvent,
    DisplayMessage,
    SecurityEvent,
    VariableMonitor,
)
from chargepoints.models.sites import Site
from chargepoints.models.uploads import LogUpload

__all__ = [
    "CLOCK_TOLERANCE_S",
    "SILENCE_BEFORE_OFFLINE",
    "Campaign",
    "CampaignStation",
    "CertificateAuthority",
    "CertificatePurpose",
    "ChargePoint",
    "ChargingLimit",
    "ChargingNeed",
    "ChargingProfile",
    "Command",
    "CompositeSchedule",
    "Connector",
    "CustomerReport",
    "DeviceEvent",
    "DeviceVariable",
    "DisplayMessage",
    "DoorRecord",
    "FirmwareJob",
    "InstalledCertificate",
    "KeyRotation",
    "LocalList",
    "LogRequest",
    "LogUpload",
    "ModelProfile",
    "OcppMessage",
    "Reservation",
    "SecurityEvent",
    "SettingsTemplate",
    "SigningRequest",
    "Site",
    "StationCertificate",
    "StatusRecord",
    "VariableMonitor",
]
