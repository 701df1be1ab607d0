"""Refusals: every way the API says no, with the status and body Stripe gives."""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes"


class ApiError(Exception):
    """A refusal on its way to the caller.

    `saved` tells whether the idempotency layer keeps it: Stripe keeps what an endpoint
    answered once it had begun, not what was refused before
    (docs.stripe.com/api/idempotent_requests).
    """

    status = 400
    kind = "invalid_request_error"
    saved = True
    should_retry: bool | None = None

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, **extra: Any
    ) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The JSON body; absent facts are left out, as Stripe leaves them out."""
        error: dict[str, Any] = {"message": str(self), "type": self.kind}
        if self.code:
            error |= {"code": self.code, "doc_url": f"{DOCS}/{self.code.replace('_', '-')}"}
        if self.param:
            error["param"] = self.param
        return {"error": error | self.extra}


class InvalidRequest(ApiError):
    """The request was understood and cannot be done in this state."""


class ParameterRefused(ApiError):
    """A parameter is unknown, missing or malformed; nothing had begun."""

    saved = False


class NoSuchObject(ApiError):
    """The object named by the path does not exist in this account."""

    status = 404


class UnknownUrl(ApiError):
    """No endpoint answers this method and path."""

    status = 404
    saved = False


class KeyRefused(ApiError):
    """The API key is missing or not a test key."""

    status = 401
    saved = False


class AccountRefused(ApiError):
    """The key may not act for the account named in Stripe-Account."""

    status = 403
    saved = False


class CardRefused(ApiError):
    """The card was declined, or its holder must authenticate."""

    status = 402
    kind = "card_error"


class KeyMismatch(ApiError):
    """An idempotency key came back with other parameters or another path."""

    kind = "idempotency_error"
    saved = False


class KeyInUse(ApiError):
    """Another request with the same idempotency key is still under way."""

    status = 409
    kind = "idempotency_error"
    saved = False


class TooManyRequests(ApiError):
    """The account's rate limit is used up."""

    status = 429
    saved = False


class ServerFailure(ApiError):
    """Something broke at Stripe; kept and replayed, so asking again is no use."""

    status = 500
    kind = "api_error"
    should_retry: bool | None = False


class PassingServerFailure(ServerFailure):
    """Something broke at Stripe before the endpoint began; asking again may help."""

    saved = False
    should_retry = None


def missing_object(noun: str, object_id: str) -> str:
    """Stripe's sentence for an id that leads nowhere."""
    return f"No such {noun}: '{object_id}'"
