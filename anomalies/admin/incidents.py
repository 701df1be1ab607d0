"""Admin page of incidents: what, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from anomalies.admin.evidence import evidence_table
from anomalies.admin.repairs import StepForm, steps_table
from anomalies.models import Incident, Repair
from anomalies.selectors import rule_records
from anomalies.services import (
    acknowledge_incident,
    dismiss_incident,
    judge_incident,
    resolve_incident,
)
from anomalies.services.repairs import StepNotPossible, ask_for_step
from anomalies.titles import TITLES
from anomalies.wording import SEVERITIES, explain, title_of
from tenants.access import Principal, Right
from tenants.admin import TenantAdmin, button, coloured, may

PAGE = "admin:anomalies_incident_change"


class ResolutionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person says who ends an incident."""

    class Meta:
        model = Incident
        fields = ("resolution",)
        help_texts = {"resolution": _("What was found and done, if there is something to say.")}


class VerdictForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person says an incident was."""

    class Meta:
        model = Incident
        fields = ("verdict", "verdict_cause")
        widgets = {"verdict": UnfoldAdminSelectWidget, "verdict_cause": UnfoldAdminTextInputWidget}
        help_texts = {"verdict_cause": _("For example: loose phase in the cable, simulated load.")}

    def clean_verdict(self) -> str:
        """Something has to be said."""
        verdict: str = self.cleaned_data["verdict"]
        if not verdict:
            raise forms.ValidationError(_("Choose what it was."))
        return verdict

    def clean(self) -> dict[str, Any]:
        """Something else needs a word on what it was."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("verdict") == Incident.Verdict.OTHER and not said.get("verdict_cause"):
            raise forms.ValidationError({"verdict_cause": _("Say what it was instead.")})
        return said


class KindFilter(admin.SimpleListFilter):
    """By what is wrong, in words."""

    title = _("incident")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every kind there can be."""
        return list(TITLES.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Those of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Incident)
class IncidentAdmin(TenantAdmin):
    """One open incident per connector and kind, with its evidence."""

    change_right = Right.CONTROL
    form = ResolutionForm
    list_display = (
        "shown_title",
        "shown_place",
        "shown_severity",
        "shown_state",
        "shown_hold",
        "since_at",
    )
    empty_text = _(
        "Nothing has deviated. Power, voltage and current are checked while cars charge."
    )
    list_filter = ("state", KindFilter, "is_muted", "holds_billing", "charge_point")
    list_select_related = ("charge_point", "connector__charge_point", "site", "session")
    fields = (
        "shown_title",
        "shown_sentence",
        "shown_advice",
        "charge_point",
        "connector",
        "session",
        "shown_severity",
        "shown_state",
        "is_muted",
        "shown_hold",
        "since_at",
        "last_seen_at",
        "occurrences",
        "shown_parts",
        "shown_steps",
        "acknowledged_by",
        "shown_verdict",
        "resolution",
        "resolved_at",
        "resolved_by",
        "shown_evidence",
    )
    readonly_fields = tuple(name for name in fields if name != "resolution")
    actions = ("resolve", "dismiss")
    actions_submit_line = ("resolve_this", "dismiss_this")
    actions_detail: Any = ("acknowledge", "judge", "mute", "take_step")
    actions_list: Any = ("rules",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """In the list the parts stand behind their whole."""
        rows = super().get_queryset(request).select_related("parent")
        match = request.resolver_match
        is_list = match is not None and match.url_name == "anomalies_incident_changelist"
        return rows.filter(parent=None) if is_list else rows

    def has_control_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody may say what is to be thought of incidents."""
        return may(request, Right.CONTROL)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What has ended stays as it is."""
        is_open = not isinstance(obj, Incident) or obj.state == Incident.State.OPEN
        return is_open and super().has_change_permission(request, obj)

    def has_end_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody may end incidents, and the one that is shown has not ended."""
        found = self.get_object(request, obj) if isinstance(obj, str) else obj
        return may(request, self.change_right) and self.has_change_permission(request, found)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The two ways to end it take the place of saving."""
        context = {**(extra_context or {}), "show_save": False, "show_save_and_continue": False}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only what the pressed button says; the checks may have changed the rest meanwhile."""
        for act in self.get_actions_submit_line(request, obj.pk):
            if act.action_name in request.POST:
                end: Any = act.method
                end(request, obj)

    @button(_("Mended"), permissions=("end",))
    def resolve_this(self, request: HttpRequest, obj: Incident) -> None:
        """End the incident that is shown."""
        _end(resolve_incident, obj, request, obj.resolution or str(_("Mended")))

    @button(_("Nothing was wrong"), permissions=("end",))
    def dismiss_this(self, request: HttpRequest, obj: Incident) -> None:
        """Dismiss the incident that is shown."""
        _end(dismiss_incident, obj, request, obj.resolution or str(_("Nothing was wrong")))

    @button(_("Seen it"), permissions=("control",), icon="visibility")
    def acknowledge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that somebody knows of it."""
        incident = find_incident(self, request, object_id)
        if acknowledge_incident(incident=incident, actor=_label(request), now=timezone.now()):
            messages.success(request, _t("Noted that you have seen it."))
        else:
            messages.info(request, _t("Somebody has noted that already."))
        return HttpResponseRedirect(reverse(PAGE, args=(incident.pk,)))

    @button(_("Was it right?"), permissions=("control",), icon="rule")
    def judge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what it was, for the record of the rule."""
        incident = find_incident(self, request, object_id)
        form = VerdictForm(request.POST if request.method == "POST" else None, instance=incident)
        if form.is_valid():
            judge_incident(
                incident=incident,
                verdict=Incident.Verdict(form.cleaned_data["verdict"]),
                cause=form.cleaned_data["verdict_cause"],
                actor=_label(request),
                now=timezone.now(),
            )
            messages.success(request, _t("Thank you. It counts in the record of the rule."))
            return HttpResponseRedirect(reverse(PAGE, args=(incident.pk,)))
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Was it right?"),
            "form": form,
            "opts": self.opts,
            "incident": incident,
            "explanation": explain(incident),
        }
        return TemplateResponse(request, "anomalies/verdict.html", context)

    @button(_("Mute for maintenance"), permissions=("control",), icon="notifications_off")
    def mute(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To a new maintenance of the place."""
        incident = find_incident(self, request, object_id)
        place = {"connector": incident.connector_id, "charge_point": incident.charge_point_id}
        place |= {"site": incident.site_id}
        name, pk = next((name, pk) for name, pk in place.items() if pk is not None)
        page = reverse("admin:anomalies_maintenance_add")
        return HttpResponseRedirect(f"{page}?{name}={pk}")

    @button(_("Repair"), permissions=("control",), icon="build")
    def take_step(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a step of the ladder now."""
        incident = find_incident(self, request, object_id)
        form = StepForm(incident, request.POST if request.method == "POST" else None)
        if form.is_valid() and _take_step(request, incident, form):
            return HttpResponseRedirect(reverse(PAGE, args=(incident.pk,)))
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Repair"),
            "form": form,
            "opts": self.opts,
            "incident": incident,
            "explanation": explain(incident),
            "steps": steps_table(incident),
        }
        return TemplateResponse(request, "anomalies/step.html", context)

    @admin.display(description=_("repair"))
    def shown_steps(self, incident: Incident) -> SafeString | str:
        """What was tried, and what came of it."""
        return steps_table(incident)

    @button(_("How often the rules are right"), icon="fact_check")
    def rules(self, request: HttpRequest) -> HttpResponse:
        """Precision by kind, as people judged."""
        context = {
            **self.admin_site.each_context(request),
            "title": _t("How often the rules are right"),
            "opts": self.opts,
            "rows": [(record, title_of(record.kind, "")) for record in rule_records()],
        }
        return TemplateResponse(request, "anomalies/rules.html", context)

    @admin.display(description=_("place"), ordering="charge_point__identity")
    def shown_place(self, incident: Incident) -> str:
        """Station and outlet, or the site."""
        return str(incident.place)

    @admin.display(description=_("severity"), ordering="severity")
    def shown_severity(self, incident: Incident) -> str:
        """In a word."""
        return str(SEVERITIES.get(incident.severity, incident.severity))

    @coloured(_("holds billing"), {"yes": "warning", "no": "default"})
    def shown_hold(self, incident: Incident) -> tuple[str, str]:
        """Whether the session waits for a person."""
        return ("yes", str(_("Yes"))) if incident.holds_billing else ("no", str(_("No")))

    @admin.display(description=_("incident"))
    def shown_title(self, incident: Incident) -> str:
        """What is wrong, in a few words."""
        return explain(incident).title

    @admin.display(description=_("what was seen"))
    def shown_sentence(self, incident: Incident) -> str:
        """Observed and expected."""
        return explain(incident).sentence

    @admin.display(description=_("what to do"))
    def shown_advice(self, incident: Incident) -> str:
        """The first thing to do."""
        return explain(incident).advice

    @coloured(_("state"), {"open": "danger", "resolved": "success", "dismissed": "info"})
    def shown_state(self, incident: Incident) -> tuple[str, str]:
        """Colour by state."""
        return incident.state, str(incident.get_state_display())

    @admin.display(description=_("evidence"))
    def shown_evidence(self, incident: Incident) -> SafeString | str:
        """The samples around the moment it was certain."""
        return evidence_table(incident.evidence)

    @admin.display(description=_("belongs together"))
    def shown_parts(self, incident: Incident) -> SafeString | str:
        """The whole it is part of, or its parts."""
        related = [incident.parent] if incident.parent else list(incident.parts.all()[:50])
        links = ((reverse(PAGE, args=(each.pk,)), each) for each in related if each)
        return format_html_join(", ", '<a class="laddbok-link" href="{}">{}</a>', links) or "-"

    @admin.display(description=_("verdict"))
    def shown_verdict(self, incident: Incident) -> str:
        """What a person said of it."""
        words = str(incident.get_verdict_display())
        return f"{words}: {incident.verdict_cause}" if incident.verdict_cause else words

    @admin.action(description=_("Mended"), permissions=("end",))
    def resolve(self, request: HttpRequest, queryset: Any) -> None:
        """End the chosen incidents; sessions held for them stay held until released."""
        for incident in queryset:
            _end(resolve_incident, incident, request, str(_("Mended")))

    @admin.action(description=_("Nothing was wrong"), permissions=("end",))
    def dismiss(self, request: HttpRequest, queryset: Any) -> None:
        """Dismiss the chosen incidents."""
        for incident in queryset:
            _end(dismiss_incident, incident, request, str(_("Nothing was wrong")))


def find_incident(page: TenantAdmin, request: HttpRequest, object_id: str) -> Incident:
    """The incident of an address; 404 when the tenant has no such."""
    incident = page.get_object(request, object_id)
    if not isinstance(incident, Incident):
        raise Http404
    return incident


def _take_step(request: HttpRequest, incident: Incident, form: StepForm) -> bool:
    try:
        ask_for_step(
            incident=incident,
            repair=Repair(form.cleaned_data["repair"]),
            asked_by=_label(request),
            now=timezone.now(),
        )
    except StepNotPossible as refusal:
        form.add_error("repair", _t("Not now: %s.") % refusal.reason.label)
        return False
    messages.success(request, _t("It is being done; the outcome appears here."))
    return True


def _label(request: HttpRequest) -> str:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    return principal.label


def _end(
    end: Callable[..., bool], incident: Incident, request: HttpRequest, resolution: str
) -> None:
    end(incident=incident, user_id=request.user.pk, resolution=resolution)
