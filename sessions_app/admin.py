"""Admin pages of drivers, tokens and parked messages."""

from __future__ import annotations

from django.contrib import admin

from chargepoints.admin import as_json
from sessions_app.models import Driver, IdToken, ParkedMessage
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline


class IdTokenInline(TenantInline):
    """A driver's cards and fobs on the driver's page."""

    model = IdToken
    add_right = change_right = delete_right = Right.OPERATE
    fields = ("uid", "state", "expires_at")


@admin.register(Driver)
class DriverAdmin(TenantAdmin):
    """People who charge and pay."""

    add_right = change_right = Right.OPERATE
    list_display = ("name", "email", "phone", "language")
    search_fields = ("name", "email", "phone")
    inlines = (IdTokenInline,)


@admin.register(IdToken)
class IdTokenAdmin(TenantAdmin):
    """Cards, fobs and app tokens."""

    add_right = change_right = Right.OPERATE
    list_display = ("uid", "driver", "state", "expires_at")
    list_filter = ("state",)
    list_select_related = ("driver",)
    search_fields = ("uid", "driver__name")
    autocomplete_fields = ("driver",)


@admin.register(ParkedMessage)
class ParkedMessageAdmin(TenantAdmin):
    """Messages about transactions nobody has started yet."""

    list_display = ("received_at", "charge_point", "transaction_ref", "action", "session")
    list_filter = ("charge_point", "action")
    list_select_related = ("charge_point", "session__charge_point")
    fields = ("received_at", "charge_point", "transaction_ref", "action", "shown_payload")
    readonly_fields = fields

    @admin.display(description="JSON")
    def shown_payload(self, message: ParkedMessage) -> str:
        """As it came."""
        return as_json(message.payload)
