"""Charging on the spot: the connector's page, the payment's page, and the way back from Stripe."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Payment
from billing.selectors.ad_hoc import Offer, offer_at
from billing.services.ad_hoc.opening import (
    find_by_checkout,
    find_payment,
    look_after_return,
    open_payment,
    payment_token,
    stop_by_payer,
)
from chargepoints.models import ChargePoint, Connector
from drivers.charging.offers import find_connector, tell_offer
from drivers.charging.progress import tell_payment
from drivers.language import chosen_language, speaking
from drivers.limits import (
    PAGES_OF_A_CONNECTOR,
    PAGES_OF_A_VISITOR,
    may_go_on,
    visitor_address,
)
from drivers.prices.listing import find_station
from drivers.responses import keep_private, let_live, page
from tenants.scope import tenant_scope

# Stripe puts the page's id in its place.
CHECKOUT_ID = "{CHECKOUT_SESSION_ID}"


# Nobody is signed in here, so there is no session that another site could abuse.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def offer_or_pay(request: HttpRequest, slug: str, code: str, evse: int) -> HttpResponse:
    """The page behind a connector's QR code; a POST opens a payment."""
    station = find_station(slug, code)
    language = chosen_language(request)
    with speaking(language):
        if station is None:
            return page(request, "drivers/no_station.html", {"code": code}, status=404)
        with tenant_scope(station.tenant_id):
            connector = find_connector(station, evse)
            if connector is None:
                return page(request, "drivers/no_station.html", {"code": code}, status=404)
            if request.method == "POST":
                return _pay(request, station, connector, language)
            return _show_offer(request, station, connector, language)


@require_safe
def show_payment(request: HttpRequest, token: str) -> HttpResponse:
    """A payment's own page; only its changing part for the page's own script."""
    payment = find_payment(token)
    if payment is None:
        return _no_payment(request)
    language = chosen_language(request, payment.language)
    with speaking(language), tenant_scope(payment.tenant_id):
        full = Payment.objects.select_related(
            "tenant", "connector__charge_point__site", "session__charge_point__site"
        ).get(pk=payment.pk)
        story = tell_payment(full, timezone.now(), language)
        is_part = request.headers.get("X-Part") == "live"
        context = {
            "story": story,
            "payment": full,
            "station": full.connector.charge_point,
            "operator": full.tenant,
            "token": token,
            "goto": story.pay_url if "go" in request.GET else "",
        }
        template = "drivers/payment_live.html" if is_part else "drivers/payment.html"
        return keep_private(let_live(page(request, template, context)))


@csrf_exempt
@require_POST
def stop_payment(request: HttpRequest, token: str) -> HttpResponse:
    """Stop charging; whoever has the link may."""
    payment = find_payment(token)
    if payment is None:
        return _no_payment(request)
    with tenant_scope(payment.tenant_id):
        stop_by_payer(payment_id=payment.pk, now=timezone.now())
    return keep_private(redirect(_payment_url(request, token)))


@require_safe
def come_back(request: HttpRequest, ref: str) -> HttpResponse:
    """Where Stripe sends the payer; proves nothing, so we only look at Stripe ourselves."""
    payment = find_by_checkout(ref)
    token = None if payment is None else payment_token(payment)
    if payment is None or token is None:
        return _no_payment(request)
    with tenant_scope(payment.tenant_id):
        look_after_return(payment_id=payment.pk, now=timezone.now())
    return keep_private(redirect(f"{reverse('payment', args=[token])}?lang={payment.language}"))


def _show_offer(
    request: HttpRequest,
    station: ChargePoint,
    connector: Connector,
    language: str,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    offer = offer_at(connector, now)
    context = {
        "station": station,
        "operator": station.tenant,
        "connector": connector,
        "offer": tell_offer(connector, offer, now, language),
    }
    return keep_private(page(request, "drivers/charge.html", context, status=status))


def _pay(
    request: HttpRequest, station: ChargePoint, connector: Connector, language: str
) -> HttpResponse:
    now = timezone.now()
    offer = offer_at(connector, now)
    if not isinstance(offer, Offer):
        return _show_offer(request, station, connector, language, status=409)
    here = reverse("charge", args=[station.tenant.slug, station.public_code, connector.evse_id])
    back = reverse("payment-back", args=["ref"]).replace("/ref/", f"/{CHECKOUT_ID}/")
    # Every page is a call to Stripe, and keeps others from the connector for a while.
    if not (
        may_go_on(PAGES_OF_A_VISITOR, visitor_address(request))
        and may_go_on(PAGES_OF_A_CONNECTOR, str(connector.pk))
    ):
        return _too_many(request, station)
    payment = open_payment(
        connector=connector,
        offer=offer,
        language=language,
        success_url=_absolute(request, back),
        cancel_url=_absolute(request, f"{here}?lang={language}"),
        now=now,
    )
    token = payment_token(payment) or ""
    where = f"{reverse('payment', args=[token])}?lang={language}&go=1"
    return keep_private(HttpResponse(status=303, headers={"Location": where}))


def _too_many(request: HttpRequest, station: ChargePoint) -> HttpResponse:
    response = page(request, "drivers/too_many.html", {"operator": station.tenant}, status=429)
    response.headers["Retry-After"] = str(PAGES_OF_A_VISITOR.within_s)
    return keep_private(response)


def _payment_url(request: HttpRequest, token: str) -> str:
    language = request.GET.get("lang", "")
    return reverse("payment", args=[token]) + (f"?lang={language}" if language else "")


def _absolute(request: HttpRequest, path: str) -> str:
    base: str = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    return f"{base}{path}"


def _no_payment(request: HttpRequest) -> HttpResponse:
    with speaking(chosen_language(request)):
        return keep_private(page(request, "drivers/no_payment.html", {}, status=404))
