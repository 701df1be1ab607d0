"""A station's door: what it demands, its key and certificates, the window, and the door book."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from chargepoints.admin import ChargePointAdmin, clock_text
from chargepoints.authority import Unusable
from chargepoints.models import CertificatePurpose, ChargePoint
from chargepoints.services import (
    CommandNotPossible,
    RotationUnderWay,
    add_certificate,
    ask_for_request,
    begin_rotation,
    change_boot_answer,
    change_profile,
    close_window,
    install_root,
    open_window,
    revoke_certificate,
)
from console.answers import say_how_it_went
from console.forms import BootForm, CertificateForm, ProfileForm, WindowForm
from tenants.access import Right
from tenants.admin import button, may

ENTRIES_SHOWN = 30
REQUESTS_SHOWN = 5


class DoorPage(ChargePointAdmin):
    """The page behind the button "Door" on a station's page."""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Say loudly on the station's own page that anybody may come in."""
        station = self.get_object(request, object_id)
        if isinstance(station, ChargePoint) and station.is_open_to_anybody(timezone.now()):
            messages.warning(request, _open_text(station))
        response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        return response

    @button(_("Door"), icon="lock")
    def door(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show it, or do what a button of it says."""
        station = self.get_object(request, object_id)
        if not isinstance(station, ChargePoint):
            raise Http404
        forms: dict[str, Any] = {
            "window": WindowForm(initial={"minutes": 30}),
            "profile": ProfileForm(initial={"security_profile": station.security_profile}),
            "certificate": CertificateForm(),
            "boot": BootForm(initial=_boot_settings(station)),
        }
        if request.method == "POST":
            if not may(request, Right.OPERATE):
                raise PermissionDenied
            act = request.POST.get("act", "")
            if act not in _ACTS:
                raise Http404
            if _ACTS[act](request, station, forms):
                return HttpResponseRedirect(request.path)
        now = timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Door of %s") % station,
            "opts": self.opts,
            "station": station,
            "is_online": station.is_online(now),
            "open_text": _open_text(station) if station.is_open_to_anybody(now) else "",
            "rotation": station.key_rotations.order_by("-id").first(),
            "certificates": station.certificates.all(),
            "purposes": CertificatePurpose.choices,
            "requests": station.signing_requests.all()[:REQUESTS_SHOWN],
            "book": station.door_records.all()[:ENTRIES_SHOWN],
            "may_change": may(request, Right.OPERATE),
            "forms": forms,
            "clock": clock_text(station),
            "back": reverse("admin:chargepoints_chargepoint_change", args=(station.pk,)),
        }
        return TemplateResponse(request, "console/door.html", context)


def _open_text(station: ChargePoint) -> str:
    until = timezone.localtime(station.window_until or timezone.now())
    text = _t("Anybody may connect as this station without a key until %(time)s: %(reason)s")
    return text % {"time": f"{until:%H:%M}", "reason": station.window_reason}


def _boot_settings(station: ChargePoint) -> dict[str, Any]:
    return {"boot_answer": station.boot_answer, "boot_retry_s": station.boot_retry_s}


def _by(request: HttpRequest) -> str:
    return str(request.principal.label)  # type: ignore[attr-defined]


def _open(request: HttpRequest, station: ChargePoint, forms: dict[str, Any]) -> bool:
    form = forms["window"] = WindowForm(request.POST)
    return form.is_valid() and _kept(
        form,
        lambda: open_window(
            charge_point=station,
            minutes=form.cleaned_data["minutes"],
            reason=form.cleaned_data["reason"],
            by=_by(request),
            now=timezone.now(),
        ),
    )


def _close(request: HttpRequest, station: ChargePoint, forms: dict[str, Any]) -> bool:
    close_window(charge_point=station, by=_by(request), reason="", now=timezone.now())
    messages.success(request, _t("The window is closed."))
    return True


def _rotate(request: HttpRequest, station: ChargePoint, forms: dict[str, Any]) -> bool:
    try:
        begin_rotation(charge_point=station, requested_by=_by(request))
    except RotationUnderWay:
        messages.error(request, _t("A new key is on its way already."))
    else:
        text = _t("A new key is sent; the old one stays until the station has used the new one.")
        messages.success(request, text)
    return True


def _demand(request: HttpRequest, station: ChargePoint, forms: dict[str, Any]) -> bool:
    form = forms["profile"] = ProfileForm(request.POST)
    return form.is_valid() and _kept(
        form,
        lambda: change_profile(
            charge_point=station,
            profile=int(form.cleaned_data["security_profile"]),
            by=_by(request),
            now=timezone.now(),
        ),
    )


def _answer(request: HttpRequest, station: ChargePoint, forms: dict[str, Any]) -> bool:
    form = forms["boot"] = BootForm(request.POST)
    return form.is_valid() and _kept(
        form,
        lambda: change_boot_answer(
            charge_point=station,
            answer=form.cleaned_data["boot_answer"],
            retry_s=form.cleaned_data["boot_retry_s"],
            by=_by(request),
            now=timezone.now(),
        ),
    )


def _add(request: HttpRequest, station: ChargePoint, forms: dict[str, Any]) -> bool:
    form = forms["certificate"] = CertificateForm(request.POST)
    return form.is_valid() and _kept(
        form,
        lambda: add_certificate(
            charge_point=station,
            pem=form.cleaned_data["pem"],
            by=_by(request),
            now=timezone.now(),
        ),
    )


def _purpose(request: HttpRequest) -> CertificatePurpose:
    asked = request.POST.get("purpose", CertificatePurpose.STATION)
    if asked not in CertificatePurpose.values:
        raise Http404
    return CertificatePurpose(asked)


def _ask(request: HttpRequest, station: ChargePoint, forms: dict[str, Any]) -> bool:
    purpose = _purpose(request)
    try:
        ask_for_request(charge_point=station, purpose=purpose, requested_by=_by(request))
    except CommandNotPossible as problem:
        messages.error(request, str(problem))
    else:
        text = _t("The station is asked for a certificate request, now or when it next connects.")
        messages.success(request, text)
    return True


def _install(request: HttpRequest, station: ChargePoint, forms: dict[str, Any]) -> bool:
    purpose = _purpose(request)
    try:
        command = install_root(
            charge_point=station,
            purpose=purpose,
            requested_by=_by(request),
            now=timezone.now(),
        )
    except (CommandNotPossible, Unusable) as problem:
        messages.error(request, _t(str(problem)))
    else:
        say_how_it_went(request, _t("The root certificate is on its way."), command)
    return True


def _revoke(request: HttpRequest, station: ChargePoint, forms: dict[str, Any]) -> bool:
    wanted = request.POST.get("fingerprint", "")
    certificate = station.certificates.filter(fingerprint=wanted).first()
    if certificate is None:
        raise Http404
    revoke_certificate(certificate=certificate, by=_by(request), now=timezone.now())
    messages.success(request, _t("The certificate opens this door no more."))
    return True


def _kept(form: Any, change: Callable[[], object]) -> bool:
    """Make the change; what was wrong with it is said at its field."""
    try:
        change()
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


_ACTS: Mapping[str, Callable[[HttpRequest, ChargePoint, dict[str, Any]], bool]] = {
    "open": _open,
    "close": _close,
    "rotate": _rotate,
    "profile": _demand,
    "boot": _answer,
    "ask": _ask,
    "install": _install,
    "add": _add,
    "revoke": _revoke,
}
