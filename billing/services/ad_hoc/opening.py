"""Opening a payment on the spot: the row, its two secrets, and the payment page owed for it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from billing.models import Payment, PaymentRefund, StripeAccount
from billing.money import Money, format_money
from billing.policy import ad_hoc_patience
from billing.selectors.ad_hoc import Offer
from billing.services.ad_hoc.charging import ask_to_stop
from billing.services.ad_hoc.closing import owe_refund_call, payment_metadata, release_hold
from billing.services.ad_hoc.moves import Phase, State
from billing.services.link_tokens import find_token, hash_token, make_token, new_salt
from billing.services.owed_calls import owe_call, owe_look
from billing.stripe_gateway import Json, checkout_body
from billing.types import Operation
from chargepoints.models import Connector
from tenants.scope import across_tenants

_PURPOSE: Final = "billing.payment_link"
# OCPP 1.6 has 20 characters for it and compares without case: 93 bits of these.
_TOKEN_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # noqa: S105 - no secret
_TOKEN_LENGTH: Final = 19


def open_payment(
    *,
    connector: Connector,
    offer: Offer,
    language: str,
    success_url: str,
    cancel_url: str,
    now: datetime,
) -> Payment:
    """Owe a payment page for a connector (with its charge point and site); nothing is held yet.

    The tenant's Stripe account is frozen on the row. `success_url` has Stripe's placeholder for
    the page's id.
    """
    account = StripeAccount.objects.first()
    salt = new_salt()
    patience = ad_hoc_patience()
    with transaction.atomic():
        payment = Payment.objects.create(
            connector=connector,
            token_uid=_new_start_token(),
            language=language,
            salt=salt,
            token_hash=hash_token(make_token(_PURPOSE, salt)),
            stripe_account_ref="" if account is None else account.account_ref,
            currency=offer.currency,
            hold_minor=offer.hold_minor,
            pay_by=now + patience.pay_within,
            due_at=now + patience.look_again,
        )
        owe_call(
            operation=Operation.OPEN_CHECKOUT,
            entity_id=payment.pk,
            account_ref=payment.stripe_account_ref,
            body=_page_body(payment, connector, success_url, cancel_url),
            now=now,
        )
    return payment


def payment_token(payment: Payment) -> str | None:
    """The token of the payment's own page; None once the key it was made with is gone."""
    return find_token(_PURPOSE, payment.salt, payment.token_hash)


def find_payment(token: str) -> Payment | None:
    """The payment a token opens."""
    return _find(token_hash=hash_token(token))


def find_by_checkout(checkout_ref: str) -> Payment | None:
    """The payment of a Stripe page, for the visitor it sends back."""
    return _find(stripe_checkout_ref=checkout_ref) if checkout_ref else None


def look_after_return(*, payment_id: UUID, now: datetime) -> None:
    """Somebody says to come from the payment page: only what Stripe says itself counts."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
        if payment.state == State.CREATED:
            owe_fetch_of(payment, now)


def stop_by_payer(*, payment_id: UUID, now: datetime) -> None:
    """Stop charging, or release the hold while charging has not begun; again changes nothing."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
        if payment.phase == Phase.STARTING and payment.state == State.AUTHORISED:
            release_hold(payment, now, Payment.Ending.BY_PAYER)
        elif payment.phase == Phase.CHARGING and payment.stop_asked_at is None:
            session = payment.session
            if session is not None:
                ask_to_stop(payment, session, Payment.Ending.BY_PAYER, now)


def refund_again(*, payment_id: UUID, now: datetime) -> int:
    """Try again to give back what was refused, unless the payment is disputed; how many."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
        refused = payment.refunds.filter(state=PaymentRefund.State.REFUSED)
        if payment.is_disputed:
            return 0
        for refund in refused:
            PaymentRefund.objects.filter(pk=refund.pk).update(state=PaymentRefund.State.PENDING)
            owe_refund_call(refund, payment, now)
        return len(refused)


def owe_fetch_of(payment: Payment, now: datetime) -> None:
    """Have the payment's page and money fetched and followed; under the payment's lock."""
    if payment.stripe_checkout_ref:
        owe_look(
            operation=Operation.FETCH_CHECKOUT,
            entity_id=payment.pk,
            account_ref=payment.stripe_account_ref,
            about=payment.stripe_checkout_ref,
            now=now,
        )


def _find(**known: str) -> Payment | None:
    with across_tenants(reason="a payment's link says which tenant it is of"):
        return Payment.objects.filter(**known).select_related("tenant").first()


def _new_start_token() -> str:
    return "Q" + "".join(secrets.choice(_TOKEN_LETTERS) for _n in range(_TOKEN_LENGTH))


def _page_body(payment: Payment, connector: Connector, success_url: str, cancel_url: str) -> Json:
    station = connector.charge_point
    with translation.override(payment.language):
        return checkout_body(
            hold_minor=payment.hold_minor,
            currency=payment.currency,
            name=_("Charging at %(site)s, connector %(number)s")
            % {"site": station.site, "number": connector.evse_id},
            description=_("At most %(amount)s is held. You pay for what you use.")
            % {
                "amount": format_money(
                    Money(payment.hold_minor, payment.currency), payment.language
                )
            },
            success_url=success_url,
            cancel_url=cancel_url,
            expires_at=int(payment.pay_by.timestamp()),
            language=payment.language,
            metadata=payment_metadata(payment),
        )
