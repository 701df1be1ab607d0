"""What the kinds of incidents are called, by the id of their detector."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What a cause is called where its kind's title would mislead.
CAUSE_TITLES: dict[tuple[str, str], str | Promise] = {
    ("M2", "above_rated"): _("More energy than the connector can give"),
    ("M2", "begin_placeholder"): _("Meter reading at the start is a placeholder"),
    ("F3", "paid_for_nothing"): _("Paid, but no energy"),
    ("S2", "clock_drift"): _("Station's clock is wrong"),
    ("S2", "clock_unset"): _("Station's clock was never set"),
    ("S3", "flapping"): _("Station keeps losing its connection"),
    ("S3", "site_offline"): _("Site is offline"),
    ("S5", "overstay"): _("Car stays although it is full"),
    ("M8", "power_large"): _("Power in the wrong unit"),
    ("M8", "power_small"): _("Power in the wrong unit"),
    ("M9", "begin_unknown"): _("No real meter reading at the start"),
    ("M9", "stop_unknown"): _("No real meter reading at the end"),
    ("M9", "stop_below_start"): _("Meter reading at the end below the one at the start"),
}

TITLES: dict[str, str | Promise] = {
    "E1": _("Power does not match voltage and current"),
    "E2": _("Supply voltage outside its limits"),
    "E3": _("Current above the limit"),
    "E4": _("Charging profile is not followed"),
    "E5": _("Paused by load management"),
    "E6": _("A phase is dead"),
    "E7": _("Phases carry unequal load"),
    "E8": _("No energy after the start"),
    "E9": _("No power although charging"),
    "E10": _("Connector gives less than usual"),
    "E11": _("Less current than this car usually takes"),
    "E12": _("Current swings to and fro"),
    "E13": _("Too hot"),
    "E14": _("State of charge jumps"),
    "E15": _("Station reports a failure"),
    "M1": _("Energy register went backwards"),
    "M2": _("Energy register jumped"),
    "M3": _("Energy register stands still"),
    "M4": _("Energy does not match the power"),
    "M5": _("Meter drifts"),
    "M6": _("Energy between two sessions"),
    "M7": _("Site meter and connectors disagree"),
    "M8": _("Energy in the wrong unit"),
    "M9": _("Begin or end of the session contradicts the meter"),
    "M10": _("Energy does not fit the battery"),
    "S1": _("Readings are missing"),
    "S2": _("Session ends before it begins"),
    "S3": _("Station is offline"),
    "S4": _("Session never ends"),
    "S5": _("Session lasts too long"),
    "S6": _("Connector is stuck"),
    "S7": _("Tokens are refused"),
    "S8": _("Sessions fail one after another"),
    "S9": _("Connector has gone quiet"),
    "S10": _("Impossible transaction"),
    "S11": _("Readings lack what was asked for"),
    "S12": _("More failures since the new firmware"),
    "F1": _("Token may be copied"),
    "F2": _("Unusual use of a token"),
    "F3": _("Energy without a bill"),
    "F4": _("Amount does not follow the price"),
    "F5": _("Energy without a session"),
    "F6": _("Doubtful token"),
}
