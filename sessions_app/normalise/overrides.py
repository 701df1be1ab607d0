"""What is known of a charger model that its messages do not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Overrides:
    """Corrections for one charger model; all keys are OCPP measurands.

    `missing_units` is the unit of a value sent without one (a model that omits `kW`);
    `forced_units` replaces the unit the station states (Wh labelled kWh); values of
    `ignored` measurands are left out. Nothing is ever guessed from the size of a number.
    """

    missing_units: Mapping[str, str] = field(default_factory=dict)
    forced_units: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()


NO_OVERRIDES = Overrides()
