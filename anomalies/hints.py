"""What a technician should bring and know, by the kind of incident."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from anomalies.models import WorkOrder

Skill = WorkOrder.Skill


@dataclass(frozen=True, slots=True)
class Hint:
    """Who should go, and what they will probably need."""

    skill: WorkOrder.Skill
    parts: str | Promise


_ANY = Hint(Skill.TECHNICIAN, _("the station's service tool"))
_METER = Hint(Skill.METER, _("a reference meter; perhaps a new energy meter"))
_SUPPLY = Hint(Skill.ELECTRICIAN, _("a multimeter with a clamp; perhaps fuses"))
_CONTACTOR = Hint(Skill.ELECTRICIAN, _("a new contactor; a test plug"))
_CABLE = Hint(Skill.TECHNICIAN, _("a new cable with its plug; a thermal camera"))
_READER = Hint(Skill.TECHNICIAN, _("a new card reader; test cards"))
_NETWORK = Hint(Skill.NETWORK, _("a SIM card, an antenna; perhaps a modem"))
_POWER = Hint(Skill.TECHNICIAN, _("a spare power module; filters and fans"))

HINTS: dict[str, Hint] = {
    "E1": _METER,
    "E2": _SUPPLY,
    "E3": _CONTACTOR,
    "E6": _SUPPLY,
    "E7": _SUPPLY,
    "E8": _CONTACTOR,
    "E9": _CONTACTOR,
    "E10": _POWER,
    "E12": _CONTACTOR,
    "E13": _CABLE,
    "E15": _CABLE,
    "M1": _METER,
    "M3": _METER,
    "M4": _METER,
    "M5": _METER,
    "S1": _NETWORK,
    "S3": _NETWORK,
    "S6": _CABLE,
    "S7": _READER,
    "S8": _CABLE,
    "S9": _CABLE,
    "F5": _METER,
}


def hint_of(kind: str) -> Hint:
    """Skill and parts for a kind of incident."""
    return HINTS.get(kind, _ANY)
