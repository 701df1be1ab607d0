"""A price list in words: what is on the sign, and what is known ahead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.rating import LineKind, ReservationFee, TariffFacts
from billing.rating.tally import vat_rate_of, with_vat
from billing.wording import price
from drivers import wording
from drivers.conditions import limits_in_words
from drivers.prices.bars import Bars, draw_bars
from drivers.prices.listing import ConnectorPrices, PriceList, TariffAhead
from drivers.prices.rates import PriceWindow, Rate, local_window
from drivers.receipts.prices import tariff_rules, vat_text


@dataclass(frozen=True, slots=True)
class SignRow:
    """One price on the sign; `limits` says when it holds, empty if always."""

    key: str
    label: str
    price: str
    limits: str


@dataclass(frozen=True, slots=True)
class AheadRow:
    """What a kWh and the rest cost in one window."""

    when: str
    price: str
    more: str
    is_now: bool
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class ConnectorStory:
    """Connectors with the same prices, as text in the language in force."""

    name: str
    headline: str
    headline_note: str
    sign: tuple[SignRow, ...]
    rules: tuple[str, ...]
    spot: tuple[str, ...]
    bars: Bars | None
    ahead: tuple[AheadRow, ...]
    tariff: str
    has_price_now: bool


def tell_connectors(prices: PriceList) -> tuple[ConnectorStory, ...]:
    """Put every group of connectors into words."""
    return tuple(_connector_story(prices, group) for group in prices.prices)


def _connector_story(prices: PriceList, group: ConnectorPrices) -> ConnectorStory:
    name = _name(group)
    windows = [(window, one) for one in group.tariffs for window in one.windows]
    if not group.has_price_now:
        ahead = tuple(_ahead(prices, windows))
        return ConnectorStory(name, "", "", (), (), (), None, ahead, "", has_price_now=False)
    now, tariff = windows[0]
    energy = now.of(LineKind.ENERGY)
    headline = _per(energy[0], tariff.facts.currency) if energy else ""
    return ConnectorStory(
        name=name,
        headline=headline,
        headline_note=_until(prices, now) if headline and len(windows) > 1 else "",
        sign=tuple(_sign(now, tariff.facts)),
        rules=(*tariff_rules(tariff.facts), vat_text(tariff.facts)),
        spot=tuple(_spot(prices, tariff)),
        bars=draw_bars(windows, prices.zone) if len(windows) > 1 else None,
        ahead=tuple(_ahead(prices, windows)) if len(windows) > 1 else (),
        tariff=_("%(name)s, version %(number)s")
        % {"name": tariff.version.tariff.name, "number": tariff.version.number},
        has_price_now=True,
    )


def _name(group: ConnectorPrices) -> str:
    if not group.connectors:
        return _("All connectors")
    numbers = ", ".join(str(one.evse_id) for one in group.connectors)
    kinds = dict.fromkeys(
        f"{one.get_current_type_display()} {wording.power(one.max_power_w)}"
        for one in group.connectors
    )
    return _("Connector %(numbers)s · %(kinds)s") % {"numbers": numbers, "kinds": ", ".join(kinds)}


def _sign(window: PriceWindow, facts: TariffFacts) -> Iterable[SignRow]:
    """Yield the prices that hold in the order AFIR asks for: kWh, minute, session, other."""
    cash = facts.currency
    labels = {
        LineKind.ENERGY: _("Per kWh"),
        LineKind.TIME: _("Per minute of charging"),
        LineKind.SESSION_TIME: _("Per minute connected"),
        LineKind.FLAT: _("Per session"),
        LineKind.PARKING_TIME: _("Per minute connected after charging"),
        LineKind.POWER: _("Power fee, per kW of the session's costliest hour"),
    }
    for kind, label in labels.items():
        for rate in window.of(kind):
            limits = ", ".join(limits_in_words(rate.limits))
            yield SignRow(kind.value, label, wording.short_price(rate.price, cash), limits)
    if facts.idle_fee is not None:
        fee = facts.idle_fee
        amount = with_vat(facts, fee.price, vat_rate_of(facts, fee.vat_rate))
        after = _("from %(time)s after charging") % {"time": wording.duration(fee.grace_s)}
        shown = wording.short_price(amount, cash)
        yield SignRow("idle", _("Idle fee, per minute"), shown, after if fee.grace_s else "")
    if facts.reservation_fee is not None:
        yield from _reservation(facts, facts.reservation_fee)


def _reservation(facts: TariffFacts, fee: ReservationFee) -> Iterable[SignRow]:
    by_time = _("Per minute reserved") if fee.time_unit_s == 60 else _("Per hour reserved")
    labels = ((fee.flat, _("Reservation")), (fee.time_price, by_time))
    for amount, label in labels:
        if amount is not None:
            with_it = with_vat(facts, amount, vat_rate_of(facts, fee.vat_rate))
            yield SignRow("reservation", label, wording.short_price(with_it, facts.currency), "")


def _per(rate: Rate, currency: str) -> str:
    return f"{wording.short_price(rate.price, currency)}/{rate.unit}"


def _until(prices: PriceList, window: PriceWindow) -> str:
    ends = window.to_at.astimezone(prices.zone)
    return _("until %(time)s") % {"time": wording.clock_time(ends)}


def _spot(prices: PriceList, tariff: TariffAhead) -> Iterable[str]:
    """Yield what is announced of a price that follows the market."""
    said, cash = tariff.announcement, tariff.facts.currency
    if said is None:
        return
    if said.ceiling is not None:
        ceiling = {"price": wording.short_price(said.ceiling, cash)}
        yield _("Whatever the market does, a kWh costs at most %(price)s.") % ceiling
    else:
        yield _("The price follows the market and has no upper bound.")
    if said.highest_ahead is not None and said.highest_from is not None:
        highest = wording.short_price(said.highest_ahead, cash)
        at = wording.clock_time(said.highest_from.astimezone(prices.zone))
        yield _("Highest price known ahead: %(price)s at %(time)s.") % {
            "price": highest,
            "time": at,
        }
    if said.known_until is not None:
        until = wording.day_and_time(said.known_until.astimezone(prices.zone))
        yield _("The market's prices are known until %(time)s.") % {"time": until}
    fallback = {"price": wording.short_price(said.fallback, cash)}
    yield _("A quarter of an hour without a market price costs %(price)s per kWh.") % fallback


def _ahead(
    prices: PriceList, windows: Iterable[tuple[PriceWindow, TariffAhead]]
) -> Iterable[AheadRow]:
    today = prices.at.astimezone(prices.zone)
    for window, tariff in windows:
        begins, ends = local_window(window, prices.zone)
        energy = window.of(LineKind.ENERGY)
        others = (
            f"{wording.line_title(rate.kind.value)} {_per(rate, tariff.facts.currency)}"
            for rate in window.rates
            if rate.kind is not LineKind.ENERGY and not list(limits_in_words(rate.limits))
        )
        yield AheadRow(
            when=f"{_clock(begins, today)}–{_clock(ends, begins)}",
            price=_first(energy, tariff),
            more=", ".join(others),
            is_now=window.from_at <= prices.at < window.to_at,
            is_fallback=any(rate.source == "fallback" for rate in energy),
        )


def _first(rates: tuple[Rate, ...], tariff: TariffAhead) -> str:
    if not rates:
        return "–"
    amount: Decimal = rates[0].price
    shown = price(amount, tariff.facts.currency)
    return wording.short_price(amount, tariff.facts.currency) if len(shown) > 10 else shown


def _clock(at: datetime, today: datetime) -> str:
    """A time of day; on another day with the day before it."""
    if at.date() == today.date():
        return f"{at:%H:%M}"
    return f"{at.day}/{at.month} {at:%H:%M}"
