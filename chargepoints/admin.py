"""Admin pages of sites, stations, connectors, commands and the message log."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from chargepoints.forms import ChargePointForm, ConnectorForm, SiteForm
from chargepoints.masking import masked
from chargepoints.models import (
    CLOCK_TOLERANCE_S,
    ChargePoint,
    Command,
    Connector,
    DeviceVariable,
    OcppMessage,
    Site,
)
from chargepoints.profile_admin import ModelProfileAdmin
from chargepoints.services import (
    close_socket,
    disable_charge_point,
    register_charge_point,
    rotate_key,
)
from chargepoints.services.calls import OPEN
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline, coloured

# Registered by being imported.
__all__ = ["ModelProfileAdmin"]

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

LOOK_AGAIN_AFTER_S = "2"

COMMAND_COLOURS = {
    "queued": "info",
    "sent": "info",
    "answered": "success",
    "failed": "danger",
    "timed_out": "warning",
    "offline": "warning",
}

IDENTITY_HELP = _(
    "As in the station's own settings; the last part of the address it connects to."
    " Its key is shown once, when it is saved."
)


def as_json(value: Any) -> SafeString:
    """A JSON value that people can read."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="laddbok-json">{}</pre>', text)


def exact_time(at: datetime) -> str:
    """A time to the second, in the language and the time zone in force."""
    local = timezone.localtime(at)
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M:%S}"


def clock_text(station: ChargePoint) -> str:
    """How far a station's clock is off, in words."""
    skew_s = station.clock_skew_s
    if skew_s is None:
        return str(_("not compared yet"))
    if abs(skew_s) <= CLOCK_TOLERANCE_S:
        return str(_("right (%(seconds)+d s)")) % {"seconds": skew_s}
    text = _("%(off)s ahead") if skew_s > 0 else _("%(off)s behind")
    return str(text) % {"off": timedelta(seconds=abs(skew_s))}


@admin.register(Site)
class SiteAdmin(TenantAdmin):
    """Places with charge points."""

    add_right = change_right = Right.OPERATE
    form = SiteForm
    list_display = ("name", "city", "price_area")
    search_fields = ("name", "city", "address")
    empty_text = _("A site is a place with charge points: add the first one here.")


class ConnectorInline(TenantInline):
    """The outlets on their station's page."""

    model = Connector
    form = ConnectorForm
    add_right = change_right = Right.OPERATE
    readonly_fields = ("shown_status",)
    fields = (
        "evse_id",
        "connector_id",
        "current_type",
        "phases",
        "max_current_ma",
        "max_power_w",
        "meter_public_key",
        "shown_status",
    )

    @admin.display(description=capfirst(_("status")))
    def shown_status(self, connector: Connector) -> str:
        """The last one reported."""
        return str(connector.get_status_display())


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
    search_fields = ("identity", "public_code", "serial_number", "model")
    inlines = (ConnectorInline,)
    actions = ("new_key", "disconnect", "disable")
    empty_text = _("Add a charge point; its key and the address it connects to are shown then.")
    reported_fields = (
        "shown_online",
        "ocpp_version",
        "vendor",
        "model",
        "serial_number",
        "firmware_version",
        "boot_state",
        "booted_at",
        "shown_clock",
        "last_seen_at",
        "connected_at",
        "key_set_at",
    )
    readonly_fields = ("shown_prices", *reported_fields)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Who enters a new station is told what its id is."""
        if obj is None:
            kwargs["help_texts"] = {"identity": IDENTITY_HELP}
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new station has nothing to report yet."""
        entered = (None, {"fields": ("site", "identity", "shown_prices", "enabled")})
        if obj is None:
            return ((None, {"fields": ("site", "identity")}),)
        return (entered, (_("Reported by the station"), {"fields": self.reported_fields}))

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
            # The rest of the row is the station's own and may have changed since it was read.
            obj.save(update_fields=[name for name in form.changed_data if name != "enabled"])
            if "enabled" in form.changed_data:
                _set_enabled(obj)
            return
        made, key = register_charge_point(site=obj.site, identity=obj.identity)
        obj.pk = made.pk
        obj._state.adding = False
        messages.warning(request, _shown_once(obj, key))

    @coloured(_("connection"), {"online": "success", "offline": "warning", "anybody": "danger"})
    def shown_online(self, charge_point: ChargePoint) -> tuple[str, str]:
        """Whether its socket is open and alive."""
        if charge_point.is_open_to_anybody(timezone.now()):
            return "anybody", str(_("Open to anybody"))
        if charge_point.is_online(timezone.now()):
            return "online", str(_("Online"))
        return "offline", str(_("Offline"))

    @coloured(_("clock"), {"right": "success", "wrong": "danger", "unknown": "info"})
    def shown_clock(self, charge_point: ChargePoint) -> tuple[str, str]:
        """How far it is off."""
        known = "unknown" if charge_point.clock_skew_s is None else "right"
        return "wrong" if charge_point.is_clock_wrong else known, clock_text(charge_point)

    @admin.display(description=_("public code"))
    def shown_prices(self, charge_point: ChargePoint) -> SafeString:
        """The code, with the way to the public price list."""
        place = (charge_point.tenant.slug, charge_point.public_code)
        return format_html(
            '{} · <a class="laddbok-link" href="{}">{}</a>',
            charge_point.public_code,
            reverse("station-prices", args=place),
            _("Public price list"),
        )

    @admin.display(description=_("connectors"))
    def shown_connectors(self, charge_point: ChargePoint) -> str:
        """Each outlet's state."""
        outlets = sorted(charge_point.connectors.all(), key=lambda c: (c.evse_id, c.connector_id))
        return ", ".join(f"{c.evse_id}: {c.get_status_display()}" for c in outlets) or "-"

    @admin.action(description=_("New key: the old one stops at once"), permissions=("change",))
    def new_key(self, request: HttpRequest, queryset: Any) -> None:
        """Give each chosen station a new key and show it once."""
        for charge_point in queryset:
            key = rotate_key(charge_point=charge_point, set_by=request.principal.label)  # type: ignore[attr-defined]
            messages.warning(request, _shown_once(charge_point, key))

    @admin.action(description=_("Disconnect: it may come back at once"), permissions=("change",))
    def disconnect(self, request: HttpRequest, queryset: Any) -> None:
        """End the sockets of the chosen stations."""
        for charge_point in queryset:
            close_socket(charge_point=charge_point)

    @admin.action(description=_("Take out of use"), permissions=("change",))
    def disable(self, request: HttpRequest, queryset: Any) -> None:
        """Close the sockets and let the stations in no more."""
        for charge_point in queryset:
            disable_charge_point(charge_point=charge_point)


def _set_enabled(charge_point: ChargePoint) -> None:
    if charge_point.enabled:
        charge_point.save(update_fields=("enabled",))
    else:
        disable_charge_point(charge_point=charge_point)


def _shown_once(charge_point: ChargePoint, key: str) -> str:
    return str(_("Key of %(station)s, copy it now, it is not shown again: %(key)s")) % {
        "station": charge_point.identity,
        "key": key,
    }


@admin.register(DeviceVariable)
class DeviceVariableAdmin(TenantAdmin):
    """Settings as stations reported them."""

    empty_text = _("Stations report their settings when they connect for the first time.")
    list_display = ("charge_point", "component", "name", "value", "read_only", "reported_at")
    list_filter = ("charge_point",)
    list_select_related = ("charge_point",)
    search_fields = ("name", "component")


@admin.register(Command)
class CommandAdmin(TenantAdmin):
    """What stations were told, and what they answered."""

    empty_text = _("What is asked of stations, and their answers, is listed here.")
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

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A command that is under way is looked at again by itself."""
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        command = self.get_object(request, object_id)
        if isinstance(command, Command) and command.state in OPEN:
            answer.headers["Refresh"] = LOOK_AGAIN_AFTER_S
        return answer

    @coloured(_("state"), COMMAND_COLOURS)
    def shown_state(self, command: Command) -> tuple[str, str]:
        """Colour by state."""
        return command.state, str(command.get_state_display())

    @admin.display(description=_("content"))
    def shown_payload(self, command: Command) -> str:
        """As sent, with what identifies a person or opens something masked."""
        return as_json(masked(command.payload))

    @admin.display(description=_("answer"))
    def shown_response(self, command: Command) -> str:
        """As received."""
        return "-" if command.response is None else as_json(command.response)


@admin.register(OcppMessage)
class OcppMessageAdmin(TenantAdmin):
    """The message log, personal data masked."""

    empty_text = _("What stations and this platform say to each other is listed here.")
    list_display = ("shown_at", "charge_point", "shown_direction", "action", "error_code", "reason")
    list_filter = ("charge_point", "inbound", "action", "error_code")
    list_select_related = ("charge_point",)
    search_fields = ("message_id", "action", "reason")
    fields = (
        "charge_point",
        "shown_at",
        "shown_direction",
        "action",
        "message_id",
        "error_code",
        "reason",
        "shown_payload",
    )
    readonly_fields = fields

    @admin.display(description=_("time"), ordering="at")
    def shown_at(self, message: OcppMessage) -> str:
        """To the second."""
        return exact_time(message.at)

    @admin.display(description=_("direction"))
    def shown_direction(self, message: OcppMessage) -> str:
        """Who said it."""
        return str(_("from the station") if message.inbound else _("to the station"))

    @admin.display(description=_("content"))
    def shown_payload(self, message: OcppMessage) -> str:
        """As logged."""
        return as_json(message.payload)
