"""The test cards and how each behaves (docs.stripe.com/testing)."""

from dataclasses import dataclass
from enum import StrEnum


class Authentication(StrEnum):
    """When the card's bank wants to see the holder."""

    NEVER = "never"
    ALWAYS = "always"
    UNTIL_SET_UP = "until_set_up"


@dataclass(frozen=True)
class Decline:
    """Why a bank says no."""

    code: str
    message: str
    decline_code: str


@dataclass(frozen=True)
class Card:
    """One of Stripe's test cards; `last4` tells them apart."""

    last4: str
    brand: str = "visa"
    decline: Decline | None = None
    attachable: bool = True
    authentication: Authentication = Authentication.NEVER


GENERIC = Decline("card_declined", "Your card was declined.", "generic_decline")
NO_FUNDS = Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds")
STOLEN = Decline("card_declined", "Your card was declined.", "stolen_card")
EXPIRED = Decline("expired_card", "Your card has expired.", "expired_card")
AUTHENTICATE = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)

# Cards that decline at once cannot be attached to a customer either: for a saved card that
# fails later Stripe has pm_card_chargeCustomerFail.
CARDS = {
    "visa": Card("4242"),
    "mastercard": Card("4444", brand="mastercard"),
    "amex": Card("8431", brand="amex"),
    "chargeDeclined": Card("0002", decline=GENERIC, attachable=False),
    "visa_chargeDeclined": Card("0002", decline=GENERIC, attachable=False),
    "chargeDeclinedInsufficientFunds": Card("9995", decline=NO_FUNDS, attachable=False),
    "chargeDeclinedStolenCard": Card("9979", decline=STOLEN, attachable=False),
    "chargeDeclinedExpiredCard": Card("0069", decline=EXPIRED, attachable=False),
    "chargeCustomerFail": Card("0341", decline=GENERIC),
    "authenticationRequired": Card("3184", authentication=Authentication.ALWAYS),
    "authenticationRequiredOnSetup": Card("3155", authentication=Authentication.UNTIL_SET_UP),
}
BY_LAST4 = {card.last4: card for card in CARDS.values()}
METHOD_PREFIX = "pm_card_"
TOKEN_PREFIX = "tok_"  # noqa: S105 (the start of a test token's name, no secret)
