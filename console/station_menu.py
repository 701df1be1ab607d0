"""The menu "Look at" of a station's page: lists of what concerns this station alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.admin import button

ListPage = Callable[[Any, HttpRequest, str], HttpResponse]


def _list_of(title: str | Promise, icon: str, model: str) -> ListPage:
    """A way to a model's list, with only the station's rows."""

    @button(title, icon=icon)
    def open_list(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        page = reverse(f"admin:{model}_changelist")
        return HttpResponseRedirect(f"{page}?charge_point__id__exact={object_id}")

    return open_list


class StationMenu:
    """Ways from a station's page to its rows; mixed into its admin."""

    sessions = _list_of(_("Charging sessions"), "bolt", "sessions_app_chargingsession")
    ocpp_messages = _list_of(_("OCPP messages"), "forum", "chargepoints_ocppmessage")
    commands = _list_of(_("Commands"), "send", "chargepoints_command")
    settings = _list_of(_("Station settings"), "settings", "chargepoints_devicevariable")
    reservations = _list_of(_("Reservations"), "event_seat", "chargepoints_reservation")
    firmware = _list_of(_("Firmware updates"), "system_update", "chargepoints_firmwarejob")
    logs = _list_of(_("Station logs"), "description", "chargepoints_logrequest")
    profiles = _list_of(_("Charging profiles"), "speed", "chargepoints_chargingprofile")
    device_events = _list_of(_("Station events"), "sensors", "chargepoints_deviceevent")
    security = _list_of(_("Security events"), "security", "chargepoints_securityevent")

    looks = (
        *("sessions", "ocpp_messages", "commands", "settings", "reservations", "firmware"),
        *("logs", "profiles", "device_events", "security"),
    )
