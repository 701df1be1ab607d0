"""The admin tells time as the organisation does."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from console.navigation import tenant_of

ADMIN = "/admin/"


class LocalTimeMiddleware:
    """Puts the organisation's time zone in force for the admin; the API stays with UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in local time."""
        tenant = tenant_of(request) if request.path.startswith(ADMIN) else None
        if tenant is None:
            return self.respond(request)
        with timezone.override(ZoneInfo(tenant.time_zone)):
            return self.respond(request)
