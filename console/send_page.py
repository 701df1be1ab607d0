"""Any OCPP message to a station by hand: the choice, the form, the way to the answer."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from anomalies.selectors import would_disturb
from chargepoints.call_forms import CallForm, HandForm, as_initial
from chargepoints.call_shapes import example_call, values_of
from chargepoints.catalogue import CommandSpec, Group, command_spec, commands_of
from chargepoints.models import ChargePoint
from chargepoints.services import CommandNotPossible, call_station, wait_for_answer
from chargepoints.types import V16
from tenants.access import Principal
from tenants.admin import may

WAIT_S = 5.0


class SendPages:
    """Two pages of a station's admin; mixed into its class."""

    admin_site: Any
    opts: Any

    def send_urls(self) -> list[URLPattern]:
        """The choice of a message, and the form of one."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/send/", view(self.choose_call), name="choose-call"),
            path("<uuid:pk>/send/<slug:action>/", view(self.write_call), name="write-call"),
        ]

    def choose_call(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Every message of the station's OCPP version that the member may send, by group."""
        station = _station(pk)
        specs = [s for s in commands_of(_version(station)) if may(request, s.right)]
        if not specs:
            raise PermissionDenied
        groups = [(group.value, [s for s in specs if s.group is group]) for group in Group]
        context = {
            "title": _("Send a message to %s") % station,
            "groups": [(name, rows) for name, rows in groups if rows],
        }
        return self._page(request, station, "console/choose_call.html", context)

    def write_call(self, request: HttpRequest, pk: UUID, action: str) -> HttpResponse:
        """The form of one message; sent, the page of the command shows the answer."""
        station = _station(pk)
        spec = command_spec(_version(station), action)
        if spec is None:
            raise Http404
        if not may(request, spec.right):
            raise PermissionDenied
        form, by_hand = _forms(request, station, spec)
        for given in (form, by_hand):
            if given.is_bound and given.is_valid():
                try:
                    return _send(request, station, action, _payload(given))
                except CommandNotPossible as problem:
                    messages.error(request, str(problem))
        context = {
            "title": action,
            "spec": spec,
            "form": form,
            "by_hand": by_hand,
            "may_disturb": would_disturb(station.pk, action, {}, timezone.now()),
        }
        return self._page(request, station, "console/write_call.html", context)

    def _page(
        self, request: HttpRequest, station: ChargePoint, template: str, more: dict[str, Any]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "charge_point": station,
            "version": _version(station),
            "is_online": station.is_online(timezone.now()),
            **more,
        }
        return TemplateResponse(request, template, context)


def _station(pk: UUID) -> ChargePoint:
    station = ChargePoint.objects.filter(pk=pk).first()
    if station is None:
        raise Http404
    return station


def _version(station: ChargePoint) -> str:
    return station.ocpp_version or V16


def _forms(
    request: HttpRequest, station: ChargePoint, spec: CommandSpec
) -> tuple[CallForm, HandForm]:
    """The typed form and the one for JSON; the one that was sent is bound."""
    version, action = _version(station), spec.action
    example = example_call(version, action, timezone.now())
    shown = values_of(version, action, example)
    if "example" not in request.GET:
        shown = {name: value for name, value in shown.items() if not _is_filler(value)}
    sent = request.POST if request.method == "POST" else None
    is_typed = sent is not None and "by_hand" not in sent
    is_by_hand = sent is not None and "by_hand" in sent
    form = CallForm(version, action, sent if is_typed else None, initial=as_initial(shown))
    by_hand = HandForm(version, action, sent if is_by_hand else None, initial={"payload": example})
    by_hand.fields["payload"].widget.attrs["spellcheck"] = "false"
    return form, by_hand


def _is_filler(value: Any) -> bool:
    """Texts that say nothing, which only an example shows."""
    return "example" in json.dumps(value)


def _payload(form: forms.Form) -> dict[str, Any]:
    payload: dict[str, Any] = (
        form.payload if isinstance(form, CallForm) else form.cleaned_data["payload"]
    )
    return payload


def _send(
    request: HttpRequest, station: ChargePoint, action: str, payload: dict[str, Any]
) -> HttpResponse:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    if "although_in_use" not in request.POST and would_disturb(
        station.pk, action, payload, timezone.now()
    ):
        raise CommandNotPossible(
            _("Somebody charges at the station: tick that it is to be restarted all the same.")
        )
    command = call_station(
        charge_point=station, action=action, payload=payload, requested_by=principal.label
    )
    wait_for_answer(command, wait_s=WAIT_S)
    messages.info(request, f"{action}: {command.get_state_display()}")
    page = reverse("admin:chargepoints_command_change", args=(command.pk,))
    return HttpResponseRedirect(page)
