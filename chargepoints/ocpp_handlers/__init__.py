"""What stations say that concerns charge points, by OCPP version."""

from chargepoints.ocpp_handlers.v16 import ChargePointHandlers16
from chargepoints.ocpp_handlers.v201 import ChargePointHandlers201

__all__ = ["ChargePointHandlers16", "ChargePointHandlers201"]
