"""What sessions ask of apps above them; `config/ocpp.py` passes the objects that answer."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class DriverCredit(Protocol):
    """Whether a driver's debts let them charge."""

    def may_charge(self, driver_id: UUID) -> bool:
        """False refuses the driver's next session; must be quick, a station waits for it."""


class EveryDriverMayCharge:
    """The answer where nobody keeps accounts."""

    def may_charge(self, driver_id: UUID) -> bool:
        """Always."""
        return bool(driver_id)
