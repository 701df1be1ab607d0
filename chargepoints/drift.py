"""Where stations are set to something else than their template says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from chargepoints.models import ChargePoint, DeviceVariable, SettingsTemplate
from chargepoints.types import V16


@dataclass(frozen=True, slots=True)
class Drift:
    """One setting of one station; `reported` is None for one it never told of."""

    station: ChargePoint
    setting: str
    wanted: str
    reported: str | None
    read_only: bool
    reported_at: datetime | None

    @property
    def is_unknown(self) -> bool:
        """Whether the station has not said what it is set to."""
        return self.reported is None


def stations_of(template: SettingsTemplate) -> QuerySet[ChargePoint]:
    """Stations in use of the template's model and OCPP version, by identity."""
    stations = ChargePoint.objects.filter(enabled=True).exclude(ocpp_version="")
    if template.profile_id is not None:
        stations = stations.filter(profile_id=template.profile_id)
    is_16 = {"ocpp_version": V16}
    return stations.filter(**is_16) if template.speaks_16 else stations.exclude(**is_16)


def drift_of(template: SettingsTemplate, stations: Sequence[ChargePoint]) -> list[Drift]:
    """Every setting of the template that a station reported otherwise, or never; two queries."""
    names = {name for _component, name, _value in template.values}
    known = {
        (variable.charge_point_id, variable.component, variable.name): variable
        for variable in DeviceVariable.objects.filter(charge_point__in=stations, name__in=names)
    }
    found = []
    for station in stations:
        for component, name, wanted in template.values:
            variable = known.get((station.pk, component, name))
            if variable is not None and _means(variable.value) == _means(wanted):
                continue
            found.append(
                Drift(
                    station,
                    f"{component}.{name}".lstrip("."),
                    wanted,
                    None if variable is None else variable.value,
                    variable is not None and variable.read_only,
                    None if variable is None else variable.reported_at,
                )
            )
    return found


def _means(value: str) -> frozenset[str]:
    """Lists are the same in any order, and stations write words as they like."""
    return frozenset(word.strip().casefold() for word in value.split(","))
