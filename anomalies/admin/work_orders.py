"""The admin's pages of work orders: the office's list and form, and a printable page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from anomalies.admin.work_pages import WorkPages, order_context
from anomalies.models import WorkNote, WorkOrder
from anomalies.services.work_orders import cancel_work, tell_assigned
from anomalies.wording import SEVERITIES, title_of_order
from tenants.access import Right
from tenants.admin import TenantAdmin, button, coloured, may

COLOURS = {"open": "info", "started": "warning", "late": "danger", "done": "success"}
COLOURS |= {"cancelled": "default"}


@admin.register(WorkOrder)
class WorkOrderAdmin(WorkPages, TenantAdmin):  # type: ignore[misc]
    """What technicians are to do, by when."""

    add_right = change_right = Right.CONTROL
    list_display = (
        "shown_title",
        "shown_place",
        "assignee",
        "due_at",
        "shown_severity",
        "shown_state",
    )
    list_filter = ("state", "skill", "site")
    list_select_related = (
        *("site", "charge_point", "connector__charge_point", "assignee__user"),
        *("incident__charge_point", "incident__connector__charge_point", "incident__site"),
    )
    fields = (
        "title",
        ("site", "charge_point", "connector"),
        ("assignee", "due_at"),
        ("skill", "parts"),
        "description",
    )
    actions_detail: Any = ("work_page", "print_page", "cancel")
    actions_list: Any = ("mine",)
    empty_text = _(
        "Work orders come from incidents that could not be repaired from afar; you can also write"
        " one yourself."
    )

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the pages for the phone."""
        view = self.admin_site.admin_view
        return [
            path("mine/", view(self.list_mine), name="my-work"),
            path("calendar/", view(self.renew_calendar), name="renew-calendar"),
            path("<uuid:pk>/work/", view(self.work), name="work-page"),
            path("photo/<uuid:pk>/", view(self.show_photo), name="work-photo"),
            *super().get_urls(),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Due in a week unless said otherwise."""
        initial = super().get_changeform_initial_data(request)
        return {"due_at": timezone.now() + timedelta(days=7), **initial}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and tell a new assignee."""
        super().save_model(request, obj, form, change)
        if obj.assignee_id is not None and "assignee" in form.changed_data:
            tell_assigned(obj, timezone.now())

    @admin.display(description=_("what"))
    def shown_title(self, order: WorkOrder) -> str:
        """Its title, or what is wrong."""
        return title_of_order(order)

    @admin.display(description=_("place"))
    def shown_place(self, order: WorkOrder) -> str:
        """Site and station."""
        return str(order.site) if order.place == order.site else f"{order.site}, {order.place}"

    @admin.display(description=_("severity"), ordering="severity")
    def shown_severity(self, order: WorkOrder) -> str:
        """In a word."""
        return str(SEVERITIES.get(order.severity, order.severity))

    @coloured(_("state"), COLOURS)
    def shown_state(self, order: WorkOrder) -> tuple[str, str]:
        """Colour by state; what is late is red."""
        if order.is_late(timezone.now()):
            return "late", _t("Late")
        return order.state, str(order.get_state_display())

    def has_control_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody may work on orders."""
        return may(request, Right.CONTROL)

    @button(_("My work"), icon="construction")
    def mine(self, request: HttpRequest) -> HttpResponse:
        """To the technician's list."""
        return HttpResponseRedirect(reverse("admin:my-work"))

    @button(_("Work on it"), permissions=("control",), icon="build")
    def work_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the technician's page."""
        return HttpResponseRedirect(reverse("admin:work-page", args=(object_id,)))

    @button(_("Print"), icon="print")
    def print_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One sheet of paper with everything on it."""
        order = self.get_object(request, object_id)
        if not isinstance(order, WorkOrder):
            raise Http404
        return TemplateResponse(request, "anomalies/work_order_print.html", order_context(order))

    @button(_("Not needed"), permissions=("control",), icon="cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Nobody has to go."""
        order = self.get_object(request, object_id)
        if not isinstance(order, WorkOrder):
            raise Http404
        if cancel_work(order=order):
            messages.success(request, _t("The work order is cancelled."))
        else:
            messages.error(request, _t("The work order has ended already."))
        return HttpResponseRedirect(reverse("admin:anomalies_workorder_changelist"))

    def show_photo(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """A photo, for those who may see work orders."""
        note = WorkNote.objects.filter(pk=pk).exclude(photo=None).first()
        if note is None or not self.has_view_permission(request):
            raise Http404
        response = HttpResponse(bytes(note.photo or b""), content_type="image/jpeg")
        response.headers["Cache-Control"] = "private, max-age=86400, immutable"
        response.headers["Content-Disposition"] = "inline"
        return response
