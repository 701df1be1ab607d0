"""Incidents in plain language: what is wrong, and what to do first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from anomalies.models import Incident, WorkOrder
from anomalies.sentences import SENTENCES
from anomalies.titles import CAUSE_TITLES, TITLES
from anomalies.types import Action, Severity

_REBUILT = re.compile(r" \[(\d+) Wh ± (\d+) Wh\]$")

_MINUTES_FROM_S, _HOURS_FROM_S = 600, 7_200

ADVICE: dict[str, str | Promise] = {
    Action.HOLD_BILLING: _("Check the meter values, then release the session or waive it."),
    Action.REBUILD_ENERGY: _("Compare the energy with the samples before you release the session."),
    Action.TAKE_OUT_OF_SERVICE: _("Take the connector out of service and send a technician."),
    Action.WORK_ORDER: _("Send a technician to check the meter and its wiring."),
    Action.INFORM_DRIVER: _("Tell the driver, and restart the station when nobody charges."),
    Action.RESET: _("Restart the station when nobody charges."),
    Action.PUSH_CONFIGURATION: _("Send the station its settings again."),
    Action.ASK_READINGS: _("Ask the station for readings, then check its connection."),
    Action.SET_CLOCK: _("Let the station set its clock: restart it when nobody charges."),
    Action.STOP_TRANSACTION: _("End the session with the last known reading."),
    Action.UNLOCK: _("Unlock the connector, and restart the station when nobody charges."),
    Action.TELL_GRID: _("Compare the site's stations, then tell the grid company."),
    Action.BLOCK_TAG: _("Look at the token's sessions, ask its holder, then block it."),
    Action.BILL_AGAIN: _("Bill the session again, or pay the money back."),
    Action.STOP_ROLLOUT: _("Stop sending this firmware to more stations."),
    Action.TEST_BACKEND: _("Try a known token; check the reader and the list of tokens."),
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
    if "storm" in incident.params:
        return _explain_storm(incident)
    template = SENTENCES.get((incident.kind, incident.cause))
    values = {
        **incident.params,
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


def title_of_order(order: WorkOrder) -> str:
    """Its own title, or what is wrong in words."""
    return order.title or (explain(order.incident).title if order.incident else _t("Work order"))


def quantity(value: int, unit: str) -> str:
    """A value with its unit as people say it: kWh, kW, A, V, min; amounts with two decimals."""
    if unit == "s" and abs(value) >= _MINUTES_FROM_S:
        whole, name = (value // 60, "min") if abs(value) < _HOURS_FROM_S else (value // 3600, "h")
        return f"{number_format(whole, force_grouping=True)} {name}"
    if unit == "minor":
        return str(number_format(Decimal(value) / 100, 2, force_grouping=True))
    big = {"Wh": "kWh", "W": "kW", "mA": "A", "mV": "V", "m": "km"}.get(unit)
    if big is None or (unit in {"Wh", "W", "m"} and abs(value) < 1000):
        return f"{number_format(value, force_grouping=True)} {unit}".strip()
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


def _explain_storm(incident: Incident) -> Explanation:
    """An incident of a whole site: `observed` stations of `params["stations"]` failed together."""
    return Explanation(
        title=_t("%(title)s, several stations at once")
        % {"title": title_of(incident.kind, incident.cause)},
        sentence=_t("%(failed)s of the site's %(stations)s stations failed within two minutes.")
        % {"failed": incident.observed, "stations": incident.params.get("stations", "?")},
        advice=_t("Look for what they share first: the site's power supply or its network."),
    )
