"""The admin page of planned work, during which nobody is woken."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from anomalies.models import Maintenance
from anomalies.services.maintenance import mute_incidents
from tenants.access import Principal, Right
from tenants.admin import TenantAdmin, coloured


@admin.register(Maintenance)
class MaintenanceAdmin(TenantAdmin):
    """Which place is being worked on, when, why, and who said so."""

    add_right = change_right = delete_right = Right.CONTROL
    list_display = ("shown_place", "starts_at", "ends_at", "reason", "set_by", "shown_state")
    list_select_related = ("site", "charge_point", "connector__charge_point")
    fields = (("site", "charge_point", "connector"), ("starts_at", "ends_at"), "reason", "set_by")
    readonly_fields = ("set_by",)
    empty_text = _(
        "While a place is being worked on its incidents are muted: they are found and shown, but"
        " nobody is told and nothing is repaired by itself."
    )

    @admin.display(description=_("place"))
    def shown_place(self, maintenance: Maintenance) -> str:
        """Site, station or connector."""
        return str(maintenance.place)

    @coloured(_("state"), {"on": "warning", "ahead": "info", "over": "default"})
    def shown_state(self, maintenance: Maintenance) -> tuple[str, str]:
        """Whether it goes on now."""
        now = timezone.now()
        if maintenance.is_on(now):
            return "on", _t("Going on")
        return ("ahead", _t("Ahead")) if now < maintenance.starts_at else ("over", _t("Over"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With whoever set it last."""
        principal: Principal = request.principal  # type: ignore[attr-defined]
        obj.set_by = principal.label
        super().save_model(request, obj, form, change)
        mute_incidents(now=timezone.now())
