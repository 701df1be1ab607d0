"""What the kinds of incidents are called, by the id of their detector."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What a cause is called where its kind's title would mislead.
CAUSE_TITLES: dict[tuple[str, str], str | Promise] = {
    ("M2", "above_rated"): _("More energy than the connector can give"),
    ("M2", "begin_placeholder"): _("Meter reading at the start is a placeholder"),
    ("M9", "begin_unknown"): _("No real meter reading at the start"),
    ("M9", "stop_unknown"): _("No real meter reading at the end"),
    ("M9", "stop_below_start"): _("Meter reading at the end below the one at the start"),
}

TITLES: dict[str, str | Promise] = {
    "E1": _("Power does not match voltage and current"),
    "E3": _("Current above the limit"),
    "E9": _("No power although charging"),
    "M1": _("Energy register went backwards"),
    "M2": _("Energy register jumped"),
    "M3": _("Energy register stands still"),
    "M8": _("Energy in the wrong unit"),
    "M9": _("Begin or end of the session contradicts the meter"),
    "S2": _("Session ends before it begins"),
}
