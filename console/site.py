"""The admin site: open to members, one tenant at a time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite

from console.home import home_context
from tenants.access import Right
from tenants.admin import may


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]
    """Django's `is_staff` says nothing here; a membership does."""

    index_template = "console/home.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody with a membership is signed in."""
        principal = getattr(request, "principal", None)
        return bool(request.user.is_active and principal and principal.user_id)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What is going on now and what today has brought."""
        context = home_context(sees_money=may(request, Right.MONEY))
        response: HttpResponse = super().index(request, {**(extra_context or {}), **context})
        return response
