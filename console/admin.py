"""The admin page of charging sessions, with what every app knows of one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from anomalies.services import AboveRating, RebuildChanged, release_hold
from chargepoints.services import CommandNotPossible
from console import campaign_pages, certificate_pages, log_pages, station_reports
from console.answers import say_how_it_went
from console.charge_point_page import StationAdmin
from console.figures_page import ConnectorDayAdmin
from console.session_page import session_context, state_text
from console.site_page import SitePage
from console.wording import duration, energy
from sessions_app.models import ChargingSession
from sessions_app.services import request_stop
from tenants.access import Principal, Right
from tenants.admin import TenantAdmin, coloured, may

__all__ = [
    "ChargingSessionAdmin",
    "ConnectorDayAdmin",
    "SitePage",
    "StationAdmin",
    "campaign_pages",
    "certificate_pages",
    "log_pages",
    "station_reports",
]

# Roles take the place of Django's groups.
admin.site.unregister(Group)


@admin.register(ChargingSession)
class ChargingSessionAdmin(TenantAdmin):
    """Sessions: read here, stopped and released here, never edited."""

    change_form_template = "console/session.html"
    list_display = (
        "started_at",
        "shown_place",
        "driver",
        "shown_energy",
        "shown_duration",
        "shown_state",
        "shown_gate",
    )
    list_filter = ("state", "gate", "charge_point__site", "charge_point")
    list_select_related = ("charge_point", "connector__charge_point", "driver")
    search_fields = ("transaction_ref", "token_uid", "driver__name")
    date_hierarchy = "started_at"
    ordering = ("-started_at",)
    empty_text = _("Sessions appear here as soon as a station reports a start.")

    @admin.display(description=_("place"))
    def shown_place(self, session: ChargingSession) -> str:
        """Station and outlet."""
        return str(session.connector or session.charge_point)

    @admin.display(description=_("energy"), ordering="energy_wh")
    def shown_energy(self, session: ChargingSession) -> str:
        """With unit."""
        return energy(session.energy_wh)

    @admin.display(description=_("charging time"))
    def shown_duration(self, session: ChargingSession) -> str:
        """Hours, minutes, seconds."""
        return duration(session.duration_s) if session.ended_at else "-"

    @coloured(_("state"), {"open": "info", "completed": "success"})
    def shown_state(self, session: ChargingSession) -> tuple[str, str]:
        """Colour by state."""
        return session.state, state_text(session)

    @coloured(
        _("check"),
        {"unchecked": "info", "held": "danger", "cleared": "success", "released": "warning"},
    )
    def shown_gate(self, session: ChargingSession) -> tuple[str, str]:
        """Colour by gate."""
        return session.gate, str(session.get_gate_display())

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the two things that can be done to a session."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/stop/", view(self.stop), name="stop-session"),
            path("<uuid:pk>/release/", view(self.release), name="release-session"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The session's page."""
        session = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(session, ChargingSession):
            sees_money = may(request, Right.MONEY)
            context |= session_context(session, sees_money=sees_money)
            context["may_stop"] = context["is_under_way"] and may(request, Right.CONTROL)
            context["may_release"] = context["is_held"] and context["is_completed"] and sees_money
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the pages show."""
        return super().get_queryset(request).select_related("charge_point__site", "connector")

    def stop(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Ask the station to stop."""
        session = self._posted(request, pk, Right.CONTROL)
        try:
            command = request_stop(session=session, requested_by=_label(request))
        except CommandNotPossible as error:
            messages.error(request, str(error))
        else:
            say_how_it_went(request, _t("The station is asked to stop."), command)
        return _back(session)

    def release(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Let billing have a held session, as measured or rebuilt; a reason is needed."""
        session = self._posted(request, pk, Right.MONEY)
        reason = request.POST.get("reason", "").strip()
        if reason:
            self._release(request, session, reason)
        else:
            messages.error(request, _t("Say why the session may be billed."))
        return _back(session)

    def _release(self, request: HttpRequest, session: ChargingSession, reason: str) -> None:
        is_rebuilt = request.POST.get("energy") == "rebuilt"
        shown = request.POST.get("rebuilt_wh", "")
        if is_rebuilt and not shown.isdecimal():
            messages.error(request, _t("The rebuilt energy is missing. Open the page again."))
            return
        try:
            released = release_hold(
                session=session,
                user_id=request.user.pk,
                actor=_label(request),
                reason=reason,
                rebuilt_wh=int(shown) if is_rebuilt else None,
            )
        except RebuildChanged:
            text = _t("New measurements have changed the rebuilt energy. Look at it again.")
            messages.error(request, text)
            return
        except AboveRating:
            text = _t(
                "More than the connector can give in the time is never billed. Release it with the"
                " rebuilt energy, or correct the connector's largest power first."
            )
            messages.error(request, text)
            return
        if released:
            messages.success(request, _t("Released: the session goes to billing."))
        else:
            messages.error(request, _t("The session is not held."))

    def _posted(self, request: HttpRequest, pk: UUID, right: Right) -> ChargingSession:
        if request.method != "POST" or not may(request, right):
            raise PermissionDenied
        session = ChargingSession.objects.select_related("charge_point").filter(pk=pk).first()
        if session is None:
            raise Http404
        return session


def _label(request: HttpRequest) -> str:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    return principal.label


def _back(session: ChargingSession) -> HttpResponse:
    return HttpResponseRedirect(
        reverse("admin:sessions_app_chargingsession_change", args=(session.pk,))
    )
