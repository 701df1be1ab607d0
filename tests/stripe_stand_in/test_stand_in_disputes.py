"""Disputes, refunds by hand and refunds that come back."""

import pytest
import stripe

from config.devstack.stripe_stand_in import StandIn
from tests.stripe_stand_in.payer import OWN, Payer


def the_charge(stand_in: StandIn) -> str:
    [charge] = stand_in.charges_succeeded(OWN)
    return str(charge["id"])


def test_a_disputed_charge_is_not_refunded(payer: Payer, stand_in: StandIn) -> None:
    payer.pay()
    dispute = stand_in.dispute_charge(OWN, the_charge(stand_in))
    assert payer.api.charges.retrieve(dispute["charge"]).disputed
    assert [row.id for row in payer.api.disputes.list({"charge": dispute["charge"]})] == [
        dispute["id"]
    ]
    assert payer.api.disputes.retrieve(dispute["id"]).status == "needs_response"
    with pytest.raises(stripe.InvalidRequestError, match="charged back"):
        payer.api.refunds.create({"charge": dispute["charge"]})


def test_a_dispute_is_told(payer: Payer, stand_in: StandIn) -> None:
    payer.pay()
    stand_in.dispute_charge(OWN, the_charge(stand_in))
    [event] = payer.api.events.list({"type": "charge.dispute.created"}).data
    assert event.data.object["charge"] == the_charge(stand_in)


def test_no_credit_note_pays_back_a_disputed_invoice(payer: Payer, stand_in: StandIn) -> None:
    invoice = payer.pay()
    stand_in.dispute_charge(OWN, the_charge(stand_in))
    with pytest.raises(stripe.InvalidRequestError, match="charged back"):
        payer.api.credit_notes.create({"invoice": invoice.id, "amount": 1, "refund_amount": 1})


def test_a_refund_that_comes_back_frees_the_charge(payer: Payer, stand_in: StandIn) -> None:
    payer.pay()
    refund = payer.api.refunds.create({"charge": the_charge(stand_in), "amount": 500})
    stand_in.return_refund(OWN, refund.id)
    assert payer.api.refunds.retrieve(refund.id).status == "failed"
    assert payer.api.charges.retrieve(the_charge(stand_in)).amount_refunded == 0
    assert payer.api.events.list({"type": "refund.failed"}).data


def test_a_refund_by_hand_counts(payer: Payer, stand_in: StandIn) -> None:
    payer.pay()
    stand_in.refund_in_dashboard(OWN, the_charge(stand_in), 500)
    assert payer.api.charges.retrieve(the_charge(stand_in)).amount_refunded == 500
