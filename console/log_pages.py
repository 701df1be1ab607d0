"""Pages of the logs that stations upload: asked for here, and downloaded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from chargepoints.models import ChargePoint, LogRequest, LogUpload
from chargepoints.services.uploads import DIAGNOSTICS, SECURITY, request_log
from tenants.access import Right
from tenants.admin import TenantAdmin, button, coloured, may

STATE_COLOURS = {"asked": "info", "uploading": "info", "uploaded": "success", "failed": "danger"}


class LogForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which station is to upload which log."""

    station: Any = forms.ModelChoiceField(
        label=capfirst(_("charge point")), queryset=None, widget=UnfoldAdminSelectWidget()
    )
    kind = forms.ChoiceField(
        label=capfirst(_("log")),
        choices=((DIAGNOSTICS, _("Diagnostics")), (SECURITY, _("Security log"))),
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = LogRequest
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the organisation's own stations."""
        super().__init__(*args, **kwargs)
        if "station" in self.fields:
            self.fields["station"].queryset = ChargePoint.objects.filter(enabled=True)  # type: ignore[attr-defined]


@admin.register(LogRequest)
class LogRequestAdmin(TenantAdmin):
    """Which logs stations were asked to upload, and what came."""

    add_right = Right.CONTROL
    form = LogForm
    list_display = ("charge_point", "log_type", "shown_state", "step", "step_at", "file_name")
    list_filter = ("state", "charge_point")
    list_select_related = ("charge_point",)
    readonly_fields = (
        *("charge_point", "log_type", "shown_state", "step", "step_at", "file_name"),
        "shown_size",
    )
    actions_detail: Any = ("download",)
    empty_text = _("Ask a station for its log here: it uploads it to us, and you download it.")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Station and kind for a new one."""
        return ("station", "kind") if obj is None else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Ask the station."""
        made = request_log(
            charge_point=form.cleaned_data["station"],
            log_type=form.cleaned_data["kind"],
            base_url=settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}",
            requested_by=request.principal.label,  # type: ignore[attr-defined]
            now=timezone.now(),
        )
        obj.pk, obj.charge_point = made.pk, made.charge_point
        obj._state.adding = False

    def has_download_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Logs may hold tokens and addresses."""
        return may(request, Right.OPERATE)

    @button(_("Download"), permissions=("download",), icon="download")
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The file as it came; never shown in the browser."""
        asked = self.get_object(request, object_id)
        if not self.has_download_permission(request):
            raise PermissionDenied
        upload = _upload_of(asked)
        if upload is None or upload.content is None:
            raise Http404
        answer = HttpResponse(bytes(upload.content), content_type="application/octet-stream")
        name = "".join(c if c.isalnum() or c in "._-" else "_" for c in upload.file_name)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name or "log"}"'
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    @coloured(_("state"), STATE_COLOURS)
    def shown_state(self, asked: LogRequest) -> tuple[str, str]:
        """Colour by state."""
        return asked.state, str(asked.get_state_display())

    @admin.display(description=_("size (bytes)"))
    def shown_size(self, asked: LogRequest) -> str:
        """Of what came."""
        upload = LogUpload.objects.defer("content").filter(request=asked).first()
        return "-" if upload is None or upload.size_bytes is None else str(upload.size_bytes)


def _upload_of(asked: Any) -> LogUpload | None:
    if not isinstance(asked, LogRequest):
        raise Http404
    return LogUpload.objects.filter(request=asked).first()
