"""The public price list of a station: for people as a page, for machines as JSON."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chargepoints.models import ChargePoint
from drivers.language import chosen_language, speaking
from drivers.prices.document import price_document
from drivers.prices.listing import find_station, price_list
from drivers.prices.story import tell_connectors
from drivers.responses import keep_briefly, page
from drivers.wording import day_and_time
from tenants.scope import tenant_scope

# Prices may change at any quarter of an hour.
KEPT_S: Final = 60


@require_safe
def show_prices(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The page; JSON for those who ask for it before HTML."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return list_prices(request, slug, code)
    station = find_station(slug, code)
    with speaking(chosen_language(request)):
        if station is None:
            return page(request, "drivers/no_station.html", {"code": code}, status=404)
        if code != station.public_code:
            return redirect("station-prices", slug=slug, code=station.public_code)
        with tenant_scope(station.tenant_id):
            return _varied(keep_briefly(_page(request, station), KEPT_S))


def _page(request: HttpRequest, station: ChargePoint) -> HttpResponse:
    prices = price_list(station, timezone.now())
    context = {
        "station": station,
        "operator": station.tenant,
        "at": day_and_time(prices.at.astimezone(prices.zone)),
        "connectors": tell_connectors(prices),
        "slug": station.tenant.slug,
    }
    return page(request, "drivers/prices.html", context)


@require_safe
def list_prices(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The same as JSON; anybody's page may fetch it."""
    station = find_station(slug, code)
    if station is None:
        error = {
            "code": "not_found",
            "message": _("No station in use has this code."),
            "fields": {"code": code},
        }
        return _open_to_all(JsonResponse({"error": error}, status=404))
    with tenant_scope(station.tenant_id):
        document = price_document(price_list(station, timezone.now()))
    return _open_to_all(keep_briefly(JsonResponse(document), KEPT_S))


def _open_to_all(response: HttpResponse) -> HttpResponse:
    response.headers["Access-Control-Allow-Origin"] = "*"
    return _varied(response)


def _varied(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ("Accept", "Accept-Language", "Cookie"))
    return response
