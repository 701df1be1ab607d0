"""Which app answers which OCPP message: the handlers joined into one class per version."""

from __future__ import annotations

from collections.abc import Mapping

from billing.services.ad_hoc.tokens import PaidOnTheSpot
from chargepoints.ocpp_handlers import ChargePointHandlers16, ChargePointHandlers201
from chargepoints.routing import Station
from sessions_app.ocpp_handlers import SessionHandlers16, SessionHandlers201


class Station16(ChargePointHandlers16, SessionHandlers16, Station):
    """A station that speaks OCPP 1.6."""

    version = "1.6"
    credit = PaidOnTheSpot()


class Station201(ChargePointHandlers201, SessionHandlers201, Station):
    """A station that speaks OCPP 2.0.1."""

    version = "2.0.1"
    credit = PaidOnTheSpot()


class Station21(Station201):
    """A station that speaks OCPP 2.1: as 2.0.1, with 2.1's schemas."""

    version = "2.1"


STATIONS: Mapping[str, type[Station]] = {
    station.version: station for station in (Station16, Station201, Station21)
}
