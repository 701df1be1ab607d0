"""The page of charger models: what is known of them beyond their messages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chargepoints.models import ModelProfile
from chargepoints.profile_forms import ModelProfileForm
from chargepoints.services.profiles import assign_profiles
from tenants.access import Right
from tenants.admin import TenantAdmin


@admin.register(ModelProfile)
class ModelProfileAdmin(TenantAdmin):
    """Profiles of charger models, and how many stations each one counts for."""

    add_right = change_right = delete_right = Right.OPERATE
    form = ModelProfileForm
    list_display = (
        *("vendor", "model", "firmware_from", "lenient", "heartbeat_interval_s"),
        "shown_stations",
    )
    search_fields = ("vendor", "model")
    empty_text = _(
        "Some charger models break OCPP's rules or name wrong units. Describe such a model here,"
        " and its stations are understood."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of stations."""
        return super().get_queryset(request).annotate(stations=Count("charge_points"))

    @admin.display(description=_("charge points"), ordering="stations")
    def shown_stations(self, profile: ModelProfile) -> int:
        """How many stations have it."""
        stations: int = profile.stations  # type: ignore[attr-defined]
        return stations

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keep it and choose again for every station."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            assign_profiles()
        count = obj.charge_points.count()
        text = ngettext(
            "It counts for %(count)d station, from its next connection on.",
            "It counts for %(count)d stations, from their next connections on.",
            count,
        )
        messages.info(request, text % {"count": count})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Its stations may fit another one."""
        with transaction.atomic():
            super().delete_model(request, obj)
            assign_profiles()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """The same for several."""
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            assign_profiles()
