"""What a stranger is told at a connector before paying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.money import Money, format_money
from billing.policy import ad_hoc_patience
from billing.selectors.ad_hoc import Objection, Offer, is_somebody_paying
from chargepoints.models import ChargePoint, Connector
from drivers import wording
from drivers.prices.listing import price_list
from drivers.prices.story import ConnectorStory, tell_connectors

_REASONS: Final[Mapping[Objection, tuple[str | Promise, str | Promise]]] = {
    Objection.NOT_OFFERED: (
        _("You cannot pay with a card here"),
        _("The operator does not take payments on the spot. Use its app or card."),
    ),
    Objection.NO_PRICE: (
        _("There is no price here yet"),
        _("Without a price nobody can pay. Please tell the operator."),
    ),
    Objection.OFFLINE: (
        _("The station cannot be reached"),
        _("It has no connection just now, so it could not be started. Nothing can be paid."),
    ),
    Objection.OUT_OF_ORDER: (
        _("This connector is out of order"),
        _("Please take another one. Nothing can be paid here now."),
    ),
    Objection.BUSY: (
        _("This connector is taken"),
        _("Somebody is charging here. Please take another one, or wait until it is free."),
    ),
}


@dataclass(frozen=True, slots=True)
class OfferStory:
    """The page of a connector in words; with an `obstacle` nobody can pay."""

    number: int
    power: str
    kind: str
    prices: ConnectorStory | None
    obstacle: str = ""
    advice: str = ""
    hold: str = ""
    enough_for: str = ""
    plug_in_min: int = 0
    is_watched: bool = False


def find_connector(station: ChargePoint, evse: int) -> Connector | None:
    """The station's connector with this number."""
    found = Connector.objects.filter(charge_point=station, evse_id=evse)
    return found.select_related("charge_point__site").first()


def tell_offer(
    connector: Connector, offer: Offer | Objection, now: datetime, language: str
) -> OfferStory:
    """Put an offer, or why there is none, into words."""
    story = OfferStory(
        number=connector.evse_id,
        power=wording.power(connector.max_power_w),
        kind=str(connector.get_current_type_display()),
        prices=_prices_of(connector, now),
    )
    if isinstance(offer, Objection):
        title, advice = _REASONS[offer]
        return replace(story, obstacle=str(title), advice=str(advice))
    return replace(
        story,
        hold=format_money(Money(offer.hold_minor, offer.currency), language),
        enough_for=wording.whole_kwh(offer.energy_wh),
        plug_in_min=int(ad_hoc_patience().start_within.total_seconds()) // 60,
        is_watched=is_somebody_paying(connector, now),
    )


def _prices_of(connector: Connector, now: datetime) -> ConnectorStory | None:
    """The price list of this connector alone."""
    listed = price_list(connector.charge_point, now)
    mine = (
        replace(group, connectors=(connector,))
        for group in listed.prices
        if connector.pk in {one.pk for one in group.connectors}
    )
    found = tell_connectors(replace(listed, prices=tuple(mine)))
    return found[0] if found else None
