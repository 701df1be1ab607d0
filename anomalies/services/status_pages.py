"""Showing a site's status to the public, or no longer."""

from __future__ import annotations

from anomalies.models import StatusPage
from chargepoints.models import Site


def switch_status_page(site: Site, *, is_open: bool) -> StatusPage:
    """Show a site's status to everybody, or to nobody; its code stays the same for ever."""
    page, is_new = StatusPage.objects.get_or_create(site=site, defaults={"is_open": is_open})
    if not is_new:
        StatusPage.objects.filter(pk=page.pk).update(is_open=is_open)
    return page
