"""Credit notes before and after payment."""

from typing import Any

import pytest
import stripe

from config.devstack.stripe_stand_in import StandIn
from tests.stripe_stand_in.payer import OWN, Payer, line_of


def credit(payer: Payer, invoice: stripe.Invoice, **params: Any) -> stripe.CreditNote:
    wanted: Any = {"invoice": invoice.id} | params
    return payer.api.credit_notes.create(wanted)


def test_a_credit_before_payment_lowers_what_is_due(payer: Payer, stand_in: StandIn) -> None:
    invoice = payer.invoice()
    note = credit(payer, invoice, amount=2_500)
    assert (note.type, note.pre_payment_amount) == ("pre_payment", 2_500)
    assert payer.api.invoices.pay(invoice.id).amount_paid == 10_000
    assert [row["amount"] for row in stand_in.charges_succeeded(OWN)] == [10_000]


def test_a_full_credit_closes_the_invoice(payer: Payer, stand_in: StandIn) -> None:
    invoice = payer.invoice()
    credit(payer, invoice, amount=12_500)
    assert payer.api.invoices.retrieve(invoice.id).status == "paid"
    assert stand_in.charges_succeeded(OWN) == []


def test_a_credit_after_payment_goes_back_to_the_card(payer: Payer, stand_in: StandIn) -> None:
    invoice = payer.pay()
    note = credit(payer, invoice, amount=2_500, refund_amount=2_500, reason="order_change")
    assert (note.type, note.status, note.number[-6:]) == ("post_payment", "issued", "-CN-01")
    [refund] = stand_in.objects(OWN, "refund")
    assert (refund["amount"], note.refunds[0].refund) == (2_500, refund["id"])


def test_a_credit_after_payment_may_stay_with_the_customer(payer: Payer) -> None:
    credit(payer, payer.pay(), amount=2_500, credit_amount=2_500)
    assert payer.api.customers.retrieve(payer.id).balance == -2_500
    assert payer.invoice(line_of(10_000)).amount_due == 7_500


@pytest.mark.parametrize("refund", [0, 2_499, 2_501])
def test_what_was_paid_must_go_somewhere(payer: Payer, refund: int) -> None:
    invoice = payer.pay()
    with pytest.raises(stripe.InvalidRequestError, match="must equal the post-payment amount"):
        credit(payer, invoice, amount=2_500, refund_amount=refund)


def test_no_more_is_credited_than_was_invoiced(payer: Payer) -> None:
    invoice = payer.pay()
    credit(payer, invoice, amount=10_000, refund_amount=10_000)
    with pytest.raises(stripe.InvalidRequestError, match="maximum creditable amount"):
        credit(payer, invoice, amount=2_501, refund_amount=2_501)


def test_a_line_is_credited_with_its_tax(payer: Payer) -> None:
    invoice = payer.pay(line_of(10_000), line_of(2_500))
    second = invoice.lines.data[1]
    assert second.taxes
    assert second.taxes[0].tax_rate_details is not None
    tax = {
        "amount": 500,
        "taxable_amount": 2_000,
        "tax_rate": second.taxes[0].tax_rate_details.tax_rate,
    }
    line = {"type": "invoice_line_item", "invoice_line_item": second.id, "tax_amounts": [tax]}
    note = credit(payer, invoice, lines=[line | {"amount": 2_500}], refund_amount=2_500)
    assert (note.total, note.total_excluding_tax) == (2_500, 2_000)
    with pytest.raises(stripe.InvalidRequestError, match="what is left of the line"):
        credit(payer, invoice, lines=[line | {"amount": 1}], refund_amount=1)


def test_a_draft_cannot_be_credited(payer: Payer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="status draft"):
        credit(payer, payer.draft(), amount=100)


def test_credit_notes_and_their_lines_can_be_listed(payer: Payer) -> None:
    invoice = payer.pay(*[line_of(1_000) for _ in range(12)])
    lines = payer.api.invoices.line_items.list(invoice.id, {"limit": 100}).data
    wanted = [
        {"type": "invoice_line_item", "invoice_line_item": line.id, "amount": 1_000}
        for line in lines
    ]
    note = credit(payer, invoice, lines=wanted, refund_amount=12_000)
    assert [row.id for row in payer.api.credit_notes.list({"invoice": invoice.id})] == [note.id]
    listed = payer.api.credit_notes.line_items.list(note.id).auto_paging_iter()
    assert [line.invoice_line_item for line in listed] == [line.id for line in lines]
