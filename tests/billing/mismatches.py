"""Mismatches between Stripe and the books, one planted at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import Discrepancy, Invoice, JournalEntry, StripeAccount
from billing.services.ledger import BANK, STRIPE_PENDING, Line, book
from billing.services.reconciliation.run import reconcile_account
from config.devstack.stripe_stand_in import StandIn
from config.devstack.stripe_stand_in.nouns.charging import charge_intent, record_movement
from config.devstack.stripe_stand_in.nouns.payment_intents import new_intent
from config.devstack.stripe_stand_in.nouns.payment_methods import resolve_method
from config.devstack.stripe_stand_in.nouns.refunds import give_refund, send_back
from config.devstack.stripe_stand_in.world import Call
from tests.billing.scenes import PLATFORM, a_payer, an_invoice, send_until, stripe_ref
from tests.cast import NOON

Kind = Discrepancy.Kind


@dataclass(frozen=True)
class Scene:
    """A paid invoice of 40.00 kr, and the Stripe it was paid at."""

    stand_in: StandIn
    paid: Invoice

    def act(self, action: Callable[[Call], Any]) -> Any:
        """Something that happens inside Stripe's account."""
        return self.stand_in.world.act(PLATFORM, action)

    @property
    def charge(self) -> str:
        """The charge that paid the invoice."""
        return str(self.stand_in.charges_succeeded(PLATFORM)[0]["id"])


def charge(scene: Scene, amount_minor: int = 2_500, **metadata: str) -> None:
    """Money taken from a card by somebody at Stripe."""

    def take(call: Call) -> Any:
        method = resolve_method(call, "pm_card_visa", "payment_method")
        intent = new_intent(call, amount_minor, "sek") | {"metadata": metadata}
        charge_intent(call, intent, method, off_session=True)
        return intent

    scene.act(take)


def lose_webhook(scene: Scene) -> None:
    """The driver pays on Stripe's page, and nobody tells us."""
    waiting = an_invoice(a_payer("DDEEFF"), ref="2")
    send_until(waiting, "pay_invoice")
    scene.stand_in.pay_hosted_invoice(PLATFORM, stripe_ref(waiting))


def deliver_twice(scene: Scene) -> None:
    """The same payment in the books once more, as a handler without a key would do it."""
    _book(f"invoice:{scene.paid.pk}:paid:again", 4_000)


def refund_in_dashboard(scene: Scene) -> None:
    """A person gives 5.00 kr back at Stripe."""
    scene.stand_in.refund_in_dashboard(PLATFORM, scene.charge, 500)


def return_refund(scene: Scene) -> None:
    """The bank sends a refund back that was given long ago."""

    def send(call: Call) -> Any:
        refund = give_refund(call, call.from_param("charge", "charge", scene.charge), 500)
        call.books.table("balance_transaction").remove(refund["balance_transaction"])
        return send_back(call, refund)

    scene.act(send)


def dispute(scene: Scene) -> None:
    """The card's holder asks for the money back; no event comes."""
    scene.stand_in.dispute_charge(PLATFORM, scene.charge)


def change_fee(scene: Scene) -> None:
    """Another fee is kept than was agreed when the payment is paired."""
    StripeAccount.objects.create(account_ref="", card_fee_bps=140, card_fee_fixed_minor=180)


def leave_orphan(scene: Scene) -> None:
    """A payment nobody here asked for."""
    charge(scene)


def use_wrong_account(scene: Scene) -> None:
    """Another seller's payment on this seller's account."""
    charge(scene, tenant=str(uuid7()), invoice=str(uuid7()))


def charge_twice(scene: Scene) -> None:
    """Money is taken a second time for an invoice that is paid."""
    charge(scene, 4_000, tenant=str(scene.paid.tenant_id), invoice=str(scene.paid.pk))


def take_more(scene: Scene) -> None:
    """Stripe took 50.00 kr where the books have 40.00."""
    scene.act(lambda call: change(call, "balance_transaction", amount=5_000, net=4_760))


def take_euros(scene: Scene) -> None:
    """Stripe took euros where the books have kronor."""
    scene.act(lambda call: change(call, "balance_transaction", currency="eur"))


def book_out_of_thin_air(scene: Scene) -> None:
    """An entry of money Stripe never had."""
    _book(f"invoice:{uuid7()}:paid", 700)


def spoil_payout(scene: Scene) -> None:
    """The bank gets 1.00 kr less than the movements come to."""
    payout = pay_out(scene)
    scene.act(lambda call: change(call, "payout", amount=payout["amount"] - 100))


def fail_payout(scene: Scene) -> None:
    """The bank refuses a payout."""
    scene.stand_in.fail_payout(PLATFORM, pay_out(scene)["id"])


def hide_movement(scene: Scene) -> None:
    """3.00 kr are gone from the balance since last night, and no list says why."""
    reconcile()
    row = {"object": "balance_transaction", "id": "txn_hidden", "created": 1, "source": None}
    known = {"status": "available", "currency": "sek", "net": -300}
    scene.act(lambda call: call.books.put(row | known))


def top_up(scene: Scene) -> None:
    """Somebody sent money to the account, which no entry of ours stands for."""
    charge = scene.stand_in.charges_succeeded(PLATFORM)[0]

    def send(call: Call) -> Any:
        movement = record_movement(call, charge, "topup", 900, [])
        return call.books.put(movement | {"source": None})

    scene.act(send)


def pay_out(scene: Scene) -> Any:
    """What is available goes to the bank."""
    scene.stand_in.advance(4 * 24 * 3600)
    return scene.stand_in.pay_out(PLATFORM)


def change(call: Call, kind: str, **changes: Any) -> Any:
    """Change the account's newest object of a kind."""
    return call.books.put(next(iter(call.books.newest(kind))) | changes)


def _book(ref: str, amount_minor: int) -> JournalEntry:
    return book(
        ref=ref,
        description="Invoice 1",
        occurred_at=NOON,
        postings=[
            Line(STRIPE_PENDING, amount_minor, "SEK"),
            Line(BANK, -amount_minor, "SEK"),
        ],
    )


def reconcile(hours: int = 2) -> None:
    """A night's work, two hours on: entries just made are taken for known by then."""
    now = timezone.now() + timedelta(hours=hours)
    reconcile_account(account_ref="", is_shared=False, now=now)


PLANTED: dict[Kind, Callable[[Scene], None]] = {
    Kind.PAYMENT_NOT_BOOKED: lose_webhook,
    Kind.BOOKED_TWICE: deliver_twice,
    Kind.REFUND_NOT_BOOKED: refund_in_dashboard,
    Kind.RETURN_NOT_BOOKED: return_refund,
    Kind.DISPUTE_NOT_BOOKED: dispute,
    Kind.FEE_DIFFERS: change_fee,
    Kind.UNKNOWN_PAYMENT: leave_orphan,
    Kind.WRONG_ACCOUNT: use_wrong_account,
    Kind.CHARGED_TWICE: charge_twice,
    Kind.AMOUNT_DIFFERS: take_more,
    Kind.CURRENCY_DIFFERS: take_euros,
    Kind.NOT_AT_STRIPE: book_out_of_thin_air,
    Kind.PAYOUT_DIFFERS: spoil_payout,
    Kind.PAYOUT_FAILED: fail_payout,
    Kind.BALANCE_DIFFERS: hide_movement,
    Kind.OTHER_MOVEMENT: top_up,
}
