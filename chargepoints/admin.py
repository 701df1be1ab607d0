"""Admin pages of sites, stations, connectors, commands and the message log."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chargepoints.models import (
    ChargePoint,
    Command,
    Connector,
    DeviceVariable,
    OcppMessage,
    Site,
)
from chargepoints.services import disable_charge_point, register_charge_point, rotate_key
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline, coloured

STATUS_COLOURS = {
    "available": "success",
    "charging": "info",
    "occupied": "info",
    "preparing": "info",
    "finishing": "info",
    "suspendedev": "warning",
    "suspendedevse": "warning",
    "reserved": "warning",
    "unavailable": "warning",
    "faulted": "danger",
}

COMMAND_COLOURS = {
    "queued": "info",
    "sent": "info",
    "answered": "success",
    "failed": "danger",
    "timed_out": "warning",
    "offline": "warning",
}


def as_json(value: Any) -> SafeString:
    """A JSON value that people can read."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="whitespace-pre-wrap text-xs">{}</pre>', text)


@admin.register(Site)
class SiteAdmin(TenantAdmin):
    """Places with charge points."""

    add_right = change_right = Right.OPERATE
    list_display = ("name", "city", "price_area")
    search_fields = ("name", "city", "address")


class ConnectorInline(TenantInline):
    """The outlets on their station's page."""

    model = Connector
    add_right = change_right = Right.OPERATE
    readonly_fields = ("shown_status",)
    fields = (
        "evse_id",
        "connector_id",
        "current_type",
        "phases",
        "max_current_ma",
        "max_power_w",
        "shown_status",
    )

    @admin.display(description=_("status"))
    def shown_status(self, connector: Connector) -> str:
        """The last one reported."""
        return str(connector.get_status_display())


class ChargePointForm(forms.ModelForm):  # type: ignore[type-arg]
    """A station's own data; the tenant is not asked for, so its uniqueness is checked here."""

    def clean_identity(self) -> str:
        """Refuse an id the organisation already has."""
        identity: str = self.cleaned_data["identity"]
        if ChargePoint.objects.filter(identity=identity).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is already a charge point with this id."))
        return identity


@admin.register(ChargePoint)
class ChargePointAdmin(TenantAdmin):
    """Stations: registered here, with a key shown once."""

    form = ChargePointForm
    add_right = change_right = Right.OPERATE
    list_display = (
        "identity",
        "site",
        "shown_online",
        "shown_connectors",
        "vendor",
        "model",
        "last_seen_at",
    )
    list_filter = ("site", "enabled", "boot_state")
    list_select_related = ("site",)
    search_fields = ("identity", "serial_number", "model")
    inlines = (ConnectorInline,)
    actions = ("new_key", "disable")
    readonly_fields = (
        "shown_online",
        "ocpp_version",
        "vendor",
        "model",
        "serial_number",
        "firmware_version",
        "boot_state",
        "booted_at",
        "last_seen_at",
        "connected_at",
        "key_set_at",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new station has nothing to report yet."""
        entered = (None, {"fields": ("site", "identity", "enabled")})
        if obj is None:
            return ((None, {"fields": ("site", "identity")}),)
        return (entered, (_("Reported by the station"), {"fields": self.readonly_fields}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The identity is in the station's own settings: it does not change."""
        return self.readonly_fields if obj is None else (*self.readonly_fields, "identity")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Connectors come with the station's first report, or are entered after it is saved."""
        return () if obj is None else self.inlines

    def get_queryset(self, request: HttpRequest) -> Any:
        """With connectors, for the list."""
        return super().get_queryset(request).prefetch_related("connectors")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Register a new station through the service and show its key once."""
        if change:
            super().save_model(request, obj, form, change)
            return
        made, key = register_charge_point(site=obj.site, identity=obj.identity)
        obj.pk = made.pk
        obj._state.adding = False
        messages.warning(request, _shown_once(obj, key))

    @coloured(_("connection"), {"online": "success", "offline": "warning"})
    def shown_online(self, charge_point: ChargePoint) -> tuple[str, str]:
        """Whether its socket is open and alive."""
        if charge_point.is_online(timezone.now()):
            return "online", str(_("Online"))
        return "offline", str(_("Offline"))

    @admin.display(description=_("connectors"))
    def shown_connectors(self, charge_point: ChargePoint) -> str:
        """Each outlet's state."""
        outlets = sorted(charge_point.connectors.all(), key=lambda c: (c.evse_id, c.connector_id))
        return ", ".join(f"{c.evse_id}: {c.get_status_display()}" for c in outlets) or "-"

    @admin.action(description=_("New key: the old one stops at once"), permissions=("change",))
    def new_key(self, request: HttpRequest, queryset: Any) -> None:
        """Give each chosen station a new key and show it once."""
        for charge_point in queryset:
            key = rotate_key(charge_point=charge_point)
            messages.warning(request, _shown_once(charge_point, key))

    @admin.action(description=_("Take out of use"), permissions=("change",))
    def disable(self, request: HttpRequest, queryset: Any) -> None:
        """Close the sockets and let the stations in no more."""
        for charge_point in queryset:
            disable_charge_point(charge_point=charge_point)


def _shown_once(charge_point: ChargePoint, key: str) -> str:
    return str(_("Key of %(station)s, copy it now, it is not shown again: %(key)s")) % {
        "station": charge_point.identity,
        "key": key,
    }


@admin.register(DeviceVariable)
class DeviceVariableAdmin(TenantAdmin):
    """Settings as stations reported them."""

    list_display = ("charge_point", "component", "name", "value", "read_only", "reported_at")
    list_filter = ("charge_point",)
    list_select_related = ("charge_point",)
    search_fields = ("name", "component")


@admin.register(Command)
class CommandAdmin(TenantAdmin):
    """What stations were told, and what they answered."""

    list_display = (
        "created_at",
        "charge_point",
        "action",
        "shown_state",
        "requested_by",
        "answered_at",
    )
    list_filter = ("state", "action", "charge_point")
    list_select_related = ("charge_point",)
    fields = (
        "charge_point",
        "action",
        "shown_state",
        "error",
        "requested_by",
        "created_at",
        "sent_at",
        "answered_at",
        "shown_payload",
        "shown_response",
    )
    readonly_fields = fields

    @coloured(_("state"), COMMAND_COLOURS)
    def shown_state(self, command: Command) -> tuple[str, str]:
        """Colour by state."""
        return command.state, str(command.get_state_display())

    @admin.display(description=_("content"))
    def shown_payload(self, command: Command) -> str:
        """As sent."""
        return as_json(command.payload)

    @admin.display(description=_("answer"))
    def shown_response(self, command: Command) -> str:
        """As received."""
        return "-" if command.response is None else as_json(command.response)


@admin.register(OcppMessage)
class OcppMessageAdmin(TenantAdmin):
    """The message log, personal data masked."""

    list_display = ("at", "charge_point", "shown_direction", "action", "error_code", "reason")
    list_filter = ("charge_point", "inbound", "action", "error_code")
    list_select_related = ("charge_point",)
    search_fields = ("message_id", "action", "reason")
    fields = (
        "charge_point",
        "at",
        "shown_direction",
        "action",
        "message_id",
        "error_code",
        "reason",
        "shown_payload",
    )
    readonly_fields = fields

    @admin.display(description=_("direction"))
    def shown_direction(self, message: OcppMessage) -> str:
        """Who said it."""
        return str(_("from the station") if message.inbound else _("to the station"))

    @admin.display(description=_("content"))
    def shown_payload(self, message: OcppMessage) -> str:
        """As logged."""
        return as_json(message.payload)
