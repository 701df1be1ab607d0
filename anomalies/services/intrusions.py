"""Somebody else with a station's key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from anomalies.detectors.kinds import found
from anomalies.services.incidents import record_place_finding
from anomalies.services.opening import Place
from anomalies.types import Relation


def report_second_connection(*, charge_point_id: UUID, address: str, at: datetime) -> None:
    """Open an incident of the station, or count it with the one that is open.

    Either its key is in somebody else's hands, or two stations were given the same one. Told
    again of the same moment, nothing changes.
    """
    finding = found(
        "F6",
        "second_connection",
        signal="BasicAuthPassword",
        observed=1,
        expected=0,
        relation=Relation.AT_MOST,
        since_at=at,
        at=at,
        address=address,
    )
    record_place_finding(place=Place(charge_point_id), finding=finding)
