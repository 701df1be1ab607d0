"""A station's settings as it reports them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from chargepoints.masking import MASK, is_secret_setting
from chargepoints.models import DeviceVariable
from chargepoints.types import Variable


def record_variables(
    *, charge_point_id: UUID, variables: Iterable[Variable], reported_at: datetime
) -> None:
    """Keep what the station says its settings are; keys and passwords are masked."""
    # The last word counts when a report names one twice; the database refuses it twice at once.
    latest = {(v.component, v.name): v for v in variables}
    DeviceVariable.objects.bulk_create(
        (
            DeviceVariable(
                charge_point_id=charge_point_id,
                component=v.component,
                name=v.name,
                value=MASK if is_secret_setting(v.name) else v.value,
                read_only=v.read_only,
                reported_at=reported_at,
            )
            for v in latest.values()
        ),
        update_conflicts=True,
        unique_fields=("charge_point", "component", "name"),
        update_fields=("value", "read_only", "reported_at"),
    )


def record_accepted(
    *, charge_point_id: UUID, variables: Iterable[Variable], reported_at: datetime
) -> None:
    """Keep new values the station has accepted; what else is known of the settings stays."""
    for variable in variables:
        DeviceVariable.objects.update_or_create(
            charge_point_id=charge_point_id,
            component=variable.component,
            name=variable.name,
            defaults={
                "value": MASK if is_secret_setting(variable.name) else variable.value,
                "reported_at": reported_at,
            },
        )
