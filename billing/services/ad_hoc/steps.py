"""What each operation about a payment on the spot sends, and how its outcome is looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from billing.models import StripeCommand
from billing.services.ad_hoc import calls
from billing.services.step import CLOCK_SLACK, Step
from billing.stripe_gateway import (
    CallFor,
    RemoteCheckout,
    RemoteObject,
    RemoteRefund,
    StripeGateway,
)
from billing.types import Operation


def find_page(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteCheckout]:
    """Payment pages that carry our payment's id, made since the first try."""
    made_from = (command.first_sent_at or command.created_at) - CLOCK_SLACK
    return [
        page
        for page in gateway.checkouts_since(call, made_from)
        if page.metadata.get("payment") == str(command.entity_id)
    ]


def find_nothing(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteObject]:
    """Stripe itself takes no hold twice and releases none twice: it may be sent again."""
    return []


def find_refund(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteRefund]:
    """Refunds of the payment that carry our refund's id."""
    intent_ref = command.params["body"]["payment_intent"]
    return [
        refund
        for refund in gateway.refunds_of(call, intent_ref)
        if refund.metadata.get("refund") == str(command.entity_id)
    ]


def _fetch(gateway: StripeGateway, call: CallFor, command: StripeCommand) -> RemoteCheckout:
    return gateway.fetch_checkout(call, _about(command))


def _about(command: StripeCommand) -> str:
    return str(command.params["about"])


def _with_body(
    method: Callable[[StripeGateway], Callable[[CallFor, str, dict[str, object]], RemoteObject]],
) -> Callable[[StripeGateway, CallFor, StripeCommand], RemoteObject]:
    def send(gateway: StripeGateway, call: CallFor, command: StripeCommand) -> RemoteObject:
        return method(gateway)(call, _about(command), command.params["body"])

    return send


AD_HOC_STEPS: Final[dict[str, Step]] = {
    Operation.OPEN_CHECKOUT: Step(
        send=lambda gateway, call, command: gateway.create_checkout(call, command.params["body"]),
        look_up=find_page,
        conclude=calls.keep_checkout,
        refuse=calls.refuse_checkout,
        may_be_done=True,
    ),
    Operation.CLOSE_CHECKOUT: Step(
        send=lambda gateway, call, command: gateway.expire_checkout(call, _about(command)),
        look_up=find_nothing,
        conclude=calls.fetch_after,
        refuse=calls.fetch_after_no,
    ),
    Operation.FETCH_CHECKOUT: Step(
        send=_fetch,
        look_up=lambda gateway, call, command: [_fetch(gateway, call, command)],
        conclude=calls.follow_checkout,
        refuse=calls.note_unfetched,
    ),
    Operation.CAPTURE_HOLD: Step(
        send=_with_body(lambda gateway: gateway.capture_payment),
        look_up=find_nothing,
        conclude=calls.fetch_after,
        refuse=calls.fetch_why,
    ),
    Operation.RELEASE_HOLD: Step(
        send=_with_body(lambda gateway: gateway.cancel_payment),
        look_up=find_nothing,
        conclude=calls.fetch_after,
        refuse=calls.fetch_why,
    ),
    Operation.REFUND_PAYMENT: Step(
        send=lambda gateway, call, command: gateway.create_refund(call, command.params["body"]),
        look_up=find_refund,
        conclude=calls.conclude_refund,
        refuse=calls.refuse_refund_call,
        may_be_done=True,
    ),
}
