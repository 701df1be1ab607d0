"""A payment on the spot in words: what happens now, what it costs so far, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import Payment
from billing.money import Money, format_money
from billing.selectors.ad_hoc import cost_in_force_minor
from billing.selectors.running_cost import charge_so_far
from billing.services.receipt_links import receipt_token
from drivers import wording
from sessions_app.models import ChargingSession

State, Phase, Ending = Payment.State, Payment.Phase, Payment.Ending

_QUICK_S: Final = 1
_CALM_S: Final = 3
_TAKEN: Final = (State.CAPTURED, State.PARTLY_REFUNDED, State.REFUNDED)

_WHY: Final[Mapping[str, str | Promise]] = {
    Ending.BUSY: _("Somebody else was first at this connector."),
    Ending.OFFLINE: _("The station could not be reached."),
    Ending.REFUSED: _("The station did not want to start. Try another connector."),
    Ending.SILENT: _("No car was plugged in in time, so charging never began."),
    Ending.BY_PAYER: _("You cancelled before charging began."),
    Ending.WRONG_AMOUNT: _("Another amount was held than we had asked for."),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class PaymentStory:
    """What a payer sees; `every_s` 0 when nothing will change any more."""

    key: str
    title: str
    text: str
    every_s: int = _CALM_S
    headline: str = ""
    figures: tuple[Figure, ...] = ()
    used_pct: int | None = None
    hold: str = ""
    note: str = ""
    pay_url: str = ""
    stop: str = ""
    receipt: str = ""
    may_retry: bool = False
    steps: tuple[str, ...] = field(default=())


def tell_payment(payment: Payment, now: datetime, language: str) -> PaymentStory:
    """Put a payment (with connector, station and site) into words, in the language in force."""
    teller = _Teller(payment, now, language)
    if payment.state == State.CREATED:
        return teller.unpaid()
    if payment.state in _TAKEN:
        return teller.taken()
    if payment.state in (State.CANCELLED, State.EXPIRED, State.CANCELLING):
        return teller.nothing_taken()
    if payment.phase == Phase.STARTING:
        return teller.starting()
    if payment.phase == Phase.CHARGING and payment.session is not None:
        return teller.charging(payment.session)
    return teller.finishing()


class _Teller:
    """One payment at one time."""

    def __init__(self, payment: Payment, now: datetime, language: str) -> None:
        self.payment, self.now, self.language = payment, now, language
        self.hold = self.money(payment.hold_minor)

    def money(self, amount_minor: int) -> str:
        return format_money(Money(amount_minor, self.payment.currency), self.language)

    def unpaid(self) -> PaymentStory:
        payment = self.payment
        if not payment.checkout_url:
            return PaymentStory(
                "opening",
                _t("Opening the payment page"),
                _t("One moment."),
                every_s=_QUICK_S,
                hold=self.hold,
            )
        return PaymentStory(
            "unpaid",
            _t("Waiting for your payment"),
            _t("As soon as your bank has answered, charging begins."),
            every_s=_QUICK_S,
            hold=self.hold,
            pay_url=payment.checkout_url,
        )

    def starting(self) -> PaymentStory:
        zone = self._zone()
        by = self.payment.start_by
        until = wording.clock_time(by.astimezone(zone).replace(second=0)) if by else ""
        return PaymentStory(
            "starting",
            _t("Plug in your car"),
            _t("The station is starting. Plug in by %(time)s; otherwise the hold is released.")
            % {"time": until},
            every_s=_QUICK_S,
            hold=self.hold,
            stop=_t("Cancel"),
        )

    def charging(self, session: ChargingSession) -> PaymentStory:
        cost_minor = self._cost_minor(session)
        is_stopping = self.payment.stop_asked_at is not None
        title = _t("Charging is being stopped") if is_stopping else _t("Charging")
        text = _t("The station has been asked to stop.") if is_stopping else ""
        authorised_minor = max(1, self.payment.authorised_minor)
        return PaymentStory(
            "stopping" if is_stopping else "charging",
            title,
            text,
            headline=self.money(cost_minor),
            figures=self._figures(session, with_power=True),
            used_pct=min(100, 100 * cost_minor // authorised_minor),
            hold=self.hold,
            stop="" if is_stopping else _t("Stop charging"),
        )

    def finishing(self) -> PaymentStory:
        session = self.payment.session
        return PaymentStory(
            "finishing",
            _t("Charging has ended"),
            _t(
                "The final price is being worked out. You can close this page; your card is charged"
                " once, for what you used."
            ),
            headline=self.money(self._cost_minor(session)) if session else "",
            figures=self._figures(session, with_power=False) if session else (),
            hold=self.hold,
        )

    def taken(self) -> PaymentStory:
        payment, session = self.payment, self.payment.session
        released_minor = payment.authorised_minor - payment.captured_minor
        note = _t("%(amount)s of the hold has been released.") % {
            "amount": self.money(released_minor)
        }
        if payment.refunded_minor:
            note = _t("%(amount)s has been given back to your card.") % {
                "amount": self.money(payment.refunded_minor)
            }
        rated = session is not None and cost_in_force_minor(session.pk) is not None
        return PaymentStory(
            "paid",
            _t("Paid. Drive safely!"),
            self._ending(),
            every_s=0 if rated else _CALM_S,
            headline=self.money(payment.kept_minor),
            figures=self._figures(session, with_power=False) if session else (),
            note=note if released_minor or payment.refunded_minor else "",
            receipt=(receipt_token(session) or "") if session is not None and rated else "",
        )

    def nothing_taken(self) -> PaymentStory:
        payment = self.payment
        is_over = payment.state != State.CANCELLING
        why = str(_WHY.get(payment.ending, ""))
        if payment.authorised_minor == 0:
            title, note = _t("Nothing was paid"), _t("Your card has not been charged.")
            why = why or _t("The payment page was closed before anything was paid.")
        else:
            title = _t("Nothing is charged")
            note = _t("The hold on your card is released. Your bank may show it for some days yet.")
            why = why or _t("No energy was delivered.")
        return PaymentStory(
            "released", title, why, every_s=0 if is_over else _QUICK_S, note=note, may_retry=True
        )

    def _ending(self) -> str:
        if self.payment.ending == Ending.HOLD_USED:
            return _t("Charging was stopped because the amount held was used up.")
        return ""

    def _figures(self, session: ChargingSession, *, with_power: bool) -> tuple[Figure, ...]:
        figures = [Figure("energy", _t("Energy"), wording.energy(session.energy_wh))]
        if with_power and session.last_power_w is not None:
            shown_w = (session.last_power_w + 50) // 100 * 100
            figures.append(Figure("power", _t("Power"), wording.power(shown_w)))
        started_at, ended_at = session.started_at, session.ended_at or self.now
        if started_at is not None:
            seconds = max(0, int((ended_at - started_at).total_seconds()))
            figures.append(Figure("time", _t("Time"), wording.stopwatch(seconds)))
        if with_power and session.last_soc_pct is not None:
            figures.append(Figure("soc", _t("Battery"), f"{session.last_soc_pct} %"))
        return tuple(figures)

    def _cost_minor(self, session: ChargingSession) -> int:
        known = cost_in_force_minor(session.pk)
        if known is not None:
            return known
        charge = charge_so_far(session, self.now)
        return 0 if charge is None else charge.gross_minor

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.payment.connector.charge_point.site.time_zone)
