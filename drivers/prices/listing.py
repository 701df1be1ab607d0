"""A station's price list, gathered for the page and for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from billing.models import TariffVersion
from billing.rating import SpotSlot, TariffFacts, uses_spot
from billing.selectors.spot_prices import known_prices
from billing.selectors.tariffs import Target, tariff_facts
from billing.spot.announcement import SpotAnnouncement, announce
from chargepoints.models import ChargePoint, Connector
from chargepoints.public_codes import read_public_code
from drivers.prices.holdings import Holding, holdings_ahead
from drivers.prices.rates import PriceWindow, price_windows
from tenants.scope import across_tenants

AHEAD: Final = timedelta(hours=24)
_LONGEST_SLOT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TariffAhead:
    """One tariff version with its prices window by window; only the part of it that is ahead."""

    version: TariffVersion
    facts: TariffFacts
    windows: tuple[PriceWindow, ...]
    announcement: SpotAnnouncement | None


@dataclass(frozen=True, slots=True)
class ConnectorPrices:
    """Connectors with the same prices; `tariffs` is empty, or begins later, without one now."""

    connectors: tuple[Connector, ...]
    tariffs: tuple[TariffAhead, ...]
    has_price_now: bool


@dataclass(frozen=True, slots=True)
class PriceList:
    """What charging costs at a station from `at` until `until`, connector by connector."""

    charge_point: ChargePoint
    zone: ZoneInfo
    at: datetime
    until: datetime
    prices: tuple[ConnectorPrices, ...]


def find_station(slug: str, code: str) -> ChargePoint | None:
    """The station in use with this public code at this operator; None without one."""
    with across_tenants(reason="a public code says which station and operator it is of"):
        return (
            ChargePoint.objects.filter(
                public_code=read_public_code(code), tenant__slug=slug, enabled=True
            )
            .select_related("tenant", "site")
            .first()
        )


def price_list(charge_point: ChargePoint, now: datetime) -> PriceList:
    """The prices of everybody who has no agreement, for the next 24 hours.

    Four queries, and one for each further currency that follows the market.
    """
    at = now.replace(microsecond=0)
    # To a whole hour, so that no window ends by the odd minute at which somebody asked.
    until = (at + AHEAD).replace(minute=0, second=0)
    connectors = list(charge_point.connectors.order_by("evse_id", "connector_id"))
    targets = [_target(charge_point, one) for one in connectors] or [_target(charge_point, None)]
    found = holdings_ahead(targets, at, until)
    groups: dict[tuple[Holding, ...], list[Connector]] = {}
    for number, holdings in enumerate(found):
        groups.setdefault(holdings, []).extend(connectors[number : number + 1])
    reader = _Reader(charge_point, at, until)
    return PriceList(
        charge_point=charge_point,
        zone=reader.zone,
        at=at,
        until=until,
        prices=tuple(
            ConnectorPrices(
                connectors=tuple(members),
                tariffs=tuple(reader.read(one) for one in holdings if one.version is not None),
                has_price_now=bool(holdings) and holdings[0].version is not None,
            )
            for holdings, members in groups.items()
        ),
    )


def _target(charge_point: ChargePoint, connector: Connector | None) -> Target:
    return Target(
        site_id=charge_point.site_id,
        charge_point_id=charge_point.pk,
        connector_id=None if connector is None else connector.pk,
    )


class _Reader:
    """Reads versions; the market's prices of a currency once."""

    def __init__(self, charge_point: ChargePoint, at: datetime, until: datetime) -> None:
        self._site = charge_point.site
        self.zone = ZoneInfo(self._site.time_zone)
        self._at, self._until = at, until
        self._slots: dict[str, tuple[SpotSlot, ...]] = {}

    def read(self, holding: Holding) -> TariffAhead:
        """One holding's prices."""
        version = holding.version
        if version is None:
            raise ValueError("nothing holds")
        facts = tariff_facts(version)
        slots = self._market(facts.currency) if uses_spot(facts) else ()
        begins = holding.from_at.astimezone(self.zone)
        return TariffAhead(
            version=version,
            facts=facts,
            windows=price_windows(
                facts, slots, self._site.time_zone, holding.from_at, holding.to_at
            ),
            announcement=announce(facts, slots, begins) if uses_spot(facts) else None,
        )

    def _market(self, currency: str) -> Sequence[SpotSlot]:
        if currency not in self._slots:
            rows = known_prices(area=self._site.price_area, currency=currency).filter(
                starts_at__gt=self._at - _LONGEST_SLOT, starts_at__lt=self._until
            )
            slots = (
                SpotSlot(row.starts_at, row.price, timedelta(seconds=row.duration_s))
                for row in rows
            )
            self._slots[currency] = tuple(
                slot for slot in slots if slot.starts_at + slot.duration > self._at
            )
        return self._slots[currency]
