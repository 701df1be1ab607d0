"""What can go wrong at Stripe, in the four ways that matter to us."""

from __future__ import annotations

from typing import Final

import stripe

_NEEDS_ACTION: Final = frozenset(
    {
        "authentication_required",
        "invoice_payment_intent_requires_action",
        "payment_intent_authentication_failure",
    }
)


class StripeFailure(Exception):
    """A call to Stripe did not do what was asked; `code` is Stripe's word for why."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Declined(StripeFailure):
    """The bank said no, or (`needs_action`) asks for the card holder."""

    def __init__(self, message: str, *, code: str = "", needs_action: bool = False) -> None:
        super().__init__(message, code=code)
        self.needs_action = needs_action


class Rejected(StripeFailure):
    """Stripe refused for good: nothing happened, and asking again is no use."""


class NotFound(Rejected):
    """The object does not exist in this account."""


class KeyReused(StripeFailure):
    """The idempotency key was used with other parameters: a fault of ours, for a person."""


class Retryable(StripeFailure):
    """Worth another try with the same key.

    `nothing_happened`: Stripe turned the call away unread; otherwise the outcome is unknown.
    `replayed`: the failure is what Stripe kept under the key, so the same key always gives it.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        nothing_happened: bool = False,
        replayed: bool = False,
    ) -> None:
        super().__init__(message, code=code)
        self.nothing_happened = nothing_happened
        self.replayed = replayed


class WrongAccount(RuntimeError):
    """A row of one Stripe account was about to be sent to another."""


class InvalidSignature(ValueError):
    """A webhook was not signed by Stripe with a secret of ours, or is too old or too young."""


def translated(error: stripe.StripeError) -> StripeFailure:
    """The SDK's error as one of ours.

    Source of the split: Stripe, "Error handling" and "Idempotent requests" (a 429, 401 or 403 is
    given before the call is carried out; a 500 may come after it).
    """
    message, code = str(error), error.code or ""
    if isinstance(error, stripe.CardError):
        return Declined(message, code=code, needs_action=_asks_for_the_holder(error))
    if isinstance(error, stripe.IdempotencyError):
        return KeyReused(message, code=code)
    if isinstance(error, stripe.InvalidRequestError):
        kind = NotFound if error.http_status == 404 else Rejected
        return kind(message, code=code)
    turned_away = isinstance(
        error, stripe.RateLimitError | stripe.AuthenticationError | stripe.PermissionError
    )
    return Retryable(
        message,
        code=code,
        nothing_happened=turned_away,
        replayed=(error.headers or {}).get("idempotent-replayed") == "true",
    )


def _asks_for_the_holder(error: stripe.CardError) -> bool:
    decline_code = None if error.error is None else getattr(error.error, "decline_code", None)
    return error.code in _NEEDS_ACTION or decline_code in _NEEDS_ACTION
