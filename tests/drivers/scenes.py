"""Sessions priced by five kinds of tariff, for the tests of receipts."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from billing.models import (
    Charge,
    SpotPrice,
    Tariff,
    TariffAssignment,
    TariffLevel,
)
from billing.rating import (
    IdleFee,
    LineKind,
    PriceComponent,
    QuietHours,
    ReservationFee,
    Restrictions,
    SpotFormula,
    TariffElement,
    TariffFacts,
    plain_tariff,
)
from billing.services.charges import rate_session
from chargepoints.models import ChargePoint, Connector, Reservation
from sessions_app.models import ChargingSession, Driver, MeterSample
from tenants.models import Tenant
from tests.cast import LONG_AGO, a_charge_point, a_connector, a_driver, a_tenant, a_version

# 17:40 in Stockholm, a Tuesday.
START = datetime(2026, 3, 3, 16, 40, tzinfo=UTC)
SITE = {"address": "Torget 1", "city": "Åkersberga"}
SELLER = {
    "organisation_number": "556000-0001",
    "vat_number": "SE556000000101",
    "address": "Elgatan 5\n753 20 Uppsala",
}


def energy_price(price: str, **more: Any) -> PriceComponent:
    """A price per kWh."""
    return PriceComponent(LineKind.ENERGY, Decimal(price), **more)


def a_sek_tariff(*elements: TariffElement, **more: Any) -> TariffFacts:
    """A tariff in SEK with 25 % VAT."""
    return TariffFacts("", "SEK", Decimal(25), elements, **more)


def flat() -> TariffFacts:
    """Per kWh, per minute and per session."""
    return plain_tariff(
        "",
        "SEK",
        vat_rate=Decimal(25),
        per_kwh=Decimal("4.95"),
        per_minute=Decimal("0.17"),
        per_session=Decimal(3),
    )


def day_and_night() -> TariffFacts:
    """A dearer hour from 18 to 20 on working days."""
    peak = Restrictions(time_from=time(18), time_to=time(20), days_of_week=(0, 1, 2, 3, 4))
    return a_sek_tariff(
        TariffElement((energy_price("6.45"),), peak), TariffElement((energy_price("3.955"),))
    )


def spot() -> TariffFacts:
    """The market's price with a markup and a ceiling; 3.50 where there is none."""
    formula = SpotFormula(markup_pct=Decimal(5), adder=Decimal("0.45"), ceiling=Decimal(6))
    return a_sek_tariff(TariffElement((energy_price("3.50", spot=formula),)))


def idle_with_cap() -> TariffFacts:
    """An idle fee after ten minutes, at most 12 kr, none at night; the first kWh is free."""
    quiet = (QuietHours(time(22), time(6)),)
    fee = IdleFee(Decimal("0.50"), grace_s=600, cap=Decimal(12), quiet_hours=quiet)
    return a_sek_tariff(TariffElement((energy_price("4.20"),)), idle_fee=fee, free_energy_wh=1000)


def minimum() -> TariffFacts:
    """At least 120 kr."""
    return a_sek_tariff(TariffElement((energy_price("4.20"),)), min_price=Decimal(120))


def at_mixed_vat() -> TariffFacts:
    """Entered without VAT; energy at 25 %, time at 12 %, and a highest price."""
    timed = PriceComponent(LineKind.TIME, Decimal(12), vat_rate=Decimal(12), time_unit_s=3600)
    stepped = energy_price("2.37", step_size=500)
    return a_sek_tariff(
        TariffElement((stepped, timed)), prices_include_vat=False, max_price=Decimal(60)
    )


def with_power_fee() -> TariffFacts:
    """The highest power at 1.50 kr per kW, and reserved time at 0.20 kr a minute."""
    power = PriceComponent(LineKind.POWER, Decimal("1.50"))
    fee = ReservationFee(flat=Decimal(5), time_price=Decimal("0.20"))
    return a_sek_tariff(TariffElement((energy_price("2.95"), power)), reservation_fee=fee)


TARIFFS = {
    "power": with_power_fee,
    "flat": flat,
    "day_and_night": day_and_night,
    "spot": spot,
    "idle": idle_with_cap,
    "minimum": minimum,
    "mixed_vat": at_mixed_vat,
}


def a_seller(slug: str = "volt") -> Tenant:
    """An operator with all a receipt says of one."""
    return a_tenant(slug, **SELLER)


def a_station(identity: str = "CP-1") -> tuple[ChargePoint, Connector]:
    """A station with one connector at a site with an address."""
    station = a_charge_point(identity)
    for name, value in SITE.items():
        setattr(station.site, name, value)
    station.site.save()
    return station, a_connector(station)


def for_everybody(what: TariffFacts, name: str = "Standard") -> Tariff:
    """A tariff that holds everywhere, since long ago."""
    tariff = Tariff.objects.create(name=name)
    TariffAssignment.objects.create(tariff=tariff, level=TariffLevel.TENANT, valid_from=LONG_AGO)
    a_version(tariff, what)
    return tariff


def market_prices(start: datetime, prices: list[str | None]) -> None:
    """Quarter-hour prices in SE3 from an instant on; None where one is missing."""
    SpotPrice.objects.bulk_create(
        SpotPrice(
            area="SE3",
            currency="SEK",
            starts_at=start + timedelta(minutes=15 * number),
            duration_s=900,
            price=Decimal(price),
            revision=1,
            source="test",
            recorded_at=LONG_AGO,
        )
        for number, price in enumerate(prices)
        if price is not None
    )


def a_charged_session(
    driver: Driver | None = None,
    *,
    start: datetime = START,
    every_s: int = 300,
    ref: str = "1",
    station: ChargePoint | None = None,
) -> ChargingSession:
    """22.138 kWh in two hours of falling power, then 45 minutes connected."""
    outlet = station or a_station()[0]
    charged, length = timedelta(hours=2), timedelta(hours=2, minutes=45)
    session = ChargingSession.objects.create(
        charge_point=outlet,
        connector=outlet.connectors.first(),
        driver=driver,
        transaction_ref=ref,
        state=ChargingSession.State.COMPLETED,
        gate=ChargingSession.Gate.CLEARED,
        started_at=start,
        ended_at=start + length,
        meter_start_wh=1_204_731,
        meter_stop_wh=1_204_731 + 22_138,
        energy_wh=22_138,
        energy_source="registers",
    )
    ChargingSession.objects.filter(pk=session.pk).update(created_at=start)
    session.refresh_from_db()
    _measure(session, charged, length, every_s)
    return session


def a_reservation(session: ChargingSession, minutes: int) -> None:
    """The outlet was kept for a session for so long."""
    assert session.started_at is not None
    Reservation.objects.create(
        charge_point=session.charge_point,
        number=1,
        token_uid="AABBCC",
        state=Reservation.State.USED,
        expires_at=session.started_at,
        active_from=session.started_at - timedelta(minutes=minutes),
        ended_at=session.started_at,
        transaction_ref=session.transaction_ref,
    )


def _measure(session: ChargingSession, charged: timedelta, length: timedelta, every_s: int) -> None:
    charged_s, length_s = (int(span.total_seconds()) for span in (charged, length))
    assert session.started_at is not None
    rows = []
    for seq, at_s in enumerate(sorted({*range(0, length_s, every_s), charged_s, length_s})):
        left = max(0, charged_s - at_s)
        # Power falls evenly to nothing: energy is a parabola, in whole Wh.
        delivered = 22_138 - 22_138 * left * left // (charged_s * charged_s)
        rows.append(
            MeterSample(
                session=session,
                at=session.started_at + timedelta(seconds=at_s),
                context="periodic",
                seq=seq,
                received_at=session.started_at,
                energy_wh=1_204_731 + delivered,
                power_w=2 * 22_138 * left * 3600 // (charged_s * charged_s),
            )
        )
    MeterSample.objects.bulk_create(rows)


def a_rated_session(kind: str, driver: Driver | None = None, **more: Any) -> Charge:
    """A session priced by one of `TARIFFS`."""
    for_everybody(TARIFFS[kind]())
    if kind == "spot":
        market_prices(
            START - timedelta(minutes=10), ["0.5", "1.25", None, "-0.02", "7.1", *["0.81234"] * 9]
        )
    session = a_charged_session(driver, **more)
    return rate_session(session_id=session.pk, now=START + timedelta(days=1))


def a_swedish_driver() -> Driver:
    """A driver whose pages are Swedish."""
    return a_driver("AABBCC", name="Någon Annan")
