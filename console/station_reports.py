"""Read-only pages of what stations report: reservations, security events, firmware."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chargepoints.models import (
    ChargingProfile,
    DeviceEvent,
    FirmwareJob,
    Reservation,
    SecurityEvent,
)
from tenants.admin import TenantAdmin


@admin.register(Reservation)
class ReservationAdmin(TenantAdmin):
    """Outlets kept for tokens, and what became of it."""

    list_display = ("charge_point", "connector", "token_uid", "state", "active_from", "expires_at")
    list_filter = ("state", "charge_point")
    list_select_related = ("charge_point", "connector__charge_point")
    empty_text = _("Send ReserveNow on a charge point's page to keep an outlet for a token.")


@admin.register(SecurityEvent)
class SecurityEventAdmin(TenantAdmin):
    """What stations saw happen to their security."""

    list_display = ("at", "charge_point", "type", "tech_info")
    list_filter = ("type", "charge_point")
    list_select_related = ("charge_point",)
    empty_text = _("Stations report here when something happens to their security.")


@admin.register(DeviceEvent)
class DeviceEventAdmin(TenantAdmin):
    """What stations' monitors have told."""

    list_display = ("at", "charge_point", "component", "variable", "value", "is_cleared")
    list_filter = ("charge_point",)
    list_select_related = ("charge_point",)
    empty_text = _("Stations with OCPP 2 report here what their monitors notice.")


@admin.register(FirmwareJob)
class FirmwareJobAdmin(TenantAdmin):
    """How far stations are with their firmware."""

    list_display = ("charge_point", "state", "step", "step_at", "location")
    list_filter = ("state", "charge_point")
    list_select_related = ("charge_point",)
    empty_text = _("Send UpdateFirmware on a charge point's page to begin an update.")


@admin.register(ChargingProfile)
class ChargingProfileAdmin(TenantAdmin):
    """Limits that stations have accepted or reported."""

    list_display = ("charge_point", "evse_id", "purpose", "stack_level", "source", "reported_at")
    list_filter = ("purpose", "charge_point")
    list_select_related = ("charge_point",)
    empty_text = _("Send SetChargingProfile on a charge point's page to limit its power.")
