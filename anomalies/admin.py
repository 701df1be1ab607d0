"""Admin page of incidents: what, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from anomalies.models import Incident
from anomalies.services import dismiss_incident, resolve_incident
from anomalies.titles import TITLES
from anomalies.wording import SEVERITIES, explain, quantity
from chargepoints.admin import exact_time
from tenants.access import Right
from tenants.admin import TenantAdmin, button, coloured, may

# Columns of the evidence: heading, unit, and the fields of a sample that may hold it.
EVIDENCE = (
    (_("register"), "Wh", ("energy_wh",)),
    (_("power"), "W", ("power_w",)),
    (_("current"), "mA", ("current_ma", "current_l1_ma", "current_l2_ma", "current_l3_ma")),
    (_("voltage"), "mV", ("voltage_mv", "voltage_l1_mv", "voltage_l2_mv", "voltage_l3_mv")),
)


class ResolutionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person says who ends an incident."""

    class Meta:
        model = Incident
        fields = ("resolution",)
        help_texts = {"resolution": _("What was found and done, if there is something to say.")}


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
    list_filter = ("state", KindFilter, "holds_billing", "charge_point")
    list_select_related = ("charge_point", "connector__charge_point", "session")
    fields = (
        "shown_title",
        "shown_sentence",
        "shown_advice",
        "charge_point",
        "connector",
        "session",
        "shown_severity",
        "shown_state",
        "shown_hold",
        "since_at",
        "last_seen_at",
        "occurrences",
        "resolution",
        "resolved_at",
        "resolved_by",
        "shown_evidence",
    )
    readonly_fields = tuple(name for name in fields if name != "resolution")
    actions = ("resolve", "dismiss")
    actions_submit_line = ("resolve_this", "dismiss_this")

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

    @admin.display(description=_("place"), ordering="charge_point__identity")
    def shown_place(self, incident: Incident) -> str:
        """Station and outlet."""
        return str(incident.connector or incident.charge_point)

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
    def shown_evidence(self, incident: Incident) -> SafeString:
        """The samples around the moment it was certain."""
        heads = format_html_join(
            "", "<th>{}</th>", ((capfirst(head),) for head, *_rest in EVIDENCE)
        )
        rows = format_html_join("", "<tr>{}</tr>", ((_row(it),) for it in incident.evidence))
        return format_html(
            '<div class="laddbok-scroll"><table class="laddbok-table"><thead><tr><th>{}</th>{}</tr>'
            "</thead><tbody>{}</tbody></table></div>",
            capfirst(_("time")),
            heads,
            rows,
        )

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


def _end(
    end: Callable[..., bool], incident: Incident, request: HttpRequest, resolution: str
) -> None:
    end(incident=incident, user_id=request.user.pk, resolution=resolution)


def _row(sample: Mapping[str, Any]) -> SafeString:
    cells = [exact_time(datetime.fromisoformat(sample["at"]))]
    for _head, unit, names in EVIDENCE:
        values = [quantity(sample[name], unit) for name in names if name in sample]
        cells.append(" / ".join(values) or "-")
    return format_html_join("", "<td>{}</td>", ((cell,) for cell in cells))
