"""Refused cards: charged again by one of us, and their drivers blocked until they have paid."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import BillingAccount, DunningTerms, Invoice, StripeCommand
from billing.services.ad_hoc.tokens import PaidOnTheSpot
from billing.services.dunning import charge_refused_again
from billing.services.owed_calls import owe_fetch
from chargepoints.models import ChargePoint
from config.devstack.stripe_stand_in import StandIn
from sessions_app.services.authorization import authorize_token
from tests.billing.scenes import PLATFORM, a_payer, an_invoice, calls_of, send_all, stripe_ref

pytestmark = pytest.mark.usefixtures("tariff")


@pytest.fixture
def refused(stand_in: StandIn) -> Invoice:
    """An invoice whose card was refused just now."""
    invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
    send_all()
    return invoice


def age(invoice: Invoice, days: int) -> None:
    Invoice.objects.filter(pk=invoice.pk).update(issued_at=timezone.now() - timedelta(days=days))


def test_a_refused_card_is_charged_again_after_one_three_and_seven_days(
    refused: Invoice,
) -> None:
    tried = []
    for day in range(12):
        age(refused, day)
        tried += [day] * charge_refused_again(now=timezone.now())
        send_all()
    assert tried == [1, 3, 7]
    assert StripeCommand.objects.filter(operation="pay_invoice").count() == 4


def test_where_stripe_does_it_we_do_not(stand_in: StandIn) -> None:
    DunningTerms.objects.create(by=DunningTerms.By.STRIPE)
    invoice = an_invoice(a_payer(card="pm_card_chargeCustomerFail"))
    send_all()
    age(invoice, 2)
    assert charge_refused_again(now=timezone.now()) == 0
    [document] = stand_in.objects(PLATFORM, "invoice")
    assert (document["auto_advance"], calls_of(stand_in, "/pay")) == (True, 1)


def test_a_driver_with_an_old_debt_may_not_charge_until_it_is_paid(
    refused: Invoice, stand_in: StandIn
) -> None:
    card = {"token_uid": "AABBCC", "at": timezone.now(), "credit": PaidOnTheSpot()}
    station = ChargePoint.objects.get().pk

    def answer() -> str:
        return authorize_token(charge_point_id=station, **card).status

    age(refused, 13)
    assert answer() == "Accepted"
    age(refused, 14)
    assert answer() == "NoCredit"
    stand_in.pay_hosted_invoice(PLATFORM, stripe_ref(refused))
    owe_fetch(invoice=refused, now=timezone.now())
    send_all()
    assert answer() == "Accepted"


def test_who_is_paid_for_is_blocked_with_the_payer(refused: Invoice) -> None:
    colleague = a_payer("DDEEFF")
    BillingAccount.objects.filter(driver=colleague).update(paid_by=refused.billing_account)
    age(refused, 14)
    assert not PaidOnTheSpot().may_charge(colleague.pk)
