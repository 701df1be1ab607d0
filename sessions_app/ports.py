"""What sessions ask of apps above them; `config/ocpp.py` passes the objects that answer."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class DriverCredit(Protocol):
    """Whether a driver's debts let them charge, and a stranger's payment."""

    def may_charge(self, driver_id: UUID) -> bool:
        """False refuses the driver's next session; must be quick, a station waits for it."""

    def may_start(
        self, *, token_uid: str, charge_point_id: UUID, connector_id: UUID | None
    ) -> bool:
        """Whether somebody without a card of ours has paid to charge with this token there.

        Without a connector: at any of the station's.
        """


class EveryDriverMayCharge:
    """The answer where nobody keeps accounts."""

    def may_charge(self, driver_id: UUID) -> bool:
        """Always."""
        return bool(driver_id)

    def may_start(
        self, *, token_uid: str, charge_point_id: UUID, connector_id: UUID | None
    ) -> bool:
        """Nobody whose token is not known."""
        return False
