"""A price list as JSON; docs/public-prices.md says what each name means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from billing.rating import IdleFee, LineKind, ReservationFee, Restrictions, TariffFacts
from billing.rating.exact import text_of
from billing.rating.tally import vat_rate_of, with_vat
from billing.spot.announcement import SpotAnnouncement
from chargepoints.models import Connector
from drivers.prices.listing import ConnectorPrices, PriceList, TariffAhead
from drivers.prices.rates import PriceWindow, Rate

# AFIR (EU 2023/1804), article 5: per kWh, per minute, per session, any other component.
_ORDER: Final = {
    "per_kwh": (LineKind.ENERGY,),
    "per_minute": (LineKind.TIME, LineKind.SESSION_TIME),
    "per_session": (LineKind.FLAT,),
    "other": (LineKind.PARKING_TIME, LineKind.POWER),
}
_LIMITS: Final = tuple(
    field.name for field in fields(Restrictions) if field.name.startswith(("min_", "max_"))
)


def price_document(prices: PriceList) -> dict[str, Any]:
    """Return the price list as plain JSON: prices with VAT as decimal text, times with offset."""
    tenant, site = prices.charge_point.tenant, prices.charge_point.site
    return {
        "operator": {
            "name": tenant.name,
            "organisation_number": tenant.organisation_number,
            "vat_number": tenant.vat_number,
        },
        "station": {
            "code": prices.charge_point.public_code,
            "site": site.name,
            "address": site.address,
            "city": site.city,
            "time_zone": site.time_zone,
        },
        "vat_included": True,
        "at": _time(prices, prices.at),
        "until": _time(prices, prices.until),
        "connectors": [
            {**_connector(connector), **_prices(prices, group)}
            for group in prices.prices
            for connector in group.connectors or (None,)
        ],
    }


def _connector(connector: Connector | None) -> dict[str, Any]:
    if connector is None:
        return {"number": None, "current_type": None, "max_power_w": None}
    return {
        "number": connector.evse_id,
        "current_type": connector.current_type,
        "max_power_w": connector.max_power_w,
    }


def _prices(prices: PriceList, group: ConnectorPrices) -> dict[str, Any]:
    tariffs = [_tariff(prices, tariff) for tariff in group.tariffs]
    return {"now": tariffs[0]["windows"][0] if group.has_price_now else None, "tariffs": tariffs}


def _tariff(prices: PriceList, tariff: TariffAhead) -> dict[str, Any]:
    facts = tariff.facts
    return {
        "name": tariff.version.tariff.name,
        "version": tariff.version.number,
        "currency": facts.currency,
        "vat_rate": text_of(facts.vat_rate),
        "windows": [_window(prices, window) for window in tariff.windows],
        "rules": _rules(facts),
        "spot": None if tariff.announcement is None else _spot(prices, tariff.announcement),
    }


def _window(prices: PriceList, window: PriceWindow) -> dict[str, Any]:
    bounds = {"from": _time(prices, window.from_at), "to": _time(prices, window.to_at)}
    return bounds | {name: _rates(window.of(*kinds)) for name, kinds in _ORDER.items()}


def _rates(rates: Iterable[Rate]) -> list[dict[str, Any]]:
    return [
        {
            "kind": rate.kind.value,
            "price": text_of(rate.price),
            "unit": rate.unit,
            "source": rate.source,
            "limits": {
                name: value for name in _LIMITS if (value := getattr(rate.limits, name)) is not None
            },
        }
        for rate in rates
    ]


def _rules(facts: TariffFacts) -> dict[str, Any]:
    return {
        "idle_fee": None if facts.idle_fee is None else _idle(facts, facts.idle_fee),
        "reservation_fee": (
            None if facts.reservation_fee is None else _reservation(facts, facts.reservation_fee)
        ),
        "minimum": _bound(facts, facts.min_price),
        "maximum": _bound(facts, facts.max_price),
        "free_energy_wh": facts.free_energy_wh,
        "free_time_s": facts.free_time_s,
    }


def _bound(facts: TariffFacts, bound: Decimal | None) -> str | None:
    return None if bound is None else text_of(with_vat(facts, bound, facts.vat_rate))


def _amount(facts: TariffFacts, price: Decimal | None, own: Decimal | None) -> str | None:
    return None if price is None else text_of(with_vat(facts, price, vat_rate_of(facts, own)))


def _idle(facts: TariffFacts, fee: IdleFee) -> dict[str, Any]:
    return {
        "per_minute": _amount(facts, fee.price, fee.vat_rate),
        "grace_s": fee.grace_s,
        "maximum": _amount(facts, fee.cap, fee.vat_rate),
        "not_at": [f"{q.time_from:%H:%M}-{q.time_to:%H:%M}" for q in fee.quiet_hours],
    }


def _reservation(facts: TariffFacts, fee: ReservationFee) -> dict[str, Any]:
    return {
        "once": _amount(facts, fee.flat, fee.vat_rate),
        "time_price": _amount(facts, fee.time_price, fee.vat_rate),
        "time_unit_s": fee.time_unit_s,
    }


def _spot(prices: PriceList, said: SpotAnnouncement) -> dict[str, Any]:
    return {
        "price_now": _text(said.price_now),
        "is_fallback_now": said.is_fallback_now,
        "highest_ahead": _text(said.highest_ahead),
        "highest_from": _time(prices, said.highest_from),
        "known_until": _time(prices, said.known_until),
        "fallback": _text(said.fallback),
        "ceiling": _text(said.ceiling),
    }


def _text(price: Decimal | None) -> str | None:
    return None if price is None else text_of(price)


def _time(prices: PriceList, at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(prices.zone).isoformat()
