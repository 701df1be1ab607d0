"""Incidents in plain language: what is wrong, and what to do first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from anomalies.models import Incident
from anomalies.titles import CAUSE_TITLES, TITLES
from anomalies.types import Action, Severity

_REBUILT = re.compile(r" \[(\d+) Wh ± (\d+) Wh\]$")

SENTENCES: dict[tuple[str, str], str | Promise] = {
    ("E1", "power_high"): _(
        "The station reports %(observed)s, but voltage times current is only %(expected)s."
    ),
    ("E1", "power_low"): _(
        "The station reports only %(observed)s, but voltage times current is %(expected)s."
    ),
    ("E3", "over_limit"): _("The current is %(observed)s where at most %(expected)s is allowed."),
    ("E9", "no_power"): _(
        "The connector says it is charging, but gives %(observed)s instead of at least"
        " %(expected)s."
    ),
    ("E9", "no_progress"): _(
        "The battery does not fill: %(observed)s where at least %(expected)s is usual."
    ),
    ("M1", "lower"): _("The register fell from %(expected)s to %(observed)s."),
    ("M1", "stays_empty"): _(
        "The register fell from %(expected)s to %(observed)s and stays there."
    ),
    ("M2", "jump"): _(
        "The register rose by %(observed)s where the connector can give at most %(expected)s."
    ),
    ("M2", "begin_placeholder"): _(
        "The session seems to begin at a placeholder: %(observed)s between begin and end where"
        " at most %(expected)s was measured."
    ),
    ("M2", "above_rated"): _(
        "%(observed)s is more than the connector can give in that time (%(expected)s)."
    ),
    ("M3", "stuck"): _(
        "The register gained %(observed)s while at least %(expected)s flowed into the car."
    ),
    ("M8", "register"): _(
        "The register went from %(expected)s to %(observed)s, a factor of about 1000: Wh and kWh"
        " were mixed up."
    ),
    ("M8", "register_large"): _(
        "The register counted %(observed)s, but by the power only %(expected)s flowed, about a"
        " thousandth: Wh and kWh were mixed up."
    ),
    ("M8", "register_small"): _(
        "The register counted only %(observed)s, but by the power %(expected)s flowed, about a"
        " thousand times as much: Wh and kWh were mixed up."
    ),
    ("M8", "ends"): _(
        "Begin and end are %(observed)s apart, but %(expected)s was measured between: Wh and kWh"
        " were mixed up."
    ),
    ("M9", "begin_unknown"): _("The register at the start, %(observed)s, is no real value."),
    ("M9", "stop_unknown"): _("The register at the end, %(observed)s, is no real value."),
    ("M9", "stop_below_start"): _(
        "The register at the end, %(observed)s, is below the one at the start, %(expected)s."
    ),
    ("M9", "stop_below_samples"): _(
        "Begin and end are %(observed)s apart, but at least %(expected)s was measured between."
    ),
    ("M9", "stop_far_above"): _(
        "Begin and end are %(observed)s apart, but at most %(expected)s was measured between."
    ),
    ("S2", "ends_before_start"): _(
        "The session ends %(observed)s before it begins: the station's clock was wrong."
    ),
}

ADVICE: dict[str, str | Promise] = {
    Action.HOLD_BILLING: _("Check the meter values, then release the session or waive it."),
    Action.REBUILD_ENERGY: _("Compare the energy with the samples before you release the session."),
    Action.TAKE_OUT_OF_SERVICE: _("Take the connector out of service and send a technician."),
    Action.WORK_ORDER: _("Send a technician to check the meter and its wiring."),
    Action.INFORM_DRIVER: _("Tell the driver, and restart the station when nobody charges."),
    Action.RESET: _("Restart the station when nobody charges."),
    Action.PUSH_CONFIGURATION: _("Send the station its settings again."),
    Action.REVIEW: _("Have a look at the session."),
}

SEVERITIES: dict[int, str | Promise] = {
    Severity.DANGER: _("Danger"),
    Severity.HARDWARE: _("Hardware failure"),
    Severity.SYSTEM: _("System failure"),
    Severity.CRITICAL: _("Critical"),
    Severity.ERROR: _("Error"),
    Severity.ALERT: _("Alert"),
    Severity.WARNING: _("Warning"),
    Severity.NOTICE: _("Notice"),
    Severity.INFORMATION: _("Information"),
    Severity.DEBUG: _("Debugging"),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """An incident for people, in the language in force."""

    title: str
    sentence: str
    advice: str


def explain(incident: Incident) -> Explanation:
    """Title, one sentence with observed and expected values, and what to do first."""
    template = SENTENCES.get((incident.kind, incident.cause))
    values = {
        "observed": quantity(incident.observed, incident.unit),
        "expected": quantity(incident.expected, incident.unit),
    }
    sentence = str(template) % values if template else _fallback(incident, values)
    return Explanation(
        title=title_of(incident.kind, incident.cause),
        sentence=sentence,
        advice=str(ADVICE.get(incident.action, "")),
    )


def explain_hold(reason: str) -> str:
    """Why a session is or was held, for people.

    The faults' titles for what the checks wrote ("M1 lower, E1 ..."), and in words with which
    energy it was released ("[83 Wh ± 6 Wh]", which `release_session` writes).
    """
    figures = _REBUILT.search(reason)
    doubts = [part.partition(" ") for part in _REBUILT.sub("", reason).split(", ")]
    text = _REBUILT.sub("", reason)
    if all(kind in TITLES for kind, _space, _cause in doubts):
        text = ", ".join(title_of(kind, cause) for kind, _space, cause in doubts)
    if figures is None:
        return text
    energy, bound = (quantity(int(figure), "Wh") for figure in figures.groups())
    return _t("%(reason)s (energy rebuilt from samples: %(energy)s, at most %(bound)s off)") % {
        "reason": text,
        "energy": energy,
        "bound": bound,
    }


def title_of(kind: str, cause: str) -> str:
    """A fault in a few words."""
    return str(CAUSE_TITLES.get((kind, cause)) or TITLES.get(kind, kind))


def quantity(value: int, unit: str) -> str:
    """A value with its unit as people say it: kWh, kW, A, V."""
    big = {"Wh": "kWh", "W": "kW", "mA": "A", "mV": "V"}.get(unit)
    if big is None or (unit in {"Wh", "W"} and abs(value) < 1000):
        return f"{number_format(value, force_grouping=True)} {unit}"
    whole, rest = divmod(abs(value), 1000)
    sign = "-" if value < 0 else ""
    decimals = f"{rest:03d}".rstrip("0")
    text = f"{whole}.{decimals}" if decimals else f"{whole}"
    return f"{sign}{number_format(Decimal(text), force_grouping=True)} {big}"


def _fallback(incident: Incident, values: dict[str, str]) -> str:
    return _t("%(signal)s: %(observed)s instead of %(expected)s.") % {
        "signal": incident.signal,
        **values,
    }
