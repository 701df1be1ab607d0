"""Every call we can make to a station: in which OCPP versions, what it is for, who may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chargepoints.types import V16, V21, V201
from tenants.access import Right

NEW = frozenset({V201, V21})
OLD = frozenset({V16})
ALL = OLD | NEW


class Group(Enum):
    """What a call is about, in the order people need them."""

    CHARGING = _("Start and stop")
    STATION = _("The station")
    SETTINGS = _("Settings")
    ACCESS = _("Tokens and reservations")
    POWER = _("Charging profiles")
    UPKEEP = _("Firmware and logs")
    SECURITY = _("Certificates")
    DISPLAY = _("Display, price and customers")
    MONITORS = _("Monitors")


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One call; `right` is what a member or an API key needs to make it by hand."""

    action: str
    group: Group
    summary: str | Promise
    versions: frozenset[str] = NEW
    right: Right = Right.OPERATE


def _spec(
    action: str,
    group: Group,
    summary: str | Promise,
    versions: frozenset[str] = NEW,
    right: Right = Right.OPERATE,
) -> tuple[str, CommandSpec]:
    return action, CommandSpec(action, group, summary, versions, right)


_G, _MAY = Group, Right.CONTROL

# OCPP 1.6 edition 2 with the security white paper, and 2.0.1 part 2; in the order of the groups.
CATALOGUE: Mapping[str, CommandSpec] = dict(
    (
        _spec("RemoteStartTransaction", _G.CHARGING, _("Start charging"), OLD, _MAY),
        _spec("RemoteStopTransaction", _G.CHARGING, _("Stop charging"), OLD, _MAY),
        _spec("RequestStartTransaction", _G.CHARGING, _("Start charging"), NEW, _MAY),
        _spec("RequestStopTransaction", _G.CHARGING, _("Stop charging"), NEW, _MAY),
        _spec("UnlockConnector", _G.CHARGING, _("Let go of the cable"), ALL, _MAY),
        _spec(
            "GetTransactionStatus",
            _G.CHARGING,
            _("Ask whether messages of a session are still to come"),
            NEW,
            _MAY,
        ),
        _spec("Reset", _G.STATION, _("Restart the station"), ALL, _MAY),
        _spec("ChangeAvailability", _G.STATION, _("Take in or out of service"), ALL, _MAY),
        _spec("TriggerMessage", _G.STATION, _("Ask for a message now"), ALL, _MAY),
        _spec(
            "ExtendedTriggerMessage",
            _G.STATION,
            _("Ask for a message now, those of the security extension too"),
            OLD,
            _MAY,
        ),
        _spec("DataTransfer", _G.STATION, _("Send a message of the manufacturer's own"), ALL),
        _spec("GetConfiguration", _G.SETTINGS, _("Read settings"), OLD, _MAY),
        _spec("ChangeConfiguration", _G.SETTINGS, _("Change a setting"), OLD),
        _spec("GetVariables", _G.SETTINGS, _("Read settings"), NEW, _MAY),
        _spec("SetVariables", _G.SETTINGS, _("Change settings"), NEW),
        _spec("GetBaseReport", _G.SETTINGS, _("Ask for a report of all settings"), NEW, _MAY),
        _spec("GetReport", _G.SETTINGS, _("Ask for a report of some settings"), NEW, _MAY),
        _spec("SetNetworkProfile", _G.SETTINGS, _("Set how the station connects"), NEW),
        _spec("ClearCache", _G.ACCESS, _("Forget remembered tokens"), ALL, _MAY),
        _spec("GetLocalListVersion", _G.ACCESS, _("Ask which local list it has"), ALL, _MAY),
        _spec("SendLocalList", _G.ACCESS, _("Send a local list of tokens"), ALL),
        _spec("ReserveNow", _G.ACCESS, _("Keep an outlet for a token"), ALL, _MAY),
        _spec("CancelReservation", _G.ACCESS, _("Give up a reservation"), ALL, _MAY),
        _spec("SetChargingProfile", _G.POWER, _("Limit the power"), ALL),
        _spec("ClearChargingProfile", _G.POWER, _("Take limits away"), ALL),
        _spec("GetCompositeSchedule", _G.POWER, _("Ask which limits add up to"), ALL, _MAY),
        _spec("GetChargingProfiles", _G.POWER, _("Ask which profiles it has"), NEW, _MAY),
        _spec("UpdateFirmware", _G.UPKEEP, _("Update the firmware"), ALL),
        _spec("SignedUpdateFirmware", _G.UPKEEP, _("Update to a signed firmware"), OLD),
        _spec("PublishFirmware", _G.UPKEEP, _("Have a local controller hand firmware on"), NEW),
        _spec("UnpublishFirmware", _G.UPKEEP, _("Stop handing firmware on"), NEW),
        _spec("GetDiagnostics", _G.UPKEEP, _("Ask for diagnostics"), OLD),
        _spec("GetLog", _G.UPKEEP, _("Ask for a log"), ALL),
        _spec("GetInstalledCertificateIds", _G.SECURITY, _("Ask which certificates it has"), ALL),
        _spec("InstallCertificate", _G.SECURITY, _("Install a root certificate"), ALL),
        _spec("DeleteCertificate", _G.SECURITY, _("Remove a certificate"), ALL),
        _spec("CertificateSigned", _G.SECURITY, _("Hand over a signed certificate"), ALL),
        _spec("SetDisplayMessage", _G.DISPLAY, _("Show a message"), NEW),
        _spec("GetDisplayMessages", _G.DISPLAY, _("Ask which messages it shows"), NEW, _MAY),
        _spec("ClearDisplayMessage", _G.DISPLAY, _("Take a message away"), NEW),
        _spec("CostUpdated", _G.DISPLAY, _("Show what the session costs so far"), NEW),
        _spec("CustomerInformation", _G.DISPLAY, _("Read or erase what it knows of a customer")),
        _spec("SetVariableMonitoring", _G.MONITORS, _("Watch settings or readings")),
        _spec("ClearVariableMonitoring", _G.MONITORS, _("Stop watching")),
        _spec("GetMonitoringReport", _G.MONITORS, _("Ask what it watches"), NEW, _MAY),
        _spec("SetMonitoringBase", _G.MONITORS, _("Choose the monitors to begin with")),
        _spec("SetMonitoringLevel", _G.MONITORS, _("Choose how severe what is told must be")),
    )
)


def commands_of(version: str) -> list[CommandSpec]:
    """Every call of an OCPP version, in the order of the groups."""
    return [spec for spec in CATALOGUE.values() if version in spec.versions]


def command_spec(version: str, action: str) -> CommandSpec | None:
    """The call of this name, if this OCPP version has it."""
    spec = CATALOGUE.get(action)
    return spec if spec is not None and version in spec.versions else None
