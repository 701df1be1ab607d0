"""The admin page of outages that were not the operator's."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from anomalies.models import OutageExclusion
from anomalies.services.figures import exclude_outage, forget_exclusion
from tenants.access import Principal, Right
from tenants.admin import TenantAdmin


@admin.register(OutageExclusion)
class OutageExclusionAdmin(TenantAdmin):
    """Which place, when, why, and how it is known; the days it touches are counted again."""

    add_right = change_right = delete_right = Right.CONTROL
    list_display = ("shown_place", "reason", "starts_at", "ends_at", "proof", "set_by")
    list_select_related = ("site", "charge_point", "connector__charge_point")
    fields = (
        ("site", "charge_point", "connector"),
        "reason",
        ("starts_at", "ends_at"),
        "proof",
        "set_by",
    )
    readonly_fields = ("set_by",)
    empty_text = _(
        "Enter grid outages, vandalism, natural disasters, faults of vehicles and closed hours"
        " here: uptime by NEVI leaves them out. Planned work is entered as maintenance."
    )

    @admin.display(description=_("place"))
    def shown_place(self, exclusion: OutageExclusion) -> str:
        """Site, station or connector."""
        return str(exclusion.place)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With whoever set it last."""
        principal: Principal = request.principal  # type: ignore[attr-defined]
        obj.set_by = principal.label
        exclude_outage(obj, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """And count without it."""
        forget_exclusion(obj, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Each of the chosen ones."""
        for exclusion in queryset:
            forget_exclusion(exclusion, now=timezone.now())
