"""The admin site: open to members, one tenant at a time."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):
    """Django's `is_staff` says nothing here; a membership does."""

    index_template = "console/home.html"
    index_title = _("Overview")

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody with a membership is signed in."""
        principal = getattr(request, "principal", None)
        return bool(request.user.is_active and principal and principal.user_id)
