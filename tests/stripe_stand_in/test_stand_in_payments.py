"""Payment intents, holds, refunds and the money they move."""

import pytest
import stripe

from config.devstack.stripe_stand_in import StandIn
from tests.stripe_stand_in.payer import OWN, Payer

WEEK_S = 7 * 24 * 3600


def test_a_payment_moves_money_less_the_fee(payer: Payer, stand_in: StandIn) -> None:
    payer.pay()
    [movement] = payer.api.balance_transactions.list({"type": "charge"}).data
    assert (movement.amount, movement.fee, movement.net) == (12_500, 368, 12_132)
    assert payer.api.balance_transactions.retrieve(movement.id).status == "pending"
    stand_in.advance(3 * 24 * 3600)
    balance = payer.api.balance.retrieve()
    assert [(row.amount, row.currency) for row in balance.available] == [(12_132, "sek")]
    assert balance.pending == []


@pytest.mark.parametrize("amount", [1, 4_999, 20_000])
def test_at_most_the_hold_is_captured(payer: Payer, stand_in: StandIn, amount: int) -> None:
    hold = payer.hold(20_000)
    assert (hold.status, hold.amount_capturable) == ("requires_capture", 20_000)
    assert stand_in.charges_succeeded(OWN) == []
    taken = payer.api.payment_intents.capture(hold.id, {"amount_to_capture": amount})
    assert (taken.status, taken.amount_received) == ("succeeded", amount)
    assert [row["amount_captured"] for row in stand_in.charges_succeeded(OWN)] == [amount]


def test_more_than_the_hold_is_refused(payer: Payer, stand_in: StandIn) -> None:
    hold = payer.hold(20_000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        payer.api.payment_intents.capture(hold.id, {"amount_to_capture": 20_001})
    assert refused.value.code == "amount_too_large"
    assert payer.api.payment_intents.retrieve(hold.id).status == "requires_capture"


def test_a_hold_is_captured_once(payer: Payer) -> None:
    hold = payer.hold()
    payer.api.payment_intents.capture(hold.id, {"amount_to_capture": 5_000})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        payer.api.payment_intents.capture(hold.id, {"amount_to_capture": 5_000})
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_released_hold_takes_nothing(payer: Payer, stand_in: StandIn) -> None:
    ended = payer.api.payment_intents.cancel(
        payer.hold().id, {"cancellation_reason": "requested_by_customer"}
    )
    assert (ended.status, ended.amount_capturable) == ("canceled", 0)
    assert stand_in.objects(OWN, "balance_transaction") == []


def test_a_hold_ends_after_a_week(payer: Payer, stand_in: StandIn) -> None:
    hold = payer.hold()
    [charge] = payer.api.charges.list({"payment_intent": hold.id}).data
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.capture_before == hold.created + WEEK_S
    stand_in.advance(WEEK_S - 60)
    assert payer.api.payment_intents.retrieve(hold.id).status == "requires_capture"
    stand_in.advance(60)
    ended = payer.api.payment_intents.retrieve(hold.id)
    assert (ended.status, ended.cancellation_reason) == ("canceled", "automatic")


def test_what_is_left_of_a_hold_shows_as_refunded_without_moving(
    payer: Payer, stand_in: StandIn
) -> None:
    hold = payer.hold(20_000)
    payer.api.payment_intents.capture(hold.id, {"amount_to_capture": 15_000})
    [refund] = payer.api.refunds.list({"payment_intent": hold.id}).data
    assert (refund.amount, refund.balance_transaction) == (5_000, None)
    assert sum(row["amount"] for row in stand_in.objects(OWN, "balance_transaction")) == 15_000


def test_a_payment_can_be_refunded_in_parts(payer: Payer) -> None:
    payer.pay()
    [charge] = payer.api.charges.list({"customer": payer.id}).data
    payer.api.refunds.create({"charge": charge.id, "amount": 2_500})
    rest = payer.api.refunds.create({"charge": charge.id, "reason": "requested_by_customer"})
    assert (rest.amount, rest.status) == (10_000, "succeeded")
    assert payer.api.charges.retrieve(charge.id).refunded is True


def test_more_than_was_paid_is_not_refunded(payer: Payer) -> None:
    payer.pay()
    [charge] = payer.api.charges.list().data
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        payer.api.refunds.create({"charge": charge.id, "amount": 12_501})
    payer.api.refunds.create({"charge": charge.id})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        payer.api.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"


def test_a_hold_cannot_be_refunded(payer: Payer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="not captured"):
        payer.api.refunds.create({"payment_intent": payer.hold().id})


def test_a_refund_takes_the_money_back_out(payer: Payer, stand_in: StandIn) -> None:
    payer.pay()
    [charge] = payer.api.charges.list().data
    refund = payer.api.refunds.create({"charge": charge.id, "metadata": {"case": "7"}})
    [movement] = payer.api.balance_transactions.list({"source": refund.id}).data
    assert (movement.amount, movement.fee, movement.net) == (-12_500, 0, -12_500)
    kinds = [event["type"] for event in stand_in.events(OWN)][-2:]
    assert kinds == ["refund.created", "charge.refunded"]


@pytest.mark.parametrize(
    ("amount", "code"), [(299, "amount_too_small"), (100_000_000, "amount_too_large")]
)
def test_amounts_have_bounds(client: stripe.StripeClient, amount: int, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create({"amount": amount, "currency": "sek"})
    assert refused.value.code == code


def test_a_declined_hold_can_be_tried_with_another_card(client: stripe.StripeClient) -> None:
    made = client.v1.payment_intents.create({"amount": 5_000, "currency": "sek"})
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.confirm(
            made.id, {"payment_method": "pm_card_chargeDeclinedInsufficientFunds"}
        )
    assert refused.value.error is not None
    assert refused.value.error.decline_code == "insufficient_funds"
    assert client.v1.payment_intents.retrieve(made.id).status == "requires_payment_method"
    paid = client.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"


def test_a_card_set_up_for_later_is_not_asked_again(payer: Payer) -> None:
    method = payer.save("pm_card_authenticationRequiredOnSetup")
    with pytest.raises(stripe.CardError):
        payer.pay()
    intent = payer.api.setup_intents.create(
        {"customer": payer.id, "payment_method": method, "usage": "off_session"}
    )
    assert payer.api.setup_intents.confirm(intent.id).status == "requires_action"


def test_a_setup_intent_saves_the_card(payer: Payer) -> None:
    intent = payer.api.setup_intents.create(
        {"customer": payer.id, "payment_method": "pm_card_amex", "confirm": True}
    )
    assert intent.status == "succeeded"
    cards = payer.api.payment_methods.list({"customer": payer.id, "type": "card"}).data
    assert [row.card.brand for row in cards if row.card] == ["amex", "visa"]


def test_a_token_makes_a_payment_method(client: stripe.StripeClient) -> None:
    made = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_mastercard"}})
    assert made.card is not None
    assert made.card.last4 == "4444"
    assert client.v1.payment_methods.retrieve(made.id).id == made.id


def test_a_card_number_is_refused(client: stripe.StripeClient) -> None:
    card = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2030}
    with pytest.raises(stripe.CardError, match="unsafe"):
        client.v1.payment_methods.create({"type": "card", "card": card})  # type: ignore[typeddict-item]


def test_an_intent_of_an_invoice_is_not_cancelled_by_itself(
    payer: Payer, stand_in: StandIn
) -> None:
    payer.invoice()
    [intent] = stand_in.objects(OWN, "payment_intent")
    with pytest.raises(stripe.InvalidRequestError, match="void the invoice"):
        payer.api.payment_intents.cancel(intent["id"])


def test_paying_the_intent_pays_its_invoice(payer: Payer, stand_in: StandIn) -> None:
    invoice = payer.invoice()
    [intent] = stand_in.objects(OWN, "payment_intent")
    payer.api.payment_intents.confirm(intent["id"], {"payment_method": "pm_card_visa"})
    assert payer.api.invoices.retrieve(invoice.id).status == "paid"
