"""The admin page of a charge point, with what can be done there once sessions are known."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from chargepoints.models import ChargePoint
from chargepoints.services import CommandNotPossible
from console.answers import say_how_it_went
from console.door_page import DoorPage
from console.forms import StartForm
from console.qr_codes import qr_codes_of, svg_file
from console.send_page import SendPages
from console.station_menu import StationMenu
from sessions_app.services import request_start
from tenants.access import Principal, Right
from tenants.admin import button, may

admin.site.unregister(ChargePoint)


@admin.register(ChargePoint)
class StationAdmin(StationMenu, SendPages, DoorPage):  # type: ignore[misc]
    """A station, its sessions and messages, and a way to start charging from afar."""

    actions_detail: Any = (
        "start_charging",
        {"title": _("Look at"), "icon": "visibility", "items": ("health", *StationMenu.looks)},
        {"title": _("Manage"), "icon": "build", "items": ("send_message", "door", "qr_codes")},
    )

    def has_start_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether stations may be told to start."""
        return may(request, Right.CONTROL)

    @button(_("Start charging"), permissions=("start",), icon="play_arrow")
    def start_charging(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for connector and token, then tell the station."""
        charge_point = self.get_object(request, object_id)
        if not isinstance(charge_point, ChargePoint):
            raise Http404
        form = StartForm(charge_point, request.POST if request.method == "POST" else None)
        if form.is_valid() and _start(request, charge_point, form):
            page = reverse("admin:chargepoints_chargepoint_change", args=(charge_point.pk,))
            return HttpResponseRedirect(page)
        title = _t("Start charging at %s") % charge_point
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "opts": self.opts,
            "charge_point": charge_point,
        }
        return TemplateResponse(request, "console/start.html", context)

    @button(_("QR codes"), icon="qr_code_2")
    def qr_codes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A sheet to print: a code for each connector; or one of them as an SVG file."""
        charge_point = self.get_object(request, object_id)
        if not isinstance(charge_point, ChargePoint):
            raise Http404
        base = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
        codes = qr_codes_of(charge_point, base)
        for code in codes:
            if request.GET.get("svg") == str(code.number):
                return svg_file(code)
        context = {"charge_point": charge_point, "codes": codes}
        return TemplateResponse(request, "console/qr_codes.html", context)

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and those to send messages."""
        return [*self.send_urls(), *super().get_urls()]

    @button(_("Send a message"), permissions=("start",), icon="send")
    def send_message(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the choice of messages."""
        return HttpResponseRedirect(reverse("admin:choose-call", args=(object_id,)))

    @button(_("Health"), icon="monitor_heart")
    def health(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the points of its connectors, and why."""
        page = reverse("admin:anomalies_health")
        return HttpResponseRedirect(f"{page}?charge_point={object_id}")


def _start(request: HttpRequest, charge_point: ChargePoint, form: StartForm) -> bool:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    try:
        command = request_start(
            charge_point=charge_point,
            connector=form.cleaned_data["connector"],
            token_uid=form.cleaned_data["token"],
            requested_by=principal.label,
        )
    except CommandNotPossible as error:
        messages.error(request, str(error))
        return False
    asked = _t("The station is asked to start; the session appears when it reports one.")
    say_how_it_went(request, asked, command)
    return True
