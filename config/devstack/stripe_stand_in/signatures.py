"""The Stripe-Signature header (docs.stripe.com/webhooks/signature: v1 is HMAC-SHA256)."""

import hmac
from hashlib import sha256


def sign_payload(payload: bytes, secret: str, at: int) -> str:
    """The header for a body sent at `at` (unix seconds) to an endpoint with this secret."""
    digest = hmac.new(secret.encode(), b"%d." % at + payload, sha256).hexdigest()
    return f"t={at},v1={digest}"
