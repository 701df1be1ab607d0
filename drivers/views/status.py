"""The public status page of a site; anybody may look, and looking is cheap."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from anomalies.models import StatusPage
from anomalies.selectors.status import site_history, site_status
from chargepoints.public_codes import read_public_code
from drivers.language import chosen_language, speaking
from drivers.limits import Limit, may_go_on, visitor_address
from drivers.responses import keep_briefly, page
from drivers.status.story import tell_history, tell_now
from tenants.scope import across_tenants, tenant_scope

log = logging.getLogger(__name__)
T = TypeVar("T")

NOW_KEPT_S: Final = 20
HISTORY_KEPT_S: Final = 600
LOOKS_OF_A_VISITOR: Final = Limit("status-from", 120, 60)


@require_safe
def show_status(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """How a site is; 404 for one that is not public, as for one that does not exist."""
    language = chosen_language(request)
    with speaking(language):
        if not may_go_on(LOOKS_OF_A_VISITOR, visitor_address(request)):
            response = page(request, "drivers/too_many.html", {}, status=429)
            response.headers["Retry-After"] = str(LOOKS_OF_A_VISITOR.within_s)
            return response
        shown = _open_page(slug, code)
        if shown is None:
            return page(request, "drivers/no_status.html", {"code": code}, status=404)
        if code != shown.code:
            return redirect("site-status", slug=slug, code=shown.code)
        with tenant_scope(shown.tenant_id):
            response = page(request, "drivers/status.html", _context(shown, language))
    patch_vary_headers(response, ("Accept-Language", "Cookie"))
    return keep_briefly(response, NOW_KEPT_S)


def _open_page(slug: str, code: str) -> StatusPage | None:
    with across_tenants(reason="a public code says which site and operator it is of"):
        return (
            StatusPage.objects.filter(code=read_public_code(code), tenant__slug=slug, is_open=True)
            .select_related("tenant", "site")
            .first()
        )


def _context(shown: StatusPage, language: str) -> dict[str, object]:
    site, now = shown.site, timezone.now()
    key = f"status:{shown.pk}:{language}"
    return {
        "operator": shown.tenant,
        "site": site,
        "now": _kept(f"{key}:now", NOW_KEPT_S, lambda: tell_now(site, site_status(site, now), now)),
        "history": _kept(
            f"{key}:history", HISTORY_KEPT_S, lambda: tell_history(site_history(site, now))
        ),
    }


def _kept(key: str, seconds: int, make: Callable[[], T]) -> T:
    """What was made lately, or made now; without Redis it is made each time."""
    try:
        kept: T | None = cache.get(key)
        if kept is None:
            kept = make()
            cache.set(key, kept, timeout=seconds)
    except (RedisError, OSError) as error:
        log.warning("Redis away: the status page is made each time: %r", error)
        return make()
    return kept
