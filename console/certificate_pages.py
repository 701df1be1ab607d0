"""Pages of the operator's certificate authority and of what stations have asked to be signed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from chargepoints.authority import Unusable, read_signer
from chargepoints.models import CertificateAuthority, SigningRequest
from chargepoints.services import (
    bring_authority,
    create_authority,
    retire_authority,
    upload_certificate,
)
from tenants.access import Right
from tenants.admin import TenantAdmin, button, coloured

REQUEST_COLOURS = {
    "waiting": "warning",
    "signed": "info",
    "installed": "success",
    "refused": "danger",
    "rejected": "danger",
}


class AuthorityForm(forms.ModelForm):  # type: ignore[type-arg]
    """A name for a new authority, or one that was made elsewhere with its key."""

    name = forms.CharField(
        label=capfirst(_("name")), max_length=64, widget=UnfoldAdminTextInputWidget
    )
    own_pem = forms.CharField(
        label=_("certificate (PEM)"),
        required=False,
        max_length=20_000,
        help_text=_("Empty: a new certificate and key are made here, valid for ten years."),
        widget=UnfoldAdminTextareaWidget,
    )
    own_key = forms.CharField(
        label=_("its private key (PEM, no password)"),
        required=False,
        max_length=20_000,
        help_text=_("Kept encrypted and never shown."),
        widget=UnfoldAdminTextareaWidget,
    )

    class Meta:
        model = CertificateAuthority
        fields = ("name",)

    def clean(self) -> dict[str, Any]:
        """Certificate and key belong together."""
        cleaned: dict[str, Any] = super().clean() or {}
        pem, key = cleaned.get("own_pem", ""), cleaned.get("own_key", "")
        if bool(pem) != bool(key):
            self.add_error("own_key" if pem else "own_pem", _("Give both, or neither."))
        elif pem:
            try:
                read_signer(pem, key, timezone.now())
            except Unusable as problem:
                self.add_error("own_pem", capfirst(gettext(str(problem))))
        return cleaned


@admin.register(CertificateAuthority)
class CertificateAuthorityAdmin(TenantAdmin):
    """The authority that signs stations' certificates: at most one is in use."""

    add_right = Right.ADMINISTER
    form = AuthorityForm
    list_display = ("name", "shown_state", "valid_from", "valid_to")
    readonly_fields = (
        *("shown_state", "valid_from", "valid_to", "retired_at", "fingerprint", "shown_pem"),
    )
    actions = ("retire",)
    actions_detail: Any = ("download",)
    empty_text = _(
        "With an authority of your own, stations that ask for a certificate get one by themselves,"
        " and it is renewed before it ends. Without one their requests wait for an upload."
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new one is entered, a kept one only shown."""
        return ("name", "own_pem", "own_key") if obj is None else ("name", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make it, or bring it along; the one before is retired."""
        now, given = timezone.now(), form.cleaned_data
        if given["own_pem"]:
            made = bring_authority(
                name=obj.name, pem=given["own_pem"], key_pem=given["own_key"], now=now
            )
        else:
            made = create_authority(name=obj.name, now=now)
        obj.pk = made.pk
        obj._state.adding = False
        messages.info(
            request,
            _("Give its certificate to the TLS proxy too: it must know whom to trust."),
        )

    def has_retire_permission(self, request: HttpRequest) -> bool:
        """Whether it may be taken out of use."""
        return self.has_add_permission(request)

    @admin.action(
        description=_("Retire: it signs no more and its key is forgotten"), permissions=("retire",)
    )
    def retire(self, request: HttpRequest, queryset: Any) -> None:
        """Take the chosen ones out of use."""
        for authority in queryset:
            retire_authority(authority=authority, now=timezone.now())

    @button(_("Download the certificate"), icon="download")
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """As a PEM file."""
        authority = self.get_object(request, object_id)
        if not isinstance(authority, CertificateAuthority):
            raise Http404
        answer = HttpResponse(f"{authority.pem}\n", content_type="application/x-pem-file")
        answer.headers["Content-Disposition"] = 'attachment; filename="stations-authority.pem"'
        return answer

    @coloured(_("state"), {"used": "success", "over": "danger", "retired": "warning"})
    def shown_state(self, authority: CertificateAuthority) -> tuple[str, str]:
        """Whether it signs."""
        if authority.retired_at is not None:
            return "retired", str(_("Retired"))
        is_over = authority.valid_to <= timezone.now()
        return ("over", str(_("Past its end"))) if is_over else ("used", str(_("In use")))

    @admin.display(description=_("certificate"))
    def shown_pem(self, authority: CertificateAuthority) -> SafeString:
        """As text."""
        return format_html('<pre class="laddbok-json">{}</pre>', authority.pem)


class UploadForm(forms.ModelForm):  # type: ignore[type-arg]
    """The certificate for a request that waits."""

    pem = forms.CharField(
        label=_("signed certificate (PEM)"),
        max_length=10_000,
        help_text=_("The station's certificate first, then those between it and the root."),
        widget=UnfoldAdminTextareaWidget,
    )

    class Meta:
        model = SigningRequest
        fields: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        """Hand it over; what is wrong with it is said at its field."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "pem" in cleaned:
            try:
                upload_certificate(
                    request=self.instance, pem=cleaned["pem"], by=self.by, now=timezone.now()
                )
            except ValidationError as error:
                self.add_error("pem" if hasattr(error, "error_dict") else None, error.messages)
        return cleaned

    by = ""


@admin.register(SigningRequest)
class SigningRequestAdmin(TenantAdmin):
    """Certificates that stations have asked for."""

    change_right = Right.OPERATE
    form = UploadForm
    list_display = ("asked_at", "charge_point", "purpose", "shown_state", "shown_problem")
    list_filter = ("state", "charge_point")
    list_select_related = ("charge_point",)
    readonly_fields = (
        *("charge_point", "purpose", "shown_state", "shown_problem", "asked_at"),
        *("certificate", "shown_csr"),
    )
    empty_text = _(
        "Stations with security profile 3 ask here for their certificate. To have one asked for,"
        " use the page Door of a charge point."
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what waits can be answered."""
        is_open = obj is None or obj.state == SigningRequest.State.WAITING
        return is_open and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The field for the certificate where one is waited for."""
        waits = obj is not None and self.has_change_permission(request, obj)
        return (*self.readonly_fields, "pem") if waits else self.readonly_fields

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form knows who fills it in."""
        made = super().get_form(request, obj, change, **kwargs)
        made.by = request.principal.label  # type: ignore[attr-defined]
        return made

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The form has handed it over."""
        messages.success(request, _("The certificate is on its way to the station."))

    @coloured(_("state"), REQUEST_COLOURS)
    def shown_state(self, request: SigningRequest) -> tuple[str, str]:
        """Colour by state."""
        return request.state, str(request.get_state_display())

    @admin.display(description=_("problem"))
    def shown_problem(self, request: SigningRequest) -> str:
        """Why it was refused."""
        return capfirst(gettext(request.problem)) if request.problem else "-"

    @admin.display(description=_("request (PEM)"))
    def shown_csr(self, request: SigningRequest) -> SafeString:
        """To be copied for whoever signs."""
        return format_html('<pre class="laddbok-json">{}</pre>', request.csr)
