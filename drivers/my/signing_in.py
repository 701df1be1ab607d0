"""Signing drivers in by links sent to their e-mail address, and knowing them again."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from billing.services.link_tokens import hash_token, make_token, new_salt
from drivers.events import SignInAsked
from drivers.models import DriverVisit, SignInLink, SignInRequest
from outbox.services import publish
from sessions_app.models import Driver

_PURPOSE: Final = "drivers.sign_in_link"
LINK_LASTS: Final = timedelta(minutes=20)
VISIT_LASTS: Final = timedelta(days=30)
# More people than this do not share a mailbox.
MOST_WITH_ONE_ADDRESS: Final = 5


def ask_for_link(*, address: str, language: str, base_url: str, now: datetime) -> None:
    """Store that somebody wants to sign in; the same work whether the address is known or not."""
    with transaction.atomic():
        row = SignInRequest.objects.create(address=address, language=language, base_url=base_url)
        publish(SignInAsked(request_id=row.pk, occurred_at=now))


def drivers_at(address: str) -> list[Driver]:
    """The drivers with an e-mail address, in whatever case it is written."""
    found = Driver.objects.filter(email__iexact=address).exclude(email="")
    return list(found.order_by("created_at", "pk")[:MOST_WITH_ONE_ADDRESS])


def make_link(*, driver: Driver, now: datetime) -> tuple[SignInLink, str]:
    """A new link and its token; the driver's older one opens nothing from now on."""
    salt = new_salt()
    token = make_token(_PURPOSE, salt)
    with transaction.atomic():
        Driver.objects.select_for_update().get(pk=driver.pk)
        SignInLink.objects.filter(driver=driver, ended_at=None).update(ended_at=now)
        link = SignInLink.objects.create(
            driver=driver,
            address=driver.email,
            salt=salt,
            token_hash=hash_token(token),
            expires_at=now + LINK_LASTS,
        )
    return link, token


def live_link(token: str, now: datetime) -> SignInLink | None:
    """The link a token opens at the operator in scope; None for one used, replaced or too old."""
    live = SignInLink.objects.filter(
        token_hash=hash_token(token),
        ended_at=None,
        expires_at__gt=now,
        address__iexact=F("driver__email"),
    )
    return live.select_related("driver").first()


def use_link(*, token: str, now: datetime) -> str | None:
    """Sign in by a link, which ends it; the visit's secret, None when the link opens nothing."""
    with transaction.atomic():
        link = live_link(token, now)
        if link is None:
            return None
        # Of two who use one link at once, one changes the row.
        if not SignInLink.objects.filter(pk=link.pk, ended_at=None).update(ended_at=now):
            return None
        secret = secrets.token_urlsafe(32)
        DriverVisit.objects.create(
            driver=link.driver,
            address=link.address,
            token_hash=hash_token(secret),
            ends_at=now + VISIT_LASTS,
        )
    return secret


def visiting_driver(secret: str, now: datetime) -> Driver | None:
    """Who is signed in with a visit's secret at the operator in scope."""
    if not secret:
        return None
    live = DriverVisit.objects.filter(
        token_hash=hash_token(secret), ends_at__gt=now, address__iexact=F("driver__email")
    )
    visit = live.select_related("driver").first()
    return None if visit is None else visit.driver


def end_visit(*, secret: str) -> None:
    """Sign out of one browser."""
    DriverVisit.objects.filter(token_hash=hash_token(secret)).delete()


def forget_old(*, now: datetime) -> int:
    """Remove links and visits that have ended; how many, over all operators in scope."""
    a_day_ago = now - timedelta(days=1)
    links = SignInLink.objects.filter(expires_at__lt=a_day_ago).delete()[0]
    return links + DriverVisit.objects.filter(ends_at__lt=now).delete()[0]
