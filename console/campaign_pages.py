"""Pages of settings templates, with the drift of their stations, and of campaigns."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from chargepoints.drift import Drift, drift_of, stations_of
from chargepoints.models import Campaign, CampaignStation, SettingsTemplate
from chargepoints.services.campaigns import plan_campaign, start_campaign, stop_campaign
from console.campaign_forms import CampaignForm, TemplateForm
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline, button, coloured, may

STATIONS_SHOWN = 500
STATE_COLOURS = {"draft": "info", "running": "info", "stopped": "warning", "done": "success"}
PART_COLOURS = {"waiting": "info", "sent": "info", "done": "success", "failed": "danger"}
LOOK_AGAIN_AFTER_S = "15"


@admin.register(SettingsTemplate)
class SettingsTemplateAdmin(TenantAdmin):
    """What stations are to be set to, and which of them are not."""

    add_right = change_right = delete_right = Right.OPERATE
    form = TemplateForm
    list_display = ("name", "profile", "speaks_16", "shown_count")
    list_select_related = ("profile",)
    readonly_fields = ("shown_drift",)
    empty_text = _("Describe here how the stations of a model are to be set, then send it out.")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Stations are compared with what is kept."""
        entered = ("name", "profile", "speaks_16", "lines")
        return entered if obj is None else (*entered, "shown_drift")

    @admin.display(description=_("charge points"))
    def shown_count(self, template: SettingsTemplate) -> int:
        """How many stations it is for."""
        return stations_of(template).count()

    @admin.display(description=_("where stations differ"))
    def shown_drift(self, template: SettingsTemplate) -> SafeString | str:
        """A row for each setting that differs or was never reported."""
        stations = list(stations_of(template)[:STATIONS_SHOWN])
        rows = drift_of(template, stations)
        if not stations:
            return _t("No charge point of this model has connected yet.")
        if not rows:
            return _t("All %d stations are set so.") % len(stations)
        cells = format_html_join("", "<tr>" + "<td>{}</td>" * 5 + "</tr>", map(_cells, rows))
        heads = (_t("Station"), _t("Setting"), _t("Wanted"), _t("Reported"), _t("Last read"))
        head = format_html_join("", "<th>{}</th>", ((text,) for text in heads))
        frame = (
            '<div class="laddbok-scroll"><table class="laddbok-table"><thead><tr>{}</tr></thead>'
            "<tbody>{}</tbody></table></div>"
        )
        return format_html(frame, head, cells)


def _cells(drift: Drift) -> tuple[object, ...]:
    said = _t("never reported") if drift.reported is None else drift.reported
    if drift.read_only:
        said = f"{said} ({_t('read only')})"
    at = drift.reported_at
    read_at = "-" if at is None else date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
    return drift.station, drift.setting, drift.wanted, said, read_at


class CampaignStationInline(TenantInline):
    """Each station's progress on the campaign's page."""

    model = CampaignStation
    fields = ("charge_point", "wave", "shown_state", "attempt", "note", "sent_at", "ended_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the stations' names."""
        return super().get_queryset(request).select_related("charge_point")

    @coloured(_("state"), PART_COLOURS)
    def shown_state(self, part: CampaignStation) -> tuple[str, str]:
        """Colour by state."""
        return part.state, str(part.get_state_display())


@admin.register(Campaign)
class CampaignAdmin(TenantAdmin):
    """Settings and firmware for many stations: drafted, begun, watched, stopped."""

    add_right = Right.OPERATE
    form = CampaignForm
    list_display = ("name", "kind", "shown_state", "shown_progress", "started_at", "made_by")
    list_filter = ("kind", "state")
    inlines = (CampaignStationInline,)
    actions_detail: Any = ("begin", "halt")
    readonly_fields = ("shown_state", "shown_progress", "shown_content", "started_at", "ended_at")
    empty_text = _("Send settings or firmware to many stations here, wave by wave.")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything to choose for a new one."""
        how = ("wave_percent", "stop_at_failures", "attempts", "while_charging")
        if obj is not None:
            return ("name", "kind", *self.readonly_fields, *how)
        image = ("location", "retrieve_at", "signature", "signing_certificate")
        return ("name", "kind", "template", *image, "sites", "models", *how)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Stations are chosen when it is saved."""
        return () if obj is None else self.inlines

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Draft it; nothing is sent before somebody begins it."""
        given = form.cleaned_data
        obj.made_by = request.principal.label  # type: ignore[attr-defined]
        if obj.kind == Campaign.Kind.SETTINGS:
            obj.template_values = given["template"].values
        else:
            obj.firmware = {
                "location": given["location"],
                "retrieve_at": (given["retrieve_at"] or timezone.now()).isoformat(),
                "signature": given["signature"].strip(),
                "signing_certificate": given["signing_certificate"].strip(),
            }
        stations = form.stations()
        plan_campaign(campaign=obj, stations=stations)
        text = _("Drafted for %(count)d stations. Look at them, then begin.")
        messages.info(request, text % {"count": len(stations)})

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """To the draft, where it is begun."""
        return _back(obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One under way is looked at again by itself."""
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        campaign = self.get_object(request, object_id)
        if isinstance(campaign, Campaign) and campaign.state == Campaign.State.RUNNING:
            answer.headers["Refresh"] = LOOK_AGAIN_AFTER_S
        return answer

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether campaigns may be begun and stopped."""
        return may(request, Right.OPERATE)

    @button(_("Begin, or go on"), permissions=("run",), icon="play_arrow")
    def begin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start a draft, or a stopped one again."""
        campaign = self._campaign(request, object_id)
        if request.method != "POST":
            text = (
                _t(
                    "What is listed goes to %d stations, wave by wave. Stations that failed are"
                    " tried again."
                )
                % campaign.stations.count()
            )
            return self._confirm(request, campaign, _t("Begin"), text)
        if start_campaign(campaign=campaign, now=timezone.now()):
            messages.success(request, _t("Begun: stations get it as they are connected and free."))
        else:
            messages.error(request, _t("It is under way or done."))
        return _back(campaign)

    @button(_("Stop"), permissions=("run",), icon="stop")
    def halt(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Begin with no further station."""
        campaign = self._campaign(request, object_id)
        if request.method != "POST":
            text = _t("No further station is begun with; what is under way goes on.")
            return self._confirm(request, campaign, _t("Stop"), text)
        if stop_campaign(campaign=campaign, now=timezone.now()):
            messages.success(request, _t("Stopped: no further station is begun with."))
        else:
            messages.error(request, _t("It is not under way."))
        return _back(campaign)

    def _confirm(
        self, request: HttpRequest, campaign: Campaign, label: str, text: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{label}: {campaign}",
            "opts": self.opts,
            "label": label,
            "text": text,
            "back": reverse("admin:chargepoints_campaign_change", args=(campaign.pk,)),
        }
        return TemplateResponse(request, "console/confirm.html", context)

    def _campaign(self, request: HttpRequest, object_id: str) -> Campaign:
        campaign = self.get_object(request, object_id)
        if not isinstance(campaign, Campaign):
            raise Http404
        return campaign

    @coloured(_("state"), STATE_COLOURS)
    def shown_state(self, campaign: Campaign) -> tuple[str, str]:
        """Colour by state."""
        return campaign.state, str(campaign.get_state_display())

    @admin.display(description=_("progress"))
    def shown_progress(self, campaign: Campaign) -> str:
        """How many stations are done and have failed."""
        states = [part.state for part in campaign.stations.all()]
        done, failed = (states.count(s) for s in (CampaignStation.State.DONE, "failed"))
        text = _t("%(done)d of %(all)d done, %(failed)d failed")
        return text % {"done": done, "all": len(states), "failed": failed}

    @admin.display(description=_("content"))
    def shown_content(self, campaign: Campaign) -> SafeString | str:
        """What the stations get."""
        if campaign.kind == Campaign.Kind.FIRMWARE:
            return str(campaign.firmware.get("location", "-"))
        rows = (f"{c}.{name} = {value}".lstrip(".") for c, name, value in campaign.template_values)
        return format_html_join("", "<div>{}</div>", ((row,) for row in rows))

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the stations, for the progress."""
        return super().get_queryset(request).prefetch_related("stations")


def _back(campaign: Campaign) -> HttpResponse:
    page = reverse("admin:chargepoints_campaign_change", args=(campaign.pk,))
    return HttpResponseRedirect(page)
