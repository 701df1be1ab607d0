"""What the kinds of incidents are called, by the id of their detector."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
