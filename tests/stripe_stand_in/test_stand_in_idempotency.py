"""Idempotency keys: one answer per question for a day."""

from typing import Any

import pytest
import stripe

from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from tests.stripe_stand_in.payer import OWN, Payer

DAY_S = 24 * 3600


def create(payer: Payer, key: str, **params: Any) -> stripe.Invoice:
    wanted: Any = {"customer": payer.id, "currency": "sek"} | params
    return payer.api.invoices.create(wanted, {"idempotency_key": key})


def test_the_same_question_gets_the_same_invoice(payer: Payer, stand_in: StandIn) -> None:
    first, second = (create(payer, "inv-1") for _ in range(2))
    assert first.id == second.id
    assert len(stand_in.objects(OWN, "invoice")) == 1
    assert [seen.replayed for seen in stand_in.requests][-2:] == [False, True]
    assert second.last_response is not None
    assert second.last_response.headers["Idempotent-Replayed"] == "true"


def test_the_order_of_parameters_does_not_matter(payer: Payer) -> None:
    notes = {"a": "1", "b": "2"}
    first = create(payer, "inv-1", metadata=notes)
    second = create(payer, "inv-1", metadata=dict(reversed(notes.items())))
    assert first.id == second.id


@pytest.mark.parametrize("params", [{"currency": "eur"}, {"auto_advance": False}])
def test_another_question_under_the_same_key_is_refused(
    payer: Payer, stand_in: StandIn, params: dict[str, Any]
) -> None:
    create(payer, "inv-1")
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        create(payer, "inv-1", **params)
    assert len(stand_in.objects(OWN, "invoice")) == 1


def test_a_key_belongs_to_one_endpoint(payer: Payer) -> None:
    create(payer, "inv-1")
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        payer.api.customers.create({"name": "Bo"}, {"idempotency_key": "inv-1"})


def test_a_key_is_forgotten_after_a_day(payer: Payer, stand_in: StandIn) -> None:
    first = create(payer, "inv-1")
    stand_in.advance(DAY_S - 60)
    assert create(payer, "inv-1").id == first.id
    stand_in.advance(60)
    assert create(payer, "inv-1").id != first.id


def test_a_decline_is_replayed(payer: Payer, stand_in: StandIn) -> None:
    payer.save("pm_card_chargeCustomerFail")
    invoice = payer.invoice()
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            payer.api.invoices.pay(invoice.id, {}, {"idempotency_key": "pay-1"})
    assert len(stand_in.objects(OWN, "charge")) == 1


def test_a_refused_parameter_is_not_kept(lax_stand_in: StandIn, clients: Any) -> None:
    payer = Payer(clients(lax_stand_in.url))
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        create(payer, "inv-1", colour="red")
    assert create(payer, "inv-1").status == "draft"


def test_a_server_error_is_kept_and_replayed(payer: Payer, stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.SERVER_ERROR, path="/v1/invoices"))
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            create(payer, "inv-1")
    assert stand_in.objects(OWN, "invoice") == []
    stand_in.advance(DAY_S)
    assert create(payer, "inv-1").status == "draft"


def test_keys_of_two_accounts_do_not_meet(stand_in: StandIn, clients: Any) -> None:
    one, two = (
        clients(stand_in.url, account=account).v1.customers.create(
            {"name": "Samma"}, {"idempotency_key": "c-1"}
        )
        for account in ("acct_one", "acct_two")
    )
    assert one.id != two.id
