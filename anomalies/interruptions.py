"""Which incidents a driver notices, and what they are for a driver; pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Effect(StrEnum):
    """What an incident does to whoever wants to charge."""

    OUT = "out"
    NO_CONTACT = "no_contact"
    FAILING = "failing"
    CARDS = "cards"
    SLOW = "slow"


# By kind, or by kind and cause where the kind has causes that drivers do not notice. Metering and
# billing are the operator's own worry, and a car's own doing is nobody's news.
EFFECTS: Final[Mapping[str, Effect]] = {
    "E3": Effect.OUT,
    "E6": Effect.SLOW,
    "E8": Effect.FAILING,
    "E9 no_power": Effect.FAILING,
    "E10": Effect.SLOW,
    "E13": Effect.SLOW,
    "E15": Effect.OUT,
    "S3": Effect.NO_CONTACT,
    "S6 unavailable": Effect.OUT,
    "S7 many_tags": Effect.CARDS,
    "S8 in_a_row": Effect.FAILING,
}
KINDS: Final = frozenset(key.partition(" ")[0] for key in EFFECTS)
# With these an outlet still charges.
BEARABLE: Final = frozenset({Effect.SLOW})

SENTENCES: Final[Mapping[Effect, str | Promise]] = {
    Effect.OUT: _("It is out of order and cannot be used."),
    Effect.NO_CONTACT: _("It has no contact with our system: charging may not start."),
    Effect.FAILING: _("Charging does not start, or gives no energy."),
    Effect.CARDS: _("It refuses cards and key fobs that should work."),
    Effect.SLOW: _("It charges slower than usual."),
}
TITLES: Final[Mapping[Effect, str | Promise]] = {
    Effect.OUT: _("Out of order"),
    Effect.NO_CONTACT: _("No contact"),
    Effect.FAILING: _("Charging fails"),
    Effect.CARDS: _("Cards are refused"),
    Effect.SLOW: _("Slower charging"),
}


def effect_of(kind: str, cause: str) -> Effect | None:
    """What it is to a driver; None for what drivers do not notice."""
    return EFFECTS.get(kind) or EFFECTS.get(f"{kind} {cause}")
