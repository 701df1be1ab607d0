"""Invoices from an empty draft to paid, void or given up."""

import pytest
import stripe

from config.devstack.stripe_stand_in import StandIn
from tests.stripe_stand_in.payer import OWN, Payer, line_of


def test_a_session_is_invoiced_and_paid(payer: Payer, stand_in: StandIn) -> None:
    invoice = payer.pay(line_of(10_000), line_of(2_500))
    assert (invoice.status, invoice.total, invoice.amount_paid) == ("paid", 12_500, 12_500)
    assert [charge["amount"] for charge in stand_in.charges_succeeded(OWN)] == [12_500]
    assert [event["type"] for event in stand_in.events(OWN)][3:] == [
        "invoice.created",
        "invoice.updated",
        "customer.updated",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_vat_is_printed_as_it_was_sent(payer: Payer) -> None:
    invoice = payer.draft(line_of(10_001), line_of(333))
    assert (invoice.total, invoice.total_excluding_tax) == (10_334, 10_334 - 2_000 - 66)
    assert [tax.amount for tax in invoice.total_taxes or []] == [2_066]


def test_tax_outside_the_price_is_added(payer: Payer) -> None:
    line = line_of(8_000)
    line["tax_amounts"][0] |= {"amount": 2_000, "taxable_amount": 8_000}
    line["tax_amounts"][0]["tax_rate_data"] = {
        "display_name": "Moms",
        "inclusive": False,
        "percentage": 25.0,
    }
    invoice = payer.draft(line)
    assert (invoice.subtotal, invoice.total) == (8_000, 10_000)


def test_a_price_times_a_quantity_is_rounded_half_up(payer: Payer) -> None:
    price = {"currency": "sek", "product_data": {"name": "El"}, "unit_amount_decimal": "349.5"}
    invoice = payer.draft({"price_data": price, "quantity_decimal": "21.413"})
    assert invoice.total == 7_484


def test_numbers_follow_each_other(payer: Payer) -> None:
    numbers = [payer.invoice().number or "" for _ in range(2)]
    assert [number[-5:] for number in numbers] == ["-0001", "-0002"]


def test_our_own_number_is_kept(payer: Payer) -> None:
    assert payer.invoice(number="LB-2026-0001").number == "LB-2026-0001"


def test_a_declined_card_leaves_the_invoice_open(payer: Payer, stand_in: StandIn) -> None:
    payer.save("pm_card_chargeCustomerFail")
    invoice = payer.invoice()
    with pytest.raises(stripe.CardError) as refused:
        payer.api.invoices.pay(invoice.id)
    assert (refused.value.http_status, refused.value.code) == (402, "card_declined")
    assert payer.api.invoices.retrieve(invoice.id).status == "open"
    assert stand_in.charges_succeeded(OWN) == []
    assert stand_in.events(OWN, "invoice.payment_failed")


def test_another_card_pays_after_a_decline(payer: Payer, stand_in: StandIn) -> None:
    payer.save("pm_card_chargeCustomerFail")
    invoice = payer.invoice()
    with pytest.raises(stripe.CardError):
        payer.api.invoices.pay(invoice.id)
    good = payer.save("pm_card_mastercard")
    assert payer.api.invoices.pay(invoice.id, {"payment_method": good}).status == "paid"
    assert len(stand_in.charges_succeeded(OWN)) == 1


def test_a_card_that_declines_at_once_cannot_be_saved(payer: Payer) -> None:
    with pytest.raises(stripe.CardError, match="declined"):
        payer.save("pm_card_chargeDeclined")


def test_the_holder_must_authenticate(payer: Payer, stand_in: StandIn) -> None:
    payer.save("pm_card_authenticationRequired")
    invoice = payer.invoice()
    with pytest.raises(stripe.CardError) as refused:
        payer.api.invoices.pay(invoice.id, {"off_session": True})
    assert refused.value.code == "authentication_required"
    assert stand_in.events(OWN, "invoice.payment_action_required")
    paid = stand_in.pay_hosted_invoice(OWN, invoice.id, "pm_card_authenticationRequired")
    assert paid["status"] == "paid"


def test_a_present_holder_is_asked_and_pays(payer: Payer, stand_in: StandIn) -> None:
    payer.save("pm_card_authenticationRequired")
    invoice = payer.invoice()
    with pytest.raises(stripe.CardError) as refused:
        payer.api.invoices.pay(invoice.id, {"off_session": False})
    assert refused.value.code == "invoice_payment_intent_requires_action"
    [intent] = stand_in.objects(OWN, "payment_intent")
    stand_in.authenticate(OWN, intent["id"])
    assert payer.api.invoices.retrieve(invoice.id).status == "paid"


def test_an_invoice_without_a_card_cannot_be_paid(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Utan kort"})
    made = client.v1.invoices.create({"customer": customer.id, "currency": "sek"})
    client.v1.invoices.add_lines(made.id, {"lines": [{"amount": 5_000}]})
    client.v1.invoices.finalize_invoice(made.id)
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        client.v1.invoices.pay(made.id)


def test_a_card_that_is_not_the_customers_does_not_pay(payer: Payer) -> None:
    invoice = payer.invoice()
    with pytest.raises(stripe.InvalidRequestError, match="must be attached"):
        payer.api.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})


def test_too_little_to_charge_is_carried_over(payer: Payer, stand_in: StandIn) -> None:
    small = payer.invoice(line_of(299))
    assert (small.status, small.amount_due, small.ending_balance) == ("paid", 0, 299)
    assert stand_in.charges_succeeded(OWN) == []
    assert payer.invoice(line_of(1_000)).amount_due == 1_299


@pytest.mark.parametrize(
    ("act", "status"), [("void_invoice", "void"), ("mark_uncollectible", "uncollectible")]
)
def test_an_open_invoice_can_be_ended(payer: Payer, act: str, status: str) -> None:
    invoice = payer.invoice()
    assert getattr(payer.api.invoices, act)(invoice.id).status == status


def test_a_void_invoice_cannot_be_paid(payer: Payer, stand_in: StandIn) -> None:
    invoice = payer.invoice()
    payer.api.invoices.void_invoice(invoice.id)
    with pytest.raises(stripe.InvalidRequestError, match="void"):
        payer.api.invoices.pay(invoice.id)
    assert stand_in.objects(OWN, "payment_intent")[0]["status"] == "canceled"


@pytest.mark.parametrize("act", ["finalize_invoice", "delete", "void_invoice", "pay"])
def test_a_paid_invoice_stays_as_it_is(payer: Payer, stand_in: StandIn, act: str) -> None:
    invoice = payer.pay()
    before = stand_in.objects(OWN, "invoice")
    with pytest.raises(stripe.InvalidRequestError):
        getattr(payer.api.invoices, act)(invoice.id)
    assert stand_in.objects(OWN, "invoice") == before


def test_lines_cannot_be_added_to_an_open_invoice(payer: Payer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        payer.api.invoices.add_lines(payer.invoice().id, {"lines": [{"amount": 1}]})
    assert refused.value.code == "invoice_not_editable"


def test_an_empty_invoice_cannot_be_finalized(payer: Payer) -> None:
    made = payer.api.invoices.create({"customer": payer.id})
    with pytest.raises(stripe.InvalidRequestError, match="Nothing to invoice"):
        payer.api.invoices.finalize_invoice(made.id)


def test_a_draft_cannot_be_paid(payer: Payer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="draft"):
        payer.api.invoices.pay(payer.draft().id)


def test_a_deleted_draft_is_gone(payer: Payer) -> None:
    draft = payer.draft()
    assert payer.api.invoices.delete(draft.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError, match="No such invoice"):
        payer.api.invoices.retrieve(draft.id)


def test_an_invoice_takes_at_most_250_lines(payer: Payer) -> None:
    full = payer.draft(*[line_of(1_000)] * 250)
    assert (len(full.lines.data), full.lines.has_more) == (10, True)
    with pytest.raises(stripe.InvalidRequestError, match="250"):
        payer.api.invoices.add_lines(full.id, {"lines": [{"amount": 1}]})


def test_every_line_can_be_read_in_order(payer: Payer) -> None:
    draft = payer.draft(*[line_of(1_000 + n) for n in range(23)])
    lines = payer.api.invoices.line_items.list(draft.id, {"limit": 10})
    assert [line.amount for line in lines.auto_paging_iter()] == [1_000 + n for n in range(23)]


def test_an_invoice_to_be_sent_needs_a_due_day(payer: Payer, stand_in: StandIn) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="days_until_due"):
        payer.draft(collection_method="send_invoice")
    draft = payer.draft(collection_method="send_invoice", days_until_due=30)
    sent = payer.api.invoices.send_invoice(draft.id)
    assert (sent.status, sent.due_date) == ("open", sent.created + 30 * 86_400)
    assert stand_in.events(OWN, "invoice.sent")


def test_paid_elsewhere_takes_no_money(payer: Payer, stand_in: StandIn) -> None:
    paid = payer.api.invoices.pay(payer.invoice().id, {"paid_out_of_band": True})
    assert paid.status == "paid"
    assert stand_in.charges_succeeded(OWN) == []


def test_payments_lead_from_invoice_to_intent_and_back(payer: Payer) -> None:
    invoice = payer.pay()
    shown = payer.api.invoices.retrieve(
        invoice.id, {"expand": ["payments.data.payment.payment_intent"]}
    )
    assert shown.payments is not None
    [payment] = shown.payments.data
    intent = payment.payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    found = payer.api.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": intent.id}}
    )
    assert [row.invoice for row in found.data] == [invoice.id]
    assert payer.api.invoice_payments.retrieve(payment.id).status == "paid"
