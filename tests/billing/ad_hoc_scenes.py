"""A stranger at a connector: paying, charging and leaving, for the tests of payment on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from billing.models import AdHocTerms, Payment, Posting, StripeCommand
from billing.selectors.ad_hoc import Offer, offer_at
from billing.services.ad_hoc.opening import open_payment
from billing.services.ad_hoc.sweep import attend_due_payments
from chargepoints.models import ChargePoint, Command, Connector
from config.devstack.stripe_stand_in import StandIn
from outbox.services import publish
from sessions_app.events import SessionCleared, SessionCompleted, SessionStarted
from sessions_app.models import ChargingSession, MeterSample
from tests.billing.scenes import PLATFORM, send_all
from tests.cast import a_charge_point, a_connector, a_session

HOLD_MINOR = 24_000
URLS = {
    "success_url": "https://ladda.example/charge/back/{CHECKOUT_SESSION_ID}/",
    "cancel_url": "https://ladda.example/charge/volt/CODE/1/",
}


@dataclass
class Stranger:
    """Somebody with a card in front of a connector, and what they see at Stripe."""

    connector: Connector
    stand_in: StandIn
    account: str = PLATFORM
    payment: Payment | None = None

    @property
    def row(self) -> Payment:
        """The payment as it is now."""
        assert self.payment is not None
        return Payment.objects.get(pk=self.payment.pk)

    def open(self) -> Payment:
        """Press "Pay and charge"; the payment page is there."""
        offer = offer_at(self.connector, timezone.now())
        assert isinstance(offer, Offer), offer
        self.payment = open_payment(
            connector=self.connector, offer=offer, language="sv", now=timezone.now(), **URLS
        )
        send_all()
        return self.row

    def pay(self, card: str = "pm_card_visa", *, tell: bool = True) -> Payment:
        """Leave a hold on the card; `tell` has us look at once, as an event does."""
        if self.payment is None:
            self.open()
        self.stand_in.complete_checkout(self.account, self.row.stripe_checkout_ref, card)
        if tell:
            self.tell()
        return self.row

    def tell(self) -> None:
        """Have us look at what is there at Stripe, as an event does."""
        Payment.objects.filter(pk=self.row.pk).exclude(due_at=None).update(due_at=timezone.now())
        self.sweep()

    def sweep(self) -> None:
        """One round of every sweep."""
        attend_due_payments(now=timezone.now())
        send_all()

    def intent(self) -> Any:
        """The payment at Stripe."""
        [intent] = [
            row
            for row in self.stand_in.objects(self.account, "payment_intent")
            if row["metadata"]["payment"] == str(self.row.pk)
        ]
        return intent

    def plug_in(self, **more: Any) -> ChargingSession:
        """The station starts as it was asked to, and says so."""
        session = a_session(
            self.connector.charge_point,
            ref=str(ChargingSession.objects.count() + 1),
            token_uid=self.row.token_uid,
            **{"started_at": timezone.now(), "connector": self.connector, **more},
        )
        publish(SessionStarted(session_id=session.pk, occurred_at=timezone.now()))
        send_all()
        return session

    def charge(self, session: ChargingSession, energy_wh: int, after: timedelta) -> None:
        """A reading: so much by now."""
        at = (session.started_at or timezone.now()) + after
        ChargingSession.objects.filter(pk=session.pk).update(
            energy_wh=energy_wh, last_sample_at=at, last_register_wh=energy_wh
        )
        MeterSample.objects.create(
            session=session,
            at=at,
            context="periodic",
            seq=MeterSample.objects.count() + 1,
            received_at=at,
            energy_wh=energy_wh,
        )

    def unplug(
        self, session: ChargingSession, energy_wh: int = 10_000, gate: str = "cleared"
    ) -> None:
        """The session is complete; the checks hold it or let it through."""
        finish(session, energy_wh, gate)
        send_all()


def a_stranger(stand_in: StandIn, account: str = PLATFORM, **more: Any) -> Stranger:
    """At a station that is connected, of an operator who lets strangers pay."""
    AdHocTerms.objects.get_or_create(defaults={"energy_wh": 60_000})
    station = ChargePoint.objects.first() or a_charge_point()
    is_online(station)
    number = station.connectors.count() + 1
    connector = a_connector(station, evse_id=number, **{"status": "available", **more})
    return Stranger(connector, stand_in, account)


def is_online(station: ChargePoint) -> None:
    """The station has a socket and was heard of now."""
    station.socket_channel, station.last_seen_at = "specific.test", timezone.now()
    station.save(update_fields=("socket_channel", "last_seen_at"))


def finish(session: ChargingSession, energy_wh: int, gate: str = "cleared") -> None:
    """Complete a session that took at most 10 kW, and tell of it as the platform does."""
    now = timezone.now()
    begun_at = now - timedelta(hours=max(1, energy_wh / 10_000))
    ChargingSession.objects.filter(pk=session.pk).update(
        state="completed",
        gate=gate,
        energy_wh=energy_wh,
        started_at=min(session.started_at or begun_at, begun_at),
        ended_at=now,
        completed_at=now,
        meter_stop_wh=energy_wh,
    )
    publish(SessionCompleted(session_id=session.pk, occurred_at=now))
    if gate == "cleared":
        publish(SessionCleared(session_id=session.pk, occurred_at=now))


def release(session: ChargingSession, energy_wh: int) -> None:
    """A person lets a held session through with so much energy."""
    ChargingSession.objects.filter(pk=session.pk).update(gate="released", energy_wh=energy_wh)
    publish(SessionCleared(session_id=session.pk, occurred_at=timezone.now()))
    send_all()


def answer(payment: Payment, **changes: Any) -> None:
    """What the station made of the remote start."""
    assert payment.start_command_id is not None
    Command.objects.filter(pk=payment.start_command_id).update(**changes)


def asked(action: str) -> int:
    """How many commands of a kind were owed to stations."""
    return Command.objects.filter(action=action).count()


def balance(code: str) -> int:
    """What is booked on an account, in minor units."""
    return sum(Posting.objects.filter(account__code=code).values_list("amount_minor", flat=True))


def owed_calls() -> dict[str, int]:
    """How many calls of each operation there are."""
    names = StripeCommand.objects.values_list("operation", flat=True)
    return {name: list(names).count(name) for name in set(names)}


def at(payment: Payment) -> datetime:
    """When the hold lapses."""
    assert payment.capture_before is not None
    return payment.capture_before
