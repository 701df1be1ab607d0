"""The letter that carries a link to sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _t

from drivers.models import SignInRequest
from drivers.my.signing_in import LINK_LASTS, drivers_at, make_link
from outbox.letters import Letter, Link
from outbox.services import owe_message, withdraw_messages
from outbox.types import NewMessage
from sessions_app.models import Driver
from tenants.models import Tenant
from tenants.scope import required_tenant_id

_LANGUAGES: Final = ("sv", "en")


def answer_request(*, request_id: UUID, now: datetime) -> int:
    """Owe a letter with a link to every driver who has the address asked for; how many.

    The request is gone afterwards, whoever the address is of; again does nothing. A link lasts
    from here on, so a request that waited does not make it older.
    """
    with transaction.atomic():
        request = SignInRequest.objects.select_for_update().filter(pk=request_id).first()
        if request is None:
            return 0
        found = drivers_at(request.address)
        for driver in found:
            _owe_letter(driver, request, now)
        request.delete()
    return len(found)


def _owe_letter(driver: Driver, request: SignInRequest, now: datetime) -> None:
    link, token = make_link(driver=driver, now=now)
    topic = f"driver.sign_in:{driver.pk}"
    # The older link is dead already.
    withdraw_messages(topic=topic)
    tenant = Tenant.objects.get(pk=required_tenant_id())
    language = request.language if request.language in _LANGUAGES else driver.language
    path = reverse("my-enter", args=[tenant.slug, token])
    with translation.override(language):
        letter = _letter(driver, tenant, f"{request.base_url}{path}?lang={language}", language)
        owe_message(
            NewMessage(
                key=f"driver.sign_in:{link.pk}",
                recipient=driver.email,
                subject=letter.title,
                text=letter.as_text(),
                html=letter.as_html(),
                topic=topic,
                private=True,
                expires_at=link.expires_at,
            ),
            now=now,
        )


def _letter(driver: Driver, tenant: Tenant, url: str, language: str) -> Letter:
    minutes = int(LINK_LASTS.total_seconds()) // 60
    return Letter(
        title=_t("Sign in to My charging at %(operator)s") % {"operator": tenant.name},
        sender=tenant.name,
        language=language,
        paragraphs=[
            _t("Hello %(name)s,") % {"name": driver.name},
            _t("The link signs you in once, within %(minutes)s minutes.") % {"minutes": minutes},
        ],
        button=Link(_t("Sign in"), url),
        small_print=_t("Nobody else has got this link. If you did not ask for it, do nothing."),
    )
