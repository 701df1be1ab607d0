"""The admin page of a site, with its public status page: opened, closed, linked, as a QR code."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from anomalies.models import StatusPage
from anomalies.services.status_pages import switch_status_page
from chargepoints.admin import SiteAdmin
from chargepoints.models import Site
from console.qr_codes import draw_code, svg_file
from tenants.access import Right
from tenants.admin import button, may

admin.site.unregister(Site)


@admin.register(Site)
class SitePage(SiteAdmin):
    """A site, and what the public sees of it."""

    actions_detail: Any = ("status_page",)

    @button(_("Public status page"), icon="monitor_heart")
    def status_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Link and QR code; with POST the page is opened or closed."""
        site = self.get_object(request, object_id)
        if not isinstance(site, Site):
            raise Http404
        if request.method == "POST":
            return _switch(request, site)
        shown = StatusPage.objects.filter(site=site, is_open=True).first()
        address = ""
        if shown is not None:
            base = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
            address = base + reverse("site-status", args=(site.tenant.slug, shown.code))
        code = draw_code(0, address) if address else None
        if code is not None and "svg" in request.GET:
            return svg_file(code)
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Public status page of %(site)s") % {"site": site},
            "opts": self.opts,
            "address": address,
            "code": code,
            "may_change": may(request, Right.OPERATE),
            "back": reverse("admin:chargepoints_site_change", args=(site.pk,)),
        }
        return TemplateResponse(request, "console/site_status.html", context)


def _switch(request: HttpRequest, site: Site) -> HttpResponse:
    if not may(request, Right.OPERATE):
        raise PermissionDenied
    is_open = request.POST.get("act") == "open"
    switch_status_page(site, is_open=is_open)
    said = _t("The page is public now.") if is_open else _t("The page is closed.")
    messages.success(request, said)
    return HttpResponseRedirect(request.path)
