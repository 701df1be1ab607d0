"""Faults on demand, and what the SDK makes of them."""

import threading
from typing import Any

import pytest
import stripe

from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from tests.stripe_stand_in.payer import OWN, Payer

CREATE = {"method": "POST", "path": "/v1/invoices"}


def create(payer: Payer, key: str = "inv-1") -> stripe.Invoice:
    return payer.api.invoices.create({"customer": payer.id}, {"idempotency_key": key})


def fates(stand_in: StandIn) -> list[tuple[str | None, int | None, bool]]:
    """What became of every request for an invoice."""
    return [
        (seen.fault and seen.fault.value, seen.status, seen.replayed)
        for seen in stand_in.requests
        if seen.path == "/v1/invoices"
    ]


def test_after_a_lost_reply_the_sdk_gets_the_one_invoice(payer: Payer, stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.LOST_REPLY, **CREATE))
    invoice = create(payer)
    assert [row["id"] for row in stand_in.objects(OWN, "invoice")] == [invoice.id]
    assert fates(stand_in) == [("lost_reply", 200, False), (None, 200, True)]


def test_after_a_lost_request_the_sdk_tries_again(payer: Payer, stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.LOST_REQUEST, **CREATE))
    create(payer)
    assert fates(stand_in) == [("lost_request", None, False), (None, 200, False)]


def test_a_reply_lost_three_times_is_a_connection_error(payer: Payer, stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.LOST_REPLY, **CREATE, times=3))
    with pytest.raises(stripe.APIConnectionError):
        create(payer)
    assert len(stand_in.objects(OWN, "invoice")) == 1
    assert create(payer).id == stand_in.objects(OWN, "invoice")[0]["id"]


def test_too_many_requests_are_not_tried_again(payer: Payer, stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.RATE_LIMITED, **CREATE))
    with pytest.raises(stripe.RateLimitError):
        create(payer)
    assert create(payer).status == "draft"
    assert len(fates(stand_in)) == 2


def test_a_conflict_is_tried_again(payer: Payer, stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.CONFLICT, **CREATE))
    create(payer)
    assert [status for _, status, _ in fates(stand_in)] == [409, 200]


def test_a_passing_server_error_is_tried_again(payer: Payer, stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.PASSING_SERVER_ERROR, **CREATE))
    create(payer)
    assert [status for _, status, _ in fates(stand_in)] == [500, 200]


def test_a_server_error_may_come_after_the_work(payer: Payer, stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.SERVER_ERROR, **CREATE, after_work=True))
    with pytest.raises(stripe.APIError):
        create(payer)
    assert len(stand_in.objects(OWN, "invoice")) == 1


def test_two_requests_with_one_key_at_once_conflict(
    payer: Payer, stand_in: StandIn, clients: Any
) -> None:
    stand_in.fail(Fault(FaultKind.SLOW, **CREATE, delay_s=30.0))
    slow = threading.Thread(target=lambda: suppressed_create(payer))
    slow.start()
    while not stand_in.api.under_way:
        threading.Event().wait(0.001)
    other = clients(stand_in.url, retries=0)
    with pytest.raises(stripe.APIError) as refused:
        other.v1.invoices.create({"customer": payer.id}, {"idempotency_key": "inv-1"})
    assert refused.value.http_status == 409
    stand_in.api.stopping.set()
    slow.join()


def suppressed_create(payer: Payer) -> None:
    """Create in a thread; the stand-in's end may cut it short."""
    try:
        create(payer)
    except stripe.StripeError:
        return


def test_a_slow_answer_times_out(stand_in: StandIn, clients: Any) -> None:
    client = clients(stand_in.url, retries=0, timeout_s=0.05)
    stand_in.fail(Fault(FaultKind.SLOW, delay_s=5.0))
    with pytest.raises(stripe.APIConnectionError, match="timeout"):
        client.v1.customers.list()


def test_a_rule_may_ask_about_the_request(payer: Payer, stand_in: StandIn) -> None:
    stand_in.fail(
        Fault(FaultKind.RATE_LIMITED, matches=lambda seen: seen.idempotency_key == "inv-2")
    )
    create(payer, "inv-1")
    with pytest.raises(stripe.RateLimitError):
        create(payer, "inv-2")


@pytest.mark.parametrize("kind", [FaultKind.LOST_REQUEST, FaultKind.LOST_REPLY])
def test_chance_is_repeatable_by_seed(clients: Any, kind: FaultKind) -> None:
    def play() -> list[bool]:
        with StandIn(seed=7) as stand_in:
            stand_in.fail(Fault(kind, probability=0.3, times=None))
            client = clients(stand_in.url, retries=10)
            for number in range(10):
                client.v1.customers.create({"name": str(number)}, {"idempotency_key": str(number)})
            assert len(stand_in.objects(OWN, "customer")) == 10
            return [seen.fault is not None for seen in stand_in.requests]

    first = play()
    assert any(first)
    assert play() == first
