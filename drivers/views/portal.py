"""How a driver pays: the way into Stripe's customer portal."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from billing.models import BillingAccount
from billing.selectors.payments import payer_of
from billing.services.portal import NoPortal, PortalNotReady, open_portal
from billing.stripe_gateway import StripeFailure
from drivers.limits import PORTAL_OF_A_DRIVER, may_go_on
from drivers.views.my import Guest, guests_only

log = logging.getLogger(__name__)


@require_safe
@guests_only
def show_payment_ways(guest: Guest) -> HttpResponse:
    """Who pays, how, and the button to the portal."""
    return _show(guest)


@require_POST
@guests_only
def go_to_portal(guest: Guest) -> HttpResponse:
    """A visit to the portal, made for this click; what goes wrong is said on the page."""
    if not may_go_on(PORTAL_OF_A_DRIVER, str(guest.driver.pk)):
        return _show(guest, _t("This was asked for too often. Wait for a while."), status=429)
    host = settings.PUBLIC_URL or f"{guest.request.scheme}://{guest.request.get_host()}"
    here = reverse("my-payment", args=[guest.operator.slug])
    try:
        url = open_portal(
            driver_id=guest.driver.pk,
            return_url=f"{host}{here}?lang={guest.language}",
            language=guest.language,
            now=timezone.now(),
        )
    except NoPortal:
        return _show(guest, status=409)
    except PortalNotReady:
        problem = _t("Your page at Stripe is being set up. Try again in a minute.")
        return _show(guest, problem, status=503)
    except StripeFailure as failure:
        log.warning("no portal visit", extra={"why": str(failure), "code": failure.code})
        problem = _t("Stripe did not answer as it should. Nothing has changed; try again soon.")
        return _show(guest, problem, status=502)
    # Not a redirect: browsers hold those after a form to the page's own `form-action`.
    return guest.show("to_portal", {"url": url})


def _show(guest: Guest, problem: str = "", status: int = 200) -> HttpResponse:
    own = BillingAccount.objects.filter(driver=guest.driver).first()
    payer = payer_of(guest.driver.pk)
    context = {
        "account": own,
        "payer": payer,
        "is_payer": payer is not None and payer == own,
        "is_card": own is not None and own.payment_way == BillingAccount.PaymentWay.CARD,
        "problem": problem,
    }
    return guest.show("payment", context, status)
