"""The stand-in as a whole: start and stop it, look inside, break things, act as a customer."""

import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

import orjson

from config.devstack.stripe_stand_in import customer_acts, nouns
from config.devstack.stripe_stand_in.api import Api, Observer
from config.devstack.stripe_stand_in.control import Control
from config.devstack.stripe_stand_in.deliveries import Attempt, Deliveries, Target
from config.devstack.stripe_stand_in.faults import Fault, Plan, PostFault, Seen
from config.devstack.stripe_stand_in.http_server import LoopbackServer
from config.devstack.stripe_stand_in.journal import Journal
from config.devstack.stripe_stand_in.signatures import sign_payload
from config.devstack.stripe_stand_in.tables import Json, copy_json
from config.devstack.stripe_stand_in.world import World

__all__ = ["StandIn", "nouns"]

ANY_PLATFORM = "*"


def read_wall_clock() -> int:
    """Unix seconds now."""
    return int(time.time())


class StandIn:
    """Stripe on 127.0.0.1, for the demo and for tests; also a context manager.

    `connected` names accounts that every key may act for, as if their owners had joined by
    Connect. `state_file` makes it remember over restarts; `seed` makes ids and faults repeatable
    (leave it out together with a state file). `observer` sees every request with its reply.
    Stripe itself could not be reached when this was written: where its behaviour was not known
    the stand-in is the stricter of the two.
    """

    def __init__(
        self,
        *,
        webhook_url: str | None = None,
        webhook_secret: str = "whsec_stand_in",  # noqa: S107 (only ever signs made-up events)
        clock: Callable[[], int] = read_wall_clock,
        connected: Iterable[str] = (),
        port: int = 0,
        seed: int | None = None,
        state_file: Path | None = None,
        observer: Observer | None = None,
        control: bool = False,
    ) -> None:
        self.webhook_secret = webhook_secret
        chance = random.Random(seed)
        targets = [Target(webhook_url, webhook_secret)] if webhook_url else []
        self.deliveries = Deliveries(targets, chance)
        self.faults: Plan[Fault] = Plan(chance)
        self.journal = Journal(state_file)
        self.world = World(
            clock=clock, chance=chance, deliveries=self.deliveries, journal=self.journal
        )
        self.world.restore()
        for account_id in connected:
            self.world.open_account(account_id, ANY_PLATFORM)
        self.api = Api(self.world, self.faults, observer)
        self.server = LoopbackServer(port, self.api, Control(self.api) if control else None)
        self.world.base_url = self.server.url

    @property
    def url(self) -> str:
        """The address to give StripeClient as base_addresses["api"]."""
        return self.server.url

    @property
    def requests(self) -> list[Seen]:
        """Every request that arrived, in order, with what became of it."""
        return list(self.api.requests)

    @property
    def crashes(self) -> list[BaseException]:
        """Errors of the stand-in itself; a test should find none."""
        return self.server.crashes

    @property
    def attempts(self) -> list[Attempt]:
        """Every post of an event that was tried, in order."""
        return list(self.deliveries.attempts)

    def start(self) -> str:
        """Begin to listen and to post events; the address."""
        self.deliveries.start()
        self.server.start()
        return self.url

    def stop(self) -> None:
        """Close everything and leave no thread behind."""
        self.api.stopping.set()
        self.server.stop()
        self.deliveries.stop()
        self.journal.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def fail(self, fault: Fault) -> None:
        """Let requests go wrong by this rule."""
        self.faults.add(fault)

    def fail_post(self, fault: PostFault) -> None:
        """Let events go wrong by this rule."""
        self.deliveries.faults.add(fault)

    def advance(self, seconds: int) -> None:
        """Move the clock on; holds and sessions whose time is up end."""
        self.world.advance(seconds)

    def objects(self, account: str, kind: str) -> list[Json]:
        """Copies of an account's objects of a kind ("invoice", "charge", ...), oldest first."""
        with self.world.lock:
            books = self.world.accounts.get(account)
            return [copy_json(row) for row in books.oldest(kind)] if books else []

    def charges_succeeded(self, account: str) -> list[Json]:
        """Charges that took money, oldest first; a hold is not among them until captured."""
        charges = self.objects(account, "charge")
        return [row for row in charges if row["status"] == "succeeded" and row["captured"]]

    def events(self, account: str | None = None, kind: str | None = None) -> list[Json]:
        """Events, account by account and oldest first; of one account, of one type, or all."""
        with self.world.lock:
            return [
                self.world.show_event(row)
                for books in self.world.accounts.values()
                if account in {None, books.account_id}
                for row in books.oldest("event")
                if kind in {None, row["type"]}
            ]

    def sign(self, event: Json) -> tuple[bytes, str]:
        """Body and Stripe-Signature of an event, to post by hand."""
        body = orjson.dumps(event)
        return body, sign_payload(body, self.webhook_secret, read_wall_clock())

    def resend(self, event_id: str) -> None:
        """Post an event once more to every receiver."""
        with self.world.lock:
            self.world.resend(event_id)

    def complete_checkout(self, account: str, session_id: str, card: str = "pm_card_visa") -> Json:
        """Pay a checkout session as its visitor. Raises CardRefused or InvalidRequest."""
        return self.world.act(
            account, lambda call: customer_acts.complete_checkout(call, session_id, card)
        )

    def pay_hosted_invoice(self, account: str, invoice_id: str, card: str = "pm_card_visa") -> Json:
        """Pay an open invoice on its own page. Raises CardRefused or InvalidRequest."""
        return self.world.act(
            account, lambda call: customer_acts.pay_hosted_invoice(call, invoice_id, card)
        )

    def authenticate(self, account: str, intent_id: str, *, passed: bool = True) -> Json:
        """Answer the bank's question for a waiting payment intent. Raises CardRefused."""
        return self.world.act(
            account, lambda call: customer_acts.authenticate_intent(call, intent_id, passed=passed)
        )

    def dispute_charge(self, account: str, charge_id: str) -> Json:
        """Dispute a charge as its card's holder. Raises InvalidRequest."""
        return self.world.act(account, lambda call: customer_acts.dispute_charge(call, charge_id))

    def close_dispute(self, account: str, dispute_id: str, *, won: bool) -> Json:
        """Decide a dispute as the card's bank. Raises InvalidRequest."""
        return self.world.act(
            account, lambda call: customer_acts.close_dispute(call, dispute_id, won)
        )

    def pay_out(self, account: str, currency: str = "sek") -> Json:
        """Send what is available to the bank. Raises InvalidRequest."""
        return self.world.act(account, lambda call: nouns.payouts.pay_out(call, currency))

    def fail_payout(self, account: str, payout_id: str) -> Json:
        """Let the bank refuse a payout. Raises InvalidRequest."""
        return self.world.act(account, lambda call: nouns.payouts.fail_payout(call, payout_id))

    def refund_in_dashboard(self, account: str, charge_id: str, amount: int) -> Json:
        """Refund `amount` minor units of a charge by hand. Raises InvalidRequest."""
        return self.world.act(
            account, lambda call: customer_acts.refund_in_dashboard(call, charge_id, amount)
        )

    def return_refund(self, account: str, refund_id: str) -> Json:
        """Let the bank send a refund back. Raises InvalidRequest."""
        return self.world.act(account, lambda call: customer_acts.return_refund(call, refund_id))
