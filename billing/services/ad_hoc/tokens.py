"""The answer stations get about the tokens that payments on the spot are given."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from billing.selectors.dunning import is_blocked
from billing.services.ad_hoc.charging import may_start
from sessions_app.ports import EveryDriverMayCharge


class PaidOnTheSpot(EveryDriverMayCharge):
    """Drivers without old debts may charge, and strangers with the one-time token of a payment."""

    def may_charge(self, driver_id: UUID) -> bool:
        """Not while an invoice of theirs has been refused for too long."""
        return not is_blocked(driver_id, timezone.now())

    def may_start(
        self, *, token_uid: str, charge_point_id: UUID, connector_id: UUID | None
    ) -> bool:
        """While the payment's hold stands, for one session, at the connector it was made for."""
        return may_start(
            token_uid=token_uid, charge_point_id=charge_point_id, connector_id=connector_id
        )
