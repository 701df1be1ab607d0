"""What the demo's operators ask for: one price for all, the market's at one station, a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.utils import timezone

from billing.models import Tariff, TariffDraft, TariffLevel
from billing.rating import (
    IdleFee,
    LineKind,
    PriceComponent,
    Restrictions,
    SpotFormula,
    TariffElement,
    TariffFacts,
    plain_tariff,
    tariff_document,
)
from billing.services.spot_prices import record_prices
from billing.services.tariffs import assign_tariff, create_tariff, publish_tariff_version
from chargepoints.models import ChargePoint
from config.devstack.demo.cast import DemoOperator
from config.devstack.demo.spot import ZONE, demo_spot_prices

PRICES_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)
AREA: Final = "SE3"
DAYS_BEFORE: Final = 7

# The market's price and 1.20 kr on top, VAT added; never free, never over 9 kr.
SPOT: Final = SpotFormula(adder=Decimal("1.20"), floor=Decimal(0), ceiling=Decimal(9))


def seed_market() -> None:
    """A week of made-up market prices, today's and tomorrow's; what is there stays."""
    today = timezone.now().astimezone(ZONE).date()
    for number in range(-DAYS_BEFORE, 2):
        record_prices(
            area=AREA,
            currency="SEK",
            slots=demo_spot_prices(AREA, today + timedelta(days=number)),
            source="made up for the demo",
            zone=ZONE,
        )


def seed_prices(operator: DemoOperator) -> None:
    """One price everywhere, with a draft beside it, and the market's price at the last station."""
    if Tariff.objects.exists():
        return
    standard = _one_price(operator)
    tariff = _publish("Standard", standard)
    _assign(tariff, TariffLevel.TENANT)
    draft = tariff_document(_cheaper_by_night(standard))
    del draft["version_id"]
    TariffDraft.objects.create(tariff=tariff, document=draft)
    if len(operator.stations) > 1:
        station = ChargePoint.objects.get(identity=operator.stations[-1].identity)
        _assign(_publish("Spot", _by_the_market()), TariffLevel.CHARGE_POINT, station)


def _publish(name: str, prices: TariffFacts) -> Tariff:
    tariff = create_tariff(name=name)
    publish_tariff_version(
        tariff_id=tariff.id, prices=prices, valid_from=PRICES_FROM, now=timezone.now()
    )
    return tariff


def _assign(tariff: Tariff, level: TariffLevel, station: ChargePoint | None = None) -> None:
    assign_tariff(
        tariff_id=tariff.id,
        level=level,
        target_id=None if station is None else station.id,
        valid_from=PRICES_FROM,
        now=timezone.now(),
    )


def _one_price(operator: DemoOperator) -> TariffFacts:
    return plain_tariff(
        "",
        "SEK",
        vat_rate=Decimal(25),
        per_kwh=operator.energy_price,
        per_minute=operator.minute_price or None,
        per_session=operator.session_price or None,
    )


def _cheaper_by_night(standard: TariffFacts) -> TariffFacts:
    [element] = standard.elements
    energy = next(part for part in element.components if part.kind is LineKind.ENERGY)
    night = Restrictions(time_from=time(22), time_to=time(6))
    cheaper = TariffElement((replace(energy, price=energy.price - 1),), night)
    return replace(standard, elements=(cheaper, element))


def _by_the_market() -> TariffFacts:
    energy = PriceComponent(LineKind.ENERGY, Decimal("3.00"), spot=SPOT)
    idle = IdleFee(Decimal("0.50"), grace_s=1800, cap=Decimal(100))
    return TariffFacts("", "SEK", Decimal(25), (TariffElement((energy,)),), idle_fee=idle)
