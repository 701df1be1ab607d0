"""Making, renewing and revoking the public links of receipts, and finding whose one is."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from billing.models import ReceiptLink
from sessions_app.models import ChargingSession
from tenants.scope import across_tenants

_PURPOSE: Final = "billing.receipt_link"
_TOKEN_BYTES: Final = 24


def receipt_token(session: ChargingSession) -> str | None:
    """The token of a session's receipt: made on first ask, the same ever after (192 bits).

    None once the link was revoked. After the secret key was changed without keeping the old one
    in SECRET_KEY_FALLBACKS the link is a new one.
    """
    salt = secrets.token_hex(32)
    link, _made = ReceiptLink.objects.get_or_create(
        session=session, defaults={"salt": salt, "token_hash": _hash(_token(salt))}
    )
    if link.revoked_at is not None:
        return None
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _token(link.salt, key)
        if _hash(token) == link.token_hash:
            return token
    return _renew(link)


def renew_receipt_link(*, link: ReceiptLink, now: datetime) -> str:
    """A new token for a session's receipt; the old one opens nothing from now on."""
    return _renew(link, now)


def revoke_receipt_link(*, link: ReceiptLink, now: datetime) -> None:
    """Close a session's receipt to the public, until its link is renewed."""
    ReceiptLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)


def find_receipt_link(token: str) -> ReceiptLink | None:
    """The link a token opens; None for an unknown, renewed or revoked one."""
    with across_tenants(reason="a receipt's token says which tenant it is of"):
        found = ReceiptLink.objects.filter(token_hash=_hash(token), revoked_at=None)
        return found.select_related("tenant").first()


def _renew(link: ReceiptLink, now: datetime | None = None) -> str:
    salt = secrets.token_hex(32)
    token = _token(salt)
    with transaction.atomic():
        ReceiptLink.objects.filter(pk=link.pk).update(
            salt=salt, token_hash=_hash(token), renewed_at=now, revoked_at=None
        )
    return token


def _token(salt: str, key: str | bytes | None = None) -> str:
    made = salted_hmac(_PURPOSE, salt, secret=key, algorithm="sha256").digest()
    return urlsafe_b64encode(made[:_TOKEN_BYTES]).decode()


def _hash(token: str) -> str:
    # 192 bits cannot be guessed: a plain hash is as strong as a slow one, and quick.
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
