"""What became of sessions as bills, for the tests of known money bugs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import time_machine

from billing.models import Charge, Tariff, TariffAssignment, TariffLevel
from billing.rating import TariffFacts
from outbox.services import deliver_due
from sessions_app.models import ChargingSession
from tests.cast import LONG_AGO, NOON, a_version
from tests.sessions_app.talk import Message, Talk, reading, settle, stop


def bill() -> list[tuple[int, int]]:
    """Energy and gross of every charge once all is delivered and settled, oldest session first."""
    deliver_due()
    settle()
    deliver_due()
    rows = Charge.objects.order_by("session__started_at", "session_id")
    return list(rows.values_list("session__energy_wh", "gross_minor"))


def held() -> list[str]:
    """Why sessions are held."""
    rows = ChargingSession.objects.filter(gate=ChargingSession.Gate.HELD)
    return list(rows.order_by("started_at").values_list("gate_reason", flat=True))


def a_priced(what: TariffFacts) -> Tariff:
    """The tariff for everybody, with these prices."""
    tariff = Tariff.objects.create(name="Standard")
    TariffAssignment.objects.create(tariff=tariff, level=TariffLevel.TENANT, valid_from=LONG_AGO)
    a_version(tariff, what)
    return tariff


def at_hour(hours: float) -> Any:
    """The clock stands so many hours after noon."""
    from_noon = timedelta(hours=hours)
    return time_machine.travel(NOON + from_noon, tick=False)


def powered(number: int, minute: int, wh: int, power_w: int) -> Message:
    """MeterValues with register and power."""
    value = reading(minute, wh, power=str(power_w))
    return "MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]}


def an_hour(talk: Talk, wh: int = 1000, minute: int = 0, **more: Any) -> None:
    """A 1.6 session of 10 kWh in an hour."""
    number = talk.start(minute=minute, wh=wh, **more)
    talk.say(stop(number, minute + 60, wh + 10_000))


def kr(amount: str) -> Decimal:
    """An amount in kronor."""
    return Decimal(amount)
