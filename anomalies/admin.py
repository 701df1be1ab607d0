"""Admin page of incidents: what, why, and what to do."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from anomalies.models import Incident
from anomalies.services import dismiss_incident, resolve_incident
from anomalies.wording import explain
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured

SHOWN = ("at", "energy_wh", "power_w", "current_ma", "current_l1_ma", "voltage_mv", "voltage_l1_mv")


@admin.register(Incident)
class IncidentAdmin(TenantAdmin):
    """One open incident per connector and kind, with its evidence."""

    change_right = Right.CONTROL
    list_display = (
        "shown_title",
        "charge_point",
        "connector",
        "severity",
        "shown_state",
        "holds_billing",
        "since_at",
    )
    list_filter = ("state", "kind", "holds_billing", "charge_point")
    list_select_related = ("charge_point", "connector__charge_point", "session")
    fields = (
        "shown_title",
        "shown_sentence",
        "shown_advice",
        "charge_point",
        "connector",
        "session",
        "severity",
        "shown_state",
        "holds_billing",
        "since_at",
        "last_seen_at",
        "occurrences",
        "resolution",
        "resolved_at",
        "resolved_by",
        "shown_evidence",
    )
    readonly_fields = fields
    actions = ("resolve", "dismiss")

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
    def shown_evidence(self, incident: Incident) -> str | SafeString:
        """The samples around the moment it was certain."""
        rows = [[str(sample.get(name, "")) for name in SHOWN] for sample in incident.evidence]
        return format_html_join(
            "\n", "<div><code>{}</code></div>", ((" | ".join(r),) for r in rows)
        )

    @admin.action(description=_("Mended"))
    def resolve(self, request: HttpRequest, queryset: Any) -> None:
        """End the chosen incidents; sessions held for them stay held until released."""
        for incident in queryset:
            resolve_incident(
                incident=incident, user_id=request.user.pk, resolution=str(_("Mended"))
            )

    @admin.action(description=_("Nothing was wrong"))
    def dismiss(self, request: HttpRequest, queryset: Any) -> None:
        """Dismiss the chosen incidents."""
        for incident in queryset:
            dismiss_incident(
                incident=incident, user_id=request.user.pk, resolution=str(_("Nothing was wrong"))
            )
